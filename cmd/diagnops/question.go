package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/ask"
	"github.com/diagnops/diagnops/engine/model"
)

// questionFlags are what somebody wants to know. Flags win over the same thing said in words.
type questionFlags struct {
	Question  []string `arg:"" optional:"" help:"The question in words, English or Korean: \"why is checkout slow since 14:05?\""`
	Component string   `placeholder:"NAME" help:"What is slow, failing or down: a component's name or alias."`
	Signal    string   `placeholder:"KIND" help:"How it shows: traffic, errors, latency, saturation, utilization, availability or usage."`
	At        string   `placeholder:"TIME" xor:"at,from" help:"A moment at which it was so: minutes around it are looked at. Times: RFC 3339, Unix seconds, or -15m."`
	From      string   `placeholder:"TIME" xor:"from" help:"Since when it has been so."`
	To        string   `placeholder:"TIME" xor:"at" help:"Until when."`
	Claim     []string `placeholder:"TEXT" sep:"none" help:"What somebody says of a component (\"db: healthy\"), to be confirmed or contradicted; repeatable."`
}

// ask understands the question. now is what "10 minutes ago" and -15m count from.
func (f questionFlags) ask(t *model.Topology, now time.Time) (*ask.Asked, error) {
	a, err := ask.Parse(strings.Join(f.Question, " "), t, now)
	if err != nil {
		return nil, err
	}
	if err := f.askedOf(&a, t); err != nil {
		return nil, err
	}
	if err := f.askedWhen(&a, now); err != nil {
		return nil, err
	}
	return &a, nil
}

// claims understands what people say; a time counts as in the question.
func (f questionFlags) claims(t *model.Topology, now time.Time) ([]model.Claim, error) {
	var out []model.Claim
	for _, text := range f.Claim {
		said, err := ask.ParseClaim(text, t, now)
		if err != nil {
			return nil, fmt.Errorf("--claim %w", err)
		}
		out = append(out, said...)
	}
	return out, nil
}

// askedOf takes component and signal from the flags, and notes what they override.
func (f questionFlags) askedOf(a *ask.Asked, t *model.Topology) error {
	if f.Component != "" {
		c, err := findComponent(t, f.Component)
		if err != nil {
			return fmt.Errorf("--component %w", err)
		}
		if was := a.Symptom.Component; was != "" && was != c.Name {
			a.Note(ask.FormatInstead, "--component "+f.Component, was)
		}
		a.Symptom.Component, a.CalledBy, a.Served = c.Name, "", false
	}
	if f.Signal != "" {
		kind, err := model.ParseSignalKind(f.Signal)
		if err != nil {
			return usagef("--signal: %w", err)
		}
		if was := a.Symptom.Signal; was != "" && was != kind {
			a.Note(ask.FormatInstead, "--signal "+f.Signal, model.Say(string(was)))
		}
		a.Symptom.Signal = kind
	}
	return nil
}

// askedWhen takes the times from the flags.
func (f questionFlags) askedWhen(a *ask.Asked, now time.Time) error {
	inWords := !a.Symptom.Interval.IsZero()
	if inWords && f.At+f.From+f.To != "" {
		a.Symptom.Interval, a.Moment, a.Relative = model.Interval{}, time.Time{}, false
	}
	var given []string
	for _, flag := range []struct {
		name, value string
		into        *time.Time
	}{
		{"at", f.At, &a.Moment},
		{"from", f.From, &a.Symptom.Interval.From},
		{"to", f.To, &a.Symptom.Interval.To},
	} {
		if flag.value == "" {
			continue
		}
		at, err := ask.ParseTime(flag.value, now)
		if err != nil {
			return usagef("--%s: %w", flag.name, err)
		}
		given = append(given, "--"+flag.name+" "+flag.value)
		*flag.into = at.UTC()
		a.Relative = a.Relative || strings.HasPrefix(flag.value, "-") || strings.HasPrefix(flag.value, "now")
	}
	if inWords && len(given) > 0 {
		a.Note(ask.FormatInstead, strings.Join(given, " "), model.Say(ask.FormatWords))
	}
	if f.At != "" {
		a.Symptom.Interval = model.Interval{From: a.Moment.Add(-ask.AtMargin), To: a.Moment.Add(ask.AtMargin)}
	}
	if iv := a.Symptom.Interval; !iv.From.IsZero() && !iv.To.IsZero() && !iv.From.Before(iv.To) {
		return fmt.Errorf("the symptom's end (%s) must be after its beginning (%s)",
			iv.To.Format(time.RFC3339), iv.From.Format(time.RFC3339))
	}
	return nil
}

// refine lays what was asked over what is known of an incident. Another component than the known one leaves its signal
// open, for it may be sick in another way.
func refine(known, asked model.Symptom) model.Symptom {
	if asked.Component != "" && asked.Component != known.Component {
		known.Component, known.Signal = asked.Component, ""
	}
	if asked.Signal != "" {
		known.Signal = asked.Signal
	}
	if asked.Interval.IsZero() {
		return known
	}
	if asked.Interval.To.IsZero() {
		asked.Interval.To = known.Interval.To
	}
	known.Interval = asked.Interval
	return known
}
