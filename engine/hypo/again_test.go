package hypo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// TestAgainAsGenerated: what is supposed again of an altered scene is what is supposed of it anew; what was raised before,
// and tested since, stays as it is, and stands in the list where it is not concerned.
func TestAgainAsGenerated(t *testing.T) {
	t.Parallel()
	g, readings := topo.New(shop()), everythingMeasured()
	readings = append(readings,
		bad("web", latency, 3), bad("db", latency, 5), bad("db", cpu, 2), normal("volume", waiting), bad("gate", requests, 4),
		normal("mail", latency), call(bad("web", outgoing, 6), "db"), call(normal("web", outgoing), "mail"),
	)
	before := correlate.Build(correlate.Input{
		Symptom: model.Symptom{Component: "web", Signal: model.KindLatency}, Grid: model.Grid{Step: 5 * time.Second}, Graph: g, Readings: readings,
	})
	lex := hypo.NewLexicon(faults(), readings)
	raised := hypo.Generate(before, g, lex)
	for _, h := range raised {
		h.Ledger = []model.Evidence{{Test: model.TestRole}}
	}
	same := cmp.Options{
		cmp.Comparer(func(a, b *model.Fault) bool { return a.Name == b.Name }),
		cmp.Comparer(func(a, b *model.Reading) bool { return a == b }),
	}
	for _, r := range readings {
		other := r.AsUsual()
		if !r.Abnormal() {
			other = r.AsBadAs(before.Profiles["db"].Latency)
		}
		s := correlate.Alter(before, g, r.Series.Subject, map[*model.Reading]*model.Reading{r: other})
		again, kept := hypo.Again(s, g, lex, before, raised), 0
		for i, h := range again {
			if slices.Contains(raised, h) {
				kept++
				again[i] = h.Untried()
			}
		}
		if diff := cmp.Diff(hypo.Generate(s, g, lex), again, same); diff != "" {
			t.Errorf("%s otherwise (-anew +again):\n%s", r.Series.ID(), diff)
		}
		if kept == 0 {
			t.Errorf("%s otherwise: no hypothesis stands as it was", r.Series.ID())
		}
	}
	for _, h := range raised {
		if len(h.Ledger) != 1 {
			t.Errorf("what was found for %s is lost", print(h))
		}
	}
}
