package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/rules"
)

// kins are the ways of --cross-validate, in the order in which they are printed.
var kins = []struct {
	by  string
	kin rank.Kin
}{{"cause", rank.SameCause}, {"day", rank.SameDay}, {"set", rank.SameSet}}

// study is what was answered and is known to be true, ready to be ranked again with other weights.
type study struct {
	scored  []batch.Scored
	cases   []rank.Case // of scored, in the same order
	options rank.FitOptions
	fitted  model.Weights
	views   []view
}

// view is what one way to come by weights is worth.
type view struct {
	weights string // how they were come by
	by      string // what was held out, as --cross-validate says it; "" = nothing
	figures []batch.Figures
	truth   map[string]float64 // by set: the geometric mean of the probability given to what was true
}

// study fits the weights, and ranks every incident again: with the weights that the fit starts from, with those fitted on
// all incidents, and for each way of --cross-validate with those fitted without the incident's kin.
func (c *replayCmd) study(ctx context.Context, a *analyst, scored []batch.Scored) (*study, error) {
	s := &study{}
	for i := range scored {
		if scored[i].Diagnosis.Contest == nil {
			continue // from a journal, which holds what was answered and not what the ranking rests on
		}
		s.scored = append(s.scored, scored[i])
		s.cases = append(s.cases, rank.NewCase(scored[i].Set, scored[i].Diagnosis, scored[i].Truth))
	}
	var err error
	if s.options.MadeUp, err = a.makeUp(ctx, c.MadeUp, c.Workers); err != nil {
		return nil, err
	}
	// Every fit starts from the same place, or fitting again and again would walk away.
	start := rules.NeutralWeights()
	if s.fitted, err = rank.Fit(s.cases, start, s.options); err != nil {
		return nil, err
	}
	s.look("not fitted", "", func(int) model.Weights { return start })
	s.look("fitted on all", "", func(int) model.Weights { return s.fitted })
	for _, k := range kins {
		if c.Fit == "" && !slices.Contains(c.CrossValidate, k.by) {
			continue
		}
		held, err := rank.HeldOut(s.cases, start, s.options, k.kin)
		if err != nil {
			return nil, err
		}
		s.look("fitted without its "+k.by, k.by, func(i int) model.Weights { return held[i] })
	}
	return s, nil
}

// look scores all incidents, ranked again with the weights of each.
func (s *study) look(weights, by string, of func(i int) model.Weights) {
	v := view{weights: weights, by: by, truth: map[string]float64{}}
	again := slices.Clone(s.scored)
	logs, counts := map[string]float64{}, map[string]float64{}
	for i := range again {
		w := of(i)
		again[i].Diagnosis = rank.Again(s.cases[i].Contest, w)
		for _, set := range []string{s.cases[i].Set, batch.Overall} {
			logs[set] += rank.LogProbability(&s.cases[i], w)
			counts[set]++
		}
	}
	for set := range logs {
		v.truth[set] = math.Exp(logs[set] / counts[set])
	}
	v.figures = batch.Sets(again, nil, 0)
	for i := range v.figures {
		v.figures[i].Time = batch.Untimed()
	}
	s.views = append(s.views, v)
}

// heldOut is what of the study is stored beside the figures.
func (s *study) heldOut() []batch.HeldOut {
	var out []batch.HeldOut
	for _, v := range s.views {
		if v.by != "" {
			out = append(out, batch.HeldOut{By: v.by, Sets: v.figures})
		}
	}
	return out
}

// print writes one row a set and way, and for all sets the reliability of the probabilities.
func (s *study) print(out io.Writer, answered int) error {
	fmt.Fprintln(out)
	if n := answered - len(s.cases); n > 0 {
		fmt.Fprintf(out, "%d answers are from a journal, which does not hold what the ranking rests on: they are not ranked again\n", n)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "set\tweights\tAC@1\tAC@3\tAvg@5\tspecificity\taccused\tabstained\toverlooked\tBrier\tbase rate\ttruth\t")
	for i := range s.views[0].figures {
		for _, v := range s.views {
			f := &v.figures[i]
			fmt.Fprintf(t, "%s\t%s\t%v\t%v\t%v\t%v\t%s\t%s\t%s\t%v\t%v\t%.3f\t\n", f.Set, v.weights,
				f.Component.AC[0], f.Component.AC[2], f.Component.Avg5, f.Specificity.Share, outOf(f.FalseAccusations),
				outOf(f.Abstentions), outOf(f.Overlooked), f.Calibration.Brier, f.Calibration.BaseRate, v.truth[f.Set])
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, v := range s.views {
		if v.by == "" {
			continue
		}
		fmt.Fprintf(out, "\n%s:\n", v.weights)
		if err := printReliability(out, &v.figures[len(v.figures)-1].Calibration); err != nil {
			return err
		}
	}
	return nil
}

// write stores the fitted weights as a rule pack.
func (s *study) write(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	comment := fmt.Sprintf("Fitted by `diagnops replay --fit` on %d labelled incidents and %d that were made up. See engine/rank/fit.go for\n# how.",
		len(s.cases), len(s.options.MadeUp))
	if err := rank.WriteWeights(file, comment, s.fitted); err != nil {
		_ = file.Close() // the first error tells more
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return file.Close()
}
