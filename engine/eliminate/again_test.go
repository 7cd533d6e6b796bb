package eliminate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/eliminate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
)

// TestAgainAsTriedAnew: whatever one thing were otherwise in the scenes of the golden files, what comes of the hypotheses
// is what comes of them where all are tried anew, and those tried before stay as they were. Some need no trial at all.
func TestAgainAsTriedAnew(t *testing.T) {
	t.Parallel()
	scenes, kept, tried := 0, 0, 0
	for _, file := range goldenFiles(t) {
		for _, c := range readCases(t, file) {
			s, err := parse(c.input)
			if err != nil {
				t.Fatal(err)
			}
			written, g, err := s.build()
			if err != nil {
				t.Fatal(err)
			}
			before := correlate.Build(correlate.Input{ // what explains what is found anew in each scene
				Symptom: written.Symptom, Grid: written.Grid, Graph: g, Readings: written.Readings, Changes: written.Changes,
			})
			lex := hypo.NewLexicon(append(faults(), s.byRule()), before.Readings)
			raised := hypo.Generate(before, g, lex)
			trials := eliminate.Run(raised, before, g)
			found := ledgers(raised)
			for _, r := range before.Readings {
				for _, other := range otherwise(r, before.Readings) {
					scene := correlate.Alter(before, g, r.Series.Subject, map[*model.Reading]*model.Reading{r: other})
					want := hypo.Generate(scene, g, lex)
					eliminate.Run(want, scene, g)
					got := trials.Again(hypo.Again(scene, g, lex, before, raised), scene)
					if diff := cmp.Diff(ledgers(want), ledgers(got)); diff != "" {
						t.Fatalf("%s: %q: %s otherwise (-anew +again):\n%s", file, c.title, r.Series.ID(), diff)
					}
					for _, h := range got {
						if slices.Contains(raised, h) {
							kept++
						} else {
							tried++
						}
					}
				}
			}
			if diff := cmp.Diff(found, ledgers(raised)); diff != "" {
				t.Fatalf("%s: %q: what was tried before has changed:\n%s", file, c.title, diff)
			}
			scenes++
		}
	}
	t.Logf("%d scenes: %d hypotheses kept, %d tried again", scenes, kept, tried)
	if kept == 0 || tried == 0 {
		t.Errorf("%d scenes: %d hypotheses kept, %d tried again", scenes, kept, tried)
	}
}

// otherwise are the ways in which a reading might have been otherwise: as usual, and as bad as any other.
func otherwise(r *model.Reading, all []*model.Reading) []*model.Reading {
	if r.State == model.StateUnknown {
		return nil
	}
	out := []*model.Reading{r.AsUsual()}
	if worst := model.Worst(all, (*model.Reading).Abnormal); worst != nil {
		out = append(out, r.AsBadAs(worst))
	}
	return out
}

// ledgers writes down what became of hypotheses.
func ledgers(hs []*model.Hypothesis) string {
	var b strings.Builder
	for _, h := range hs {
		fmt.Fprintf(&b, "%s %s\n", h.Component, h.Fault.Name)
		for i := range h.Ledger {
			e := &h.Ledger[i]
			fmt.Fprintf(&b, "  %s %s %v %t: %s (%s, %s)\n", e.Test, e.Verdict, e.Weight, h.RuledOut == e, e.Text, e.Observed, e.Baseline)
		}
	}
	return b.String()
}
