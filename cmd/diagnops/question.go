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
	At        string   `placeholder:"TIME" xor:"at,from" help:"A moment at which it was so; its beginning is found. Times: RFC 3339, Unix seconds, or -15m."`
	From      string   `placeholder:"TIME" xor:"from" help:"Since when it has been so."`
	To        string   `placeholder:"TIME" xor:"at" help:"Until when."`
}

// ask understands the question. now is what "10 minutes ago" and -15m count from.
func (f questionFlags) ask(t *model.Topology, now time.Time) (model.Question, error) {
	q, err := ask.Parse(strings.Join(f.Question, " "), t.Components, now)
	if err != nil {
		return model.Question{}, err
	}
	if f.Component != "" {
		c, err := findComponent(t, f.Component)
		if err != nil {
			return model.Question{}, fmt.Errorf("--component %w", err)
		}
		q.Symptom.Component = c.Name
	}
	if f.Signal != "" {
		if q.Symptom.Signal, err = model.ParseSignalKind(f.Signal); err != nil {
			return model.Question{}, usagef("--signal: %w", err)
		}
	}
	if f.At != "" {
		q.Symptom.Interval = model.Interval{}
	}
	for _, flag := range []struct {
		name, value string
		into        *time.Time
	}{
		{"at", f.At, &q.Symptom.Interval.To},
		{"from", f.From, &q.Symptom.Interval.From},
		{"to", f.To, &q.Symptom.Interval.To},
	} {
		if flag.value == "" {
			continue
		}
		at, err := ask.ParseTime(flag.value, now)
		if err != nil {
			return model.Question{}, usagef("--%s: %w", flag.name, err)
		}
		*flag.into = at.UTC()
	}
	if iv := q.Symptom.Interval; !iv.From.IsZero() && !iv.To.IsZero() && !iv.From.Before(iv.To) {
		return model.Question{}, fmt.Errorf("the symptom's end (%s) must be after its beginning (%s)",
			iv.To.Format(time.RFC3339), iv.From.Format(time.RFC3339))
	}
	return q, nil
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
