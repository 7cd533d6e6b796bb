package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
)

// scores are the figures of a suite.
type scores struct {
	groups []batch.Figures // by group, in the order of their names; none where there is one group only
	totals []batch.Figures // over the suite; of several faults at once also for naming every one of them
}

// everyFaultSet is added to the name of a suite where all faults are asked for.
const everyFaultSet = ", both"

// score computes the figures of a suite's answers.
func score(suite string, answers []synthAnswer) scores {
	by := map[string][]batch.Scored{}
	var any, every []batch.Scored
	for i := range answers {
		a := &answers[i]
		set := suite + ", " + a.group
		by[set] = append(by[set], a.scored(set, anyFault))
		any = append(any, a.scored(suite, anyFault))
		if len(a.scenario.Faults) > 1 {
			every = append(every, a.scored(suite+everyFaultSet, everyFault))
		}
	}
	out := scores{totals: []batch.Figures{batch.Score(suite, any, 0)}}
	if len(every) > 0 {
		out.totals = append(out.totals, batch.Score(suite+everyFaultSet, every, 0))
	}
	if len(by) > 1 {
		for set, part := range by {
			out.groups = append(out.groups, batch.Score(set, part, 0))
		}
		slices.SortFunc(out.groups, func(a, b batch.Figures) int { return cmp.Compare(a.Set, b.Set) })
	}
	return out
}

// tables prints what the columns of package batch say of each set, one set a line.
func tables(figures []batch.Figures) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "set\tfaults\tAC@1\tAC@3\tAvg@5\twrong >=.7\tinconcl.\thealthy\tquiet\tspecific\tBrier\tms\tp99\t")
	for i := range figures {
		f := &figures[i]
		fmt.Fprintf(w, "%s\t%d\t%v\t%v\t%v\t%v\t%v\t%v\t%d\t%v\t%v\t%.0f\t%.0f\t\n", f.Set, f.Faults,
			f.Component.AC[0], f.Component.AC[2], f.Component.Avg5, f.FalseAccusations.Share, f.Abstentions.Share,
			f.Overlooked.Share, f.Quiet, f.Specificity.Share, f.Calibration.Brier, float64(f.Time.MeanMS), float64(f.Time.P99MS))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}

// reliability prints whether 0.8 is right eight times in ten.
func reliability(c batch.Calibration) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "probability given\tfirst causes\tmean\tright\t")
	for _, bin := range c.Bins {
		if bin.N > 0 {
			fmt.Fprintf(w, "%.1f to %.1f\t%d\t%v\t%v\t\n", bin.From, bin.To, bin.N, bin.Mean, bin.Right)
		}
	}
	_ = w.Flush()
	return b.String()
}

// explained is how many wrong answers of a group are printed.
const explained = 5

// explain prints the first answers of each group that are wrong: nobody may be accused in a quiet window; one fault must
// be the first cause, and of several all among the first three.
func explain(t *testing.T, answers []synthAnswer) {
	t.Helper()
	shown := map[string]int{}
	for i := range answers {
		a := &answers[i]
		var wrong bool
		switch len(a.scenario.Faults) {
		case 0:
			wrong = a.diagnosis.Outcome.Status == model.Diagnosed
		case 1:
			wrong = !a.rightAt(1, anyFault)
		default:
			wrong = !a.rightAt(3, everyFault)
		}
		if wrong && shown[a.group] < explained {
			shown[a.group]++
			t.Log(a.explain())
		}
	}
}

func (a *synthAnswer) explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s seed %d:", a.group, a.opts.Seed)
	for _, f := range a.scenario.Faults {
		fmt.Fprintf(&b, " %s at %s, level %.2g, worse %.1f;", f.Kind, place(&f), f.Level, f.Worse)
	}
	s := a.scenario.Incident.Symptom
	fmt.Fprintf(&b, " symptom %s of %s: %s", s.Signal, s.Component, a.diagnosis.Outcome.Status)
	if len(a.diagnosis.Causes) > 0 && len(a.scenario.Faults) > 0 {
		fmt.Fprintf(&b, ", the first is %s", relation(a))
	}
	for i := range a.diagnosis.Causes[:min(4, len(a.diagnosis.Causes))] {
		c := &a.diagnosis.Causes[i]
		fmt.Fprintf(&b, "; %s %s %.2f", c.Component, c.Fault, c.Probability)
	}
	return b.String()
}

// place is where a fault was put: a component, or a call.
func place(f *synth.Injected) string {
	if f.Caller != "" {
		return f.Caller + " -> " + f.Callee
	}
	return f.Component
}

// relation says where the first cause stands to the true ones: above (it needs a true one, so it may well suffer from
// it), below, or beside.
func relation(a *synthAnswer) string {
	accused := a.diagnosis.Causes[0].Component
	relation := "beside the true one"
	for _, c := range a.scenario.Truth.Causes {
		switch {
		case accused == c.Component:
			return "a true one"
		case needs(a.scenario.Topology, accused, c.Component):
			relation = "above the true one"
		case needs(a.scenario.Topology, c.Component, accused) && relation == "beside the true one":
			relation = "below the true one"
		}
	}
	return relation
}

// needs tells whether from needs to, directly or not.
func needs(t *model.Topology, from, to string) bool {
	seen, queue := map[string]bool{from: true}, []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, d := range t.Dependencies {
			if d.From == at && d.Kind.Carries() && !seen[d.To] {
				if d.To == to {
					return true
				}
				seen[d.To] = true
				queue = append(queue, d.To)
			}
		}
	}
	return false
}
