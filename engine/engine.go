// Package engine is the composition root of the diagnosis: it joins the stages, from a question and a source of metrics to
// a Diagnosis. pipeline.go shows every stage on one screen.
//
// The engine keeps no state between diagnoses and is safe for concurrent use; a diagnosis spreads what takes long over all
// processors, and all of it has ended when the answer is returned. Below this package nothing reads a clock.
package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// Options configure an Engine.
type Options struct {
	Rules *rules.Set // required
	// Version is the program's, for the record.
	Version string
	// Concurrency bounds how many queries run at a time; 1 (the default) for a local source.
	Concurrency int
}

// Validate lists everything that is wrong.
func (o Options) Validate() error {
	var errs []error
	if o.Rules == nil {
		errs = append(errs, errors.New("rules (nil) must be given"))
	}
	if o.Concurrency < 0 {
		errs = append(errs, fmt.Errorf("concurrency (%d) must not be negative", o.Concurrency))
	}
	return errors.Join(errs...)
}

// Engine diagnoses.
type Engine struct {
	opts    Options
	faults  []model.Fault
	weights model.Weights
}

// New checks the options and makes an engine; it starts nothing.
func New(o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("engine options: %w", err)
	}
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	e := &Engine{opts: o, faults: knowledge(o.Rules), weights: o.Rules.Weights()}
	return e, nil
}

// Input is one question with what is known beforehand.
type Input struct {
	Incident model.Incident
	// Question is the free text that was asked, understood; its zero value when only an incident is given.
	Question model.Question
	Topology *model.Topology
	Changes  []model.Change
	// Claims are what people say of components of the topology, to be held against the measurements.
	Claims []model.Claim
	// ScrapeInterval is how often the raw series have samples; 0 = the incident's step.
	ScrapeInterval time.Duration
	// Clock measures how long the diagnosis took; nil = not measured.
	Clock func() time.Time
}
