package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
)

const (
	// madeUpSeed is the first seed, far from those that the accuracy on made-up incidents is told by (package bench): these
	// stay held out.
	madeUpSeed = 500_000_000
	// madeUpComponents is how many components an application has.
	madeUpComponents = 30
	// madeUpQuiet: every so many is a quiet window.
	madeUpQuiet = 5
)

// makeUp makes up n incidents, all kinds of faults in turn and quiet windows in between, and diagnoses them. Where a graph
// has no place for a fault there is one less.
func (a *analyst) makeUp(ctx context.Context, n, workers int) ([]rank.Case, error) {
	kinds := synth.Kinds()
	options := make([]synth.Options, n)
	faults := 0
	for i := range options {
		options[i] = synth.Options{Seed: madeUpSeed + uint64(i), Components: madeUpComponents}
		if (i+1)%madeUpQuiet != 0 {
			options[i].Faults = []synth.Kind{kinds[faults%len(kinds)]}
			faults++
		}
	}
	cases := make([]rank.Case, 0, n)
	err := batch.Run(ctx, workers, options, a.madeUp, func(i int, r batch.Result[*rank.Case]) error {
		switch {
		case errors.Is(r.Err, synth.ErrNoFault):
		case r.Err != nil:
			return fmt.Errorf("making up incident %d: %w", options[i].Seed, r.Err)
		default:
			cases = append(cases, *r.Value)
		}
		return nil
	})
	return slices.Clip(cases), err
}

func (a *analyst) madeUp(ctx context.Context, o synth.Options) (*rank.Case, error) {
	sc, err := synth.Generate(o)
	if err != nil {
		return nil, err
	}
	in := engine.Input{
		Incident: sc.Incident, Topology: sc.Topology, Changes: sc.Changes,
		Question: model.Question{Symptom: sc.Incident.Symptom},
	}
	d, err := a.data(ctx, in, sc.Data, nil)
	if err != nil {
		return nil, err
	}
	c := rank.NewCase("made up", d, sc.Truth)
	return &c, nil
}
