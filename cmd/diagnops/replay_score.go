package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// signalKinds knows the kind of every signal that a diagnosis may name: the topology's own, else the catalogue's.
type signalKinds struct{ own, catalogue map[string]model.SignalKind }

// catalogueKinds collects the signals of all packs, once for a run.
func catalogueKinds(set *rules.Set) map[string]model.SignalKind {
	kinds := map[string]model.SignalKind{}
	packs := set.Packs()
	for i := range packs {
		for j := range packs[i].Signals {
			sig := &packs[i].Signals[j]
			kinds[sig.Name] = sig.Kind
		}
	}
	return kinds
}

func (a *analyst) signalKinds(t *model.Topology) signalKinds {
	k := signalKinds{own: map[string]model.SignalKind{}, catalogue: a.kinds}
	for i := range t.Signals {
		k.own[t.Signals[i].Signal.Name] = t.Signals[i].Signal.Kind
	}
	return k
}

func (k signalKinds) of(_, signal string) (model.SignalKind, bool) {
	kind, ok := k.own[signal]
	if !ok {
		kind, ok = k.catalogue[signal]
	}
	return kind, ok
}

// score reads what is true, now that everything is answered, and prints, stores and compares the figures.
func (c *replayCmd) score(ctx context.Context, s *streams, a *analyst, rows []row, wall time.Duration, baseline *batch.Baseline) error {
	if c.Incidents == "" {
		if err := readTruths(rows); err != nil {
			return err
		}
	}
	scored, failed, without := scorable(rows)
	if len(scored) == 0 {
		return fmt.Errorf("nothing to score: none of %d incidents has both an answer and a truth", len(rows))
	}
	figures := batch.Sets(scored, failed, wall)
	out := s.err
	if c.Output == "table" {
		out = s.out
		fmt.Fprintln(out)
	}
	if err := printFigures(out, figures); err != nil {
		return err
	}
	if without > 0 {
		fmt.Fprintf(out, "%d incidents without a truth are not scored\n", without)
	}
	now := batch.NewBaseline(figures)
	if c.fitting() {
		study, err := c.study(ctx, a, scored)
		if err != nil {
			return err
		}
		if err := study.print(out, len(scored)); err != nil {
			return err
		}
		if c.Fit != "" {
			if err := study.write(c.Fit); err != nil {
				return err
			}
		}
		now.HeldOut = study.heldOut()
	}
	if c.ScoreOut != "" {
		if err := writeFigures(c.ScoreOut, now); err != nil {
			return err
		}
	}
	if baseline == nil {
		return nil
	}
	return compare(out, *baseline, now)
}

// readTruths opens truth.yaml of every bundle that was answered.
func readTruths(rows []row) error {
	for i := range rows {
		if rows[i].Err != nil {
			continue
		}
		truth, ok, err := bundle.ReadTruth(rows[i].Name)
		if err != nil {
			return err
		}
		if ok {
			rows[i].Truth = truth
		}
	}
	return nil
}

// scorable splits the rows into those that can be scored, the number of failed ones by data set, and the number of those
// whose truth nobody knows.
func scorable(rows []row) (scored []batch.Scored, failed map[string]int, without int) {
	failed = map[string]int{}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Err != nil:
			failed[r.Set]++
		case r.Truth == nil:
			without++
		default:
			scored = append(scored, batch.Scored{
				Set: r.Set, Diagnosis: r.Diagnosis, Truth: *r.Truth, Took: r.Took, KindOf: r.kinds.of,
			})
		}
	}
	return scored, failed, without
}

// printFigures prints two tables, of accuracy and of everything else, and the reliability of the probabilities.
func printFigures(w io.Writer, figures []batch.Figures) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "set\tfaults\tAC@1\tAC@2\tAC@3\tAC@4\tAC@5\tAvg@5\tsignal: faults\tAC@1\tAC@3\tAvg@5\t")
	for i := range figures {
		f := &figures[i]
		ac, sig := f.Component, f.Signal
		fmt.Fprintf(t, "%s\t%d\t%v\t%v\t%v\t%v\t%v\t%v\t%d\t%v\t%v\t%v\t\n", f.Set, ac.N,
			ac.AC[0], ac.AC[1], ac.AC[2], ac.AC[3], ac.AC[4], ac.Avg5, sig.N, sig.AC[0], sig.AC[2], sig.Avg5)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	fmt.Fprintln(t, "set\tquiet\tprecision\tspecificity\taccused\tabstained\toverlooked\terrors\tBrier\tms mean\tp50\tp99\tper s\t")
	for i := range figures {
		f := &figures[i]
		fmt.Fprintf(t, "%s\t%d\t%v\t%v\t%s\t%s\t%s\t%d\t%v\t%s\t%s\t%s\t%s\t\n", f.Set, f.Quiet, f.Precision.Share, f.Specificity.Share,
			outOf(f.FalseAccusations), outOf(f.Abstentions), outOf(f.Overlooked), f.Errors, f.Calibration.Brier,
			short(f.Time.MeanMS), short(f.Time.P50MS), short(f.Time.P99MS), short(f.Time.PerSecond))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return printReliability(w, &figures[len(figures)-1].Calibration)
}

// printReliability prints how often the first cause was right, by the probability that it was given.
func printReliability(w io.Writer, c *batch.Calibration) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "probability given\tfirst causes\tmean\tright\t")
	for _, b := range c.Bins {
		if b.N > 0 {
			fmt.Fprintf(t, "%.1f to %.1f\t%d\t%v\t%v\t\n", b.From, b.To, b.N, b.Mean, b.Right)
		}
	}
	return t.Flush()
}

func outOf(s batch.Share) string { return fmt.Sprintf("%d of %d", s.Count, s.N) }

// short prints a time or rate with one decimal.
func short(r batch.Ratio) string {
	if !r.Known() {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(r))
}

func writeFigures(file string, b batch.Baseline) error {
	data, err := b.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, data, 0o644); err != nil { //nolint:gosec // Figures are no secret.
		return fmt.Errorf("writing figures: %w", err)
	}
	return nil
}

// compare prints what moved since the baseline, and fails when something got worse.
func compare(w io.Writer, was, is batch.Baseline) error {
	deltas, missing := batch.Compare(was, is)
	worse := 0
	for _, d := range deltas {
		if d.Worse {
			worse++
		}
		fmt.Fprintln(w, d)
	}
	for _, set := range missing {
		fmt.Fprintf(w, "%s: in the baseline, not in this run\n", set)
	}
	switch {
	case len(missing) == len(was.Sets):
		return fmt.Errorf("the baseline has no data set of this run")
	case worse > 0:
		return fmt.Errorf("%d figures are %w", worse, errWorse)
	}
	fmt.Fprintln(w, "no figure is worse than the baseline")
	return nil
}
