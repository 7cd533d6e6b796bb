package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/ask"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/report"
)

// whyCmd answers one question.
type whyCmd struct {
	questionFlags `embed:""`

	Bundle     string        `placeholder:"DIR" group:"Source" help:"A recorded incident."`
	Prometheus sourceFlags   `embed:"" prefix:"prometheus." group:"Source"`
	Lookback   time.Duration `default:"3h" group:"Source" help:"How much time before the symptom to fetch from a Prometheus, to know what is usual."`
	Step       time.Duration `default:"0s" group:"Source" help:"Distance of the points to look at; 0 = from the scrape interval."`
	Season     seasonFlags   `embed:"" prefix:"season." group:"Source"`

	inputFlags  `embed:"" group:"Files"`
	reportFlags `embed:"" group:"Answer"`
}

// Run answers from the one source given.
func (c *whyCmd) Run(ctx context.Context, s *streams) error {
	format, opts, err := c.options(s.out)
	if err != nil {
		return err
	}
	if err := c.validate(); err != nil {
		return err
	}
	concurrency := 1
	if c.Bundle == "" {
		concurrency = c.Prometheus.Concurrency
	}
	a, err := newAnalyst(c.inputFlags, concurrency, s.log)
	if err != nil {
		return err
	}
	var d *model.Diagnosis
	if c.Bundle != "" {
		d, err = c.fromBundle(ctx, a, newProgress(s.err, "replaying"))
	} else {
		d, err = c.fromPrometheus(ctx, a)
	}
	if err != nil {
		return err
	}
	return report.Render(s.out, d, format, opts)
}

func (c *whyCmd) validate() error {
	switch {
	case (c.Bundle == "") == (c.Prometheus.URL == ""):
		return usagef("one of --bundle and --prometheus.url must be given")
	case c.Bundle == "" && c.Topology == "":
		return usagef("--topology must be given with --prometheus.url: it says what depends on what, and diagnops init writes it")
	case c.Lookback <= 0:
		return usagef("--lookback (%s) must be more than 0", c.Lookback)
	case c.Step < 0 || c.Step%time.Millisecond != 0:
		return usagef("--step (%s) must be 0 or whole milliseconds", c.Step)
	case c.Bundle != "" && c.Season.Days != 0:
		return usagef("--season.days belongs to --prometheus.url: of a recording, all days are looked at")
	}
	return c.Season.validate()
}

// fromBundle asks a recorded incident. Words such as "10 minutes ago" count from the end of its window.
func (c *whyCmd) fromBundle(ctx context.Context, a *analyst, bar *progress) (d *model.Diagnosis, err error) {
	b, err := bundle.Open(c.Bundle)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var q *ask.Asked
	d, err = a.bundle(ctx, b, bar, func(in *engine.Input) error {
		end := in.Incident.Window.To.In(in.Incident.Location())
		if q, err = c.ask(in.Topology, end); err != nil {
			return err
		}
		if in.Claims, err = c.claims(in.Topology, end); err != nil {
			return err
		}
		if err := fitRecording(q, in.Incident); err != nil {
			return err
		}
		in.Incident.Symptom = refine(in.Incident.Symptom, q.Symptom)
		in.Question = q.Question()
		return nil
	})
	if err != nil {
		return nil, err
	}
	echo(d, q, b.Incident.Symptom.Component)
	return d, nil
}

// fromPrometheus asks a live source about the time around the symptom, which ends now when no end is given.
func (c *whyCmd) fromPrometheus(ctx context.Context, a *analyst) (*model.Diagnosis, error) {
	zone := a.zone
	if zone == nil {
		zone = time.Local // the asker's
	}
	now := time.Now().In(zone)
	q, err := c.ask(a.topology, now)
	if err != nil {
		return nil, err
	}
	if err := fitLive(q, now); err != nil {
		return nil, err
	}
	claims, err := c.claims(a.topology, now)
	if err != nil {
		return nil, err
	}
	inc := model.Incident{ID: "live", Symptom: q.Symptom, Step: c.Step, Zone: zone, SeasonDays: c.Season.Days}
	inc.Window = model.Interval{From: inc.Symptom.Interval.To, To: inc.Symptom.Interval.To}
	if from := inc.Symptom.Interval.From; !from.IsZero() {
		inc.Window.From = from
	}
	inc.Window.From = inc.Window.From.Add(-c.Lookback)
	if inc.Window.Duration() > maxWindow {
		return nil, fmt.Errorf("the window from %s to %s must be shorter than %s",
			inc.Window.From.Format(time.RFC3339), inc.Window.To.Format(time.RFC3339), maxWindow)
	}
	src, err := openRemote(ctx, c.Prometheus, inc.Window, inc.Step)
	if err != nil {
		return nil, err
	}
	defer src.client.Close()
	if begin := src.window.From; inc.Symptom.Interval.From.IsZero() || begin.Before(inc.Symptom.Interval.From) {
		inc.Window.From = begin
	}
	d, err := a.remote(ctx, src, engine.Input{Incident: inc, Question: q.Question(), Changes: a.changes, Claims: claims})
	if err != nil {
		return nil, err
	}
	echo(d, q, "")
	return d, nil
}

// echo says in the answer what was made of the question, by what the answer is about. recorded is the component that the
// incident's description names.
func echo(d *model.Diagnosis, q *ask.Asked, recorded string) {
	from := ask.SourceAsked
	switch {
	case q.Symptom.Component != "":
	case recorded != "":
		from = ask.SourceRecorded
	default:
		from = ask.SourceFound
	}
	d.Question.Understood = q.Echo(model.Symptom{
		Component: d.Question.Component, Signal: d.Question.Signal,
		Interval: model.Interval{From: d.Question.From, To: d.Question.To},
	}, from)
}

// maxWindow bounds what one question fetches: beyond a month it is a slip in a date.
const maxWindow = 31 * 24 * time.Hour
