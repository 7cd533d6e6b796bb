package rank

import (
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// TestSignals: what is measured of one thing in one respect is one signal, by whatever expressions.
func TestSignals(t *testing.T) {
	of := func(component, signal string, kind model.SignalKind, resource string) *model.Reading {
		return reading(component, &model.Signal{Name: signal, Kind: kind, Resource: resource}, 1)
	}
	says := func(v model.Verdict, weight float64, r *model.Reading) model.Evidence {
		return model.Evidence{Verdict: v, Weight: weight, Reading: r}
	}
	const yes = model.Supports
	p95, p99 := of("db", "p95", model.KindLatency, ""), of("db", "p99", model.KindLatency, "")
	callers, errors := of("web", "p95", model.KindLatency, ""), of("db", "errors", model.KindErrors, "")
	handedOn := of("web", "p95", model.KindLatency, "")
	callers.Observed = 3
	cpu, disk := of("db", "cpu", model.KindUtilization, "cpu"), of("db", "disk", model.KindUtilization, "disk")
	for _, tc := range []struct {
		name   string
		marks  []*model.Reading
		ledger []model.Evidence
		want   int
	}{
		{"none", nil, nil, 0},
		{"a mark", []*model.Reading{p95}, nil, 1},
		{"a mark and its evidence", []*model.Reading{p95}, []model.Evidence{says(yes, 2, p95)}, 1},
		{"two quantiles of one latency", []*model.Reading{p95, p99}, []model.Evidence{says(yes, 2, p99)}, 1},
		{"a mark, and the same as a caller saw it", []*model.Reading{p95}, []model.Evidence{says(yes, 2, callers)}, 2},
		{"a mark, and the same figure handed on by a caller", []*model.Reading{p95}, []model.Evidence{says(yes, 2, handedOn)}, 1},
		{"late and wrong", []*model.Reading{p95, errors}, nil, 2},
		{"two resources", []*model.Reading{cpu, disk}, nil, 2},
		{"evidence twice", nil, []model.Evidence{says(yes, 2, p95), says(yes, 1, p95)}, 1},
		{"evidence against", nil, []model.Evidence{says(model.Refutes, -2, p95)}, 0},
		{"evidence that weighs nothing", nil, []model.Evidence{says(yes, 0, p95)}, 0},
		{"evidence that nothing measured", nil, []model.Evidence{says(yes, 2, nil)}, 0},
	} {
		h := suspect("db", "slow", tc.ledger...)
		for _, r := range tc.marks {
			h.Marks = append(h.Marks, model.Mark{Reading: r, Weight: 1})
		}
		if got := Signals(h); got != tc.want {
			t.Errorf("%s: %d signals, want %d", tc.name, got, tc.want)
		}
	}
}

// TestLoneSignal: however clear it is, one signal alone proves nothing.
func TestLoneSignal(t *testing.T) {
	lone := suspect("db", "slow", supports("own-signal", "db", 50))
	if got := Rank([]*model.Hypothesis{lone}, strong, weights).Standings[0].Probability; got != weights.LoneSignalCap {
		t.Errorf("one signal gives %g, want %g", got, weights.LoneSignalCap)
	}
	lone.Ledger = append(lone.Ledger, supports("callers-see", "other", 1))
	if got := Rank([]*model.Hypothesis{lone}, strong, weights).Standings[0].Probability; !(got > weights.LoneSignalCap && got < 1) {
		t.Errorf("two signals give %g", got)
	}
}
