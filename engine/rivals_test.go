package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
)

// TestRivalFaults: other faults of the first cause's component are told where they come near and have something of their
// own to show.
func TestRivalFaults(t *testing.T) {
	late, full := bad("db", "", model.KindLatency), bad("db", "", model.KindUtilization)
	fault := func(component, name string, nature model.Nature, weight float64, marks ...*model.Reading) *model.Hypothesis {
		h := &model.Hypothesis{
			Component: component, Fault: &model.Fault{Name: name, Title: model.Say(name), Nature: nature},
			Ledger: []model.Evidence{{Test: model.TestOwnSignal, Verdict: model.Supports, Query: "q", Weight: weight}},
		}
		for _, r := range marks {
			h.Marks = append(h.Marks, model.Mark{Reading: r, Weight: 1})
		}
		return h
	}
	network := func() *model.Hypothesis { return fault("db", "network", model.NatureLink, 5) }
	cpu := func(weight float64) *model.Hypothesis { return fault("db", "cpu", model.NatureResource, weight, full) }
	slow := func(weight float64) *model.Hypothesis { return fault("db", "slow", model.NatureService, weight, late) }
	gone := cpu(4.9)
	gone.RuledOut = &gone.Ledger[0]
	for _, tc := range []struct {
		name   string
		others []*model.Hypothesis
		first  *model.Hypothesis
		want   []string
	}{
		{"alone", nil, network(), nil},
		{"a processor that is full beside a network that may be slow", []*model.Hypothesis{cpu(4.5)}, network(), []string{"cpu"}},
		{"both others, the nearer first", []*model.Hypothesis{slow(4.2), cpu(4.5)}, network(), []string{"cpu", "slow"}},
		{"too far behind", []*model.Hypothesis{cpu(3.5)}, network(), nil},
		{"ruled out", []*model.Hypothesis{gone}, network(), nil},
		{"of another component", []*model.Hypothesis{fault("web", "cpu", model.NatureResource, 4.5, full)}, network(), nil},
		{"nothing to show", []*model.Hypothesis{fault("db", "cpu", model.NatureResource, 4.5)}, network(), nil},
		{"of the same nature", []*model.Hypothesis{fault("db", "loss", model.NatureLink, 4.5, late)}, network(), nil},
		{"other words for the same reading", []*model.Hypothesis{fault("db", "down", model.NatureAbsent, 4.5, late)}, slow(5), nil},
		{"slowness is how a shortage shows", []*model.Hypothesis{slow(4.9)}, cpu(5), nil},
	} {
		c := composing(t, model.Diagnosed)
		c.ranking = rank.Rank(append(tc.others, tc.first), model.SymptomEvidence{Strength: 5, Measured: true}, model.Weights{Temperature: 1, LoneSignalCap: 0.8})
		var got []string
		for _, r := range c.rivalFaults(tc.first) {
			got = append(got, r.Fault)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}
