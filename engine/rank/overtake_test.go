package rank

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

func anyEvidence(*model.Evidence) bool { return true }

func TestOvertake(t *testing.T) {
	against := func(test, why string, weight float64) model.Evidence {
		return model.Evidence{Test: test, Verdict: model.Refutes, Weight: -weight, Text: model.Say(why)}
	}
	said := func(e model.Evidence, why string, necessary bool) model.Evidence {
		e.Text, e.Necessary = model.Say(why), necessary
		return e
	}
	second := func(ledger ...model.Evidence) *model.Hypothesis { return suspect("web", "slow", ledger...) }
	for _, tc := range []struct {
		name  string
		first []model.Evidence
		below *model.Hypothesis
		more  []*model.Hypothesis
		want  string // "" = none
	}{
		{
			"the lighter of two that do it",
			[]model.Evidence{said(supports("own-signal", "a", 3), "heavy", false), said(supports("dose", "b", 2), "light", false)},
			second(supports("own-signal", "c", 4)), nil, "light is absent",
		},
		{
			"what speaks against the lower",
			[]model.Evidence{supports("own-signal", "a", 1), supports("dose", "b", 1)},
			second(supports("own-signal", "c", 4), against("alibi", "quiet", 3)), nil, "quiet is absent",
		},
		{
			"many light ones",
			[]model.Evidence{supports("own-signal", "a", 1), supports("dose", "b", 1), supports("gap", "c", 1)},
			second(supports("own-signal", "d", 1)), nil, "",
		},
		{
			"reversed, a necessary one rules out",
			[]model.Evidence{said(supports("own-signal", "a", 1), "must", true), supports("dose", "b", 3), supports("gap", "c", 3)},
			second(supports("own-signal", "d", 1)), nil, "must is reversed",
		},
		{
			"but the component stands by another fault",
			[]model.Evidence{said(supports("own-signal", "a", 1), "must", true), supports("dose", "b", 3), supports("gap", "c", 3)},
			second(supports("own-signal", "d", 1)),
			[]*model.Hypothesis{suspect("db", "cpu", supports("own-signal", "e", 6))},
			"",
		},
		{
			"reversed, the others' mean counts",
			[]model.Evidence{supports("dose", "b", 3), supports("gap", "c", 3)},
			second(supports("own-signal", "d", 3), against("alibi", "one caller", 2)),
			[]*model.Hypothesis{suspect("cart", "slow", supports("alibi", "e", 4), against("role", "", 9))},
			"one caller is reversed",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			hs := append([]*model.Hypothesis{suspect("db", "slow", tc.first...), tc.below}, tc.more...)
			turn, ok := Rank(hs, strong, weights).Overtake(1, weights, anyEvidence)
			got := ""
			if ok {
				got = turn.Evidence.Text.String() + " is absent"
				if turn.Reversed {
					got = turn.Evidence.Text.String() + " is reversed"
				}
			}
			if got != tc.want {
				t.Errorf("it comes first where %q, want %q", got, tc.want)
			}
		})
	}
	r := Rank([]*model.Hypothesis{second(supports("dose", "a", 1))}, strong, weights)
	if _, ok := r.Overtake(0, weights, anyEvidence); ok {
		t.Error("the first comes before somebody")
	}
	if _, ok := r.Overtake(1, weights, anyEvidence); ok {
		t.Error("nobody comes before the first")
	}
}

// TestOvertakeHolds takes every single piece of evidence away and ranks anew: what is named as absent turns the order, and
// where none is named none does.
func TestOvertakeHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hs, symptom := anySuspects(t), anySymptom(t)
		r := Rank(hs, symptom, weights)
		if len(r.Standings) < 2 {
			return
		}
		i := rapid.IntRange(1, len(r.Standings)-1).Draw(t, "rank")
		below, above := r.Standings[i].Hypothesis, r.Standings[i-1].Hypothesis
		turn, ok := r.Overtake(i, weights, anyEvidence)
		named := ok && !turn.Reversed
		for _, h := range []*model.Hypothesis{below, above} {
			for k := range h.Ledger {
				if named && &h.Ledger[k] == turn.Evidence && !turns(hs, h, k, below, above, symptom) {
					t.Fatalf("without %+v of %s, %s does not come before %s", h.Ledger[k], h.Component, below.Component, above.Component)
				}
				if !named && turns(hs, h, k, below, above, symptom) {
					t.Fatalf("without %+v of %s, %s comes before %s, and nobody says so", h.Ledger[k], h.Component, below.Component, above.Component)
				}
			}
		}
	})
}

// turns ranks without the k-th piece of a hypothesis' evidence, and tells whether one component comes before another by
// its log-odds.
func turns(hs []*model.Hypothesis, of *model.Hypothesis, k int, below, above *model.Hypothesis, symptom model.SymptomEvidence) bool {
	changed := make([]*model.Hypothesis, len(hs))
	for i, h := range hs {
		other := *h
		other.Terms = nil
		if h == of {
			other.Ledger = slices.Delete(slices.Clone(h.Ledger), k, k+1)
		}
		changed[i] = &other
	}
	odds := map[string]float64{}
	for _, s := range Rank(changed, symptom, weights).Standings {
		odds[s.Hypothesis.Component] = s.Hypothesis.LogOdds
	}
	return odds[below.Component] > odds[above.Component]
}
