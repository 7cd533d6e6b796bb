package rank

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// weights are round numbers of the sort that the rule packs hold.
var weights = model.Weights{
	Unmeasured: 1.5, Unsupported: -2, Quiet: 2.5, QuietWithSymptom: 0.5, Temperature: 1, LoneSignalCap: 0.8, Diagnosed: 0.4,
}

var (
	strong = model.SymptomEvidence{Strength: 5, Measured: true}
	faint  = model.SymptomEvidence{Strength: 1, Measured: true}
	absent = model.SymptomEvidence{Measured: true}
	unread = model.SymptomEvidence{}
)

// supports is evidence for a hypothesis, from the latency of a component that is named like its query.
func supports(test, query string, weight float64) model.Evidence {
	r := reading(query, &model.Signal{Name: "latency", Unit: "seconds", Kind: model.KindLatency}, 1)
	r.Series.Query = query
	return model.Evidence{
		Test: test, Verdict: model.Supports, Query: query, Signal: "latency", Weight: weight, Observed: "1 s", Baseline: "100 ms", Reading: r,
	}
}

func reading(component string, sig *model.Signal, observed float64) *model.Reading {
	return &model.Reading{
		Series: &model.Series{Subject: model.Subject{Component: component}, Query: sig.Name + "_query", Signal: sig},
		State:  model.StateAbnormal, Observed: observed, Baseline: 0.1,
	}
}

// suspect is a hypothesis with its ledger.
func suspect(component, fault string, ledger ...model.Evidence) *model.Hypothesis {
	return &model.Hypothesis{Component: component, Fault: &model.Fault{Name: fault}, Ledger: ledger}
}

// marked adds a mark: a bad reading of a signal of the component.
func marked(h *model.Hypothesis, signal string, observed float64) *model.Hypothesis {
	h.Marks = append(h.Marks, model.Mark{Weight: 1, Reading: reading(h.Component, &model.Signal{Name: signal, Unit: "seconds"}, observed)})
	return h
}

// names lists components and faults in their order.
func names(r Ranking) []string {
	out := make([]string, 0, len(r.Standings))
	for _, s := range r.Standings {
		out = append(out, s.Hypothesis.Component+" "+s.Hypothesis.Fault.Name)
	}
	return out
}

func TestOrder(t *testing.T) {
	for _, tc := range []struct {
		name string
		hs   []*model.Hypothesis
		want []string
	}{
		{"nothing", nil, []string{}},
		{"by what speaks for it", []*model.Hypothesis{
			suspect("cart", "slow", supports("own-signal", "a", 1)),
			suspect("web", "slow", supports("own-signal", "b", 3)),
		}, []string{"web slow", "cart slow"}},
		{"a component stands by its best fault", []*model.Hypothesis{
			suspect("cart", "disk", supports("own-signal", "a", 1)),
			suspect("cart", "cpu", supports("own-signal", "b", 4)),
			suspect("web", "slow", supports("own-signal", "c", 3)),
		}, []string{"cart cpu", "web slow"}},
		{"against counts as much as for", []*model.Hypothesis{
			suspect("cart", "slow", supports("own-signal", "a", 3), model.Evidence{Test: "dose", Verdict: model.Refutes, Weight: -2}),
			suspect("web", "slow", supports("own-signal", "b", 2)),
		}, []string{"web slow", "cart slow"}},
		{"what nothing measured speaks for comes later", []*model.Hypothesis{
			suspect("cart", "slow", model.Evidence{Test: "role", Verdict: model.Supports, Weight: 2.5}),
			suspect("web", "slow", supports("own-signal", "b", 1)),
		}, []string{"web slow", "cart slow"}},
		{"of equals, the one with more marks", []*model.Hypothesis{
			suspect("cart", "slow", supports("own-signal", "a", 2)),
			marked(suspect("web", "slow", supports("own-signal", "b", 2)), "latency", 1),
		}, []string{"web slow", "cart slow"}},
		{"of equals, the one of which anything was more unusual", func() []*model.Hypothesis {
			hs := []*model.Hypothesis{suspect("cart", "slow", supports("own-signal", "a", 2)), suspect("web", "slow", supports("own-signal", "b", 2))}
			hs[1].Hint = 7
			return hs
		}(), []string{"web slow", "cart slow"}},
		{"of equals in all, by name", []*model.Hypothesis{
			suspect("web", "slow", supports("own-signal", "a", 2)),
			suspect("cart", "slow", supports("own-signal", "b", 2)),
		}, []string{"cart slow", "web slow"}},
		{"differences of noise are none", []*model.Hypothesis{
			suspect("web", "slow", supports("own-signal", "a", 0.1+0.2)),
			suspect("cart", "slow", supports("own-signal", "b", 0.3)),
		}, []string{"cart slow", "web slow"}},
		{"what is ruled out does not stand", []*model.Hypothesis{
			{Component: "web", Fault: &model.Fault{Name: "slow"}, RuledOut: &model.Evidence{Test: "own-signal"}, Ledger: []model.Evidence{supports("dose", "a", 9)}},
			suspect("cart", "slow", supports("own-signal", "b", 1)),
		}, []string{"cart slow"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, names(Rank(tc.hs, strong, weights))); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWeightsOfTests: the rule packs say how much a test counts.
func TestWeightsOfTests(t *testing.T) {
	hs := []*model.Hypothesis{
		suspect("cart", "slow", supports(model.TestRole, "a", 3)), suspect("web", "slow", supports(model.TestOwnSignal, "b", 2)),
	}
	w := weights
	w.Tests = map[string]float64{model.TestRole: 0.5}
	if diff := cmp.Diff([]string{"web slow", "cart slow"}, names(Rank(hs, strong, w))); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if got := hs[0].LogOdds; got != 1.5 {
		t.Errorf("half of 3 nats is %g", got)
	}
}

func TestRuledOutAndUntested(t *testing.T) {
	out := suspect("db", "disk", supports("own-signal", "a", 2))
	out.RuledOut = &out.Ledger[0]
	blind := suspect("db", "cpu", model.Evidence{Test: model.TestOwnSignal, Verdict: model.VerdictUnknown})
	refuted := suspect("web", "cpu", model.Evidence{Test: model.TestOwnSignal, Verdict: model.Refutes, Weight: -1})
	seen := suspect("web", "slow", model.Evidence{Test: model.TestOwnSignal, Verdict: model.VerdictUnknown}, supports(model.TestCallersSee, "b", 1))
	r := Rank([]*model.Hypothesis{out, blind, refuted, seen}, strong, weights)
	if len(r.RuledOut) != 1 || r.RuledOut[0] != out {
		t.Errorf("ruled out: %v", r.RuledOut)
	}
	if len(r.Untested) != 1 || r.Untested[0] != blind {
		t.Errorf("untested: %d, want the one of which nothing is known", len(r.Untested))
	}
	if Supported(blind) || Supported(refuted) || !Supported(seen) {
		t.Errorf("supported: %v, %v, %v", Supported(blind), Supported(refuted), Supported(seen))
	}
}

// TestTermsMakeTheScore: nothing counts that is not shown.
func TestTermsMakeTheScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hs := anySuspects(t)
		Rank(hs, strong, weights)
		for _, h := range hs {
			sum := 0.0
			for _, term := range h.Terms {
				sum += term.Value
			}
			if math.Abs(sum-h.LogOdds) > quantum {
				t.Fatalf("%s %s: the terms make %v, the log-odds are %v", h.Component, h.Fault.Name, sum, h.LogOdds)
			}
		}
	})
}

// anySuspects draws hypotheses whose weights are few round numbers, so that there are ties.
func anySuspects(t *rapid.T) []*model.Hypothesis {
	var hs []*model.Hypothesis
	tests := []string{model.TestOwnSignal, model.TestCallersSee, model.TestRole}
	for _, component := range []string{"web", "cart", "db", "disk", "cache", "pay"} {
		for _, fault := range []string{"slow", "cpu", "disk"} {
			if rapid.IntRange(0, 2).Draw(t, "raised") == 0 {
				continue
			}
			h := suspect(component, fault)
			for i := range rapid.IntRange(0, 4).Draw(t, "evidence") {
				e := model.Evidence{Test: rapid.SampledFrom(tests).Draw(t, "test")}
				weight := rapid.SampledFrom([]float64{0, 0.1, 0.3, 2, -2, 60, -60}).Draw(t, "weight")
				if query := rapid.SampledFrom([]string{"", "q", fmt.Sprint("q", i)}).Draw(t, "query"); query != "" {
					e = supports(e.Test, query, weight)
				}
				e.Verdict = rapid.SampledFrom([]model.Verdict{model.Supports, model.Refutes, model.VerdictUnknown}).Draw(t, "verdict")
				e.Weight = weight
				h.Ledger = append(h.Ledger, e)
			}
			if rapid.Bool().Draw(t, "marked") {
				marked(h, "latency", 1)
			}
			if len(h.Ledger) > 0 && rapid.IntRange(0, 3).Draw(t, "ruled out") == 0 {
				h.RuledOut = &h.Ledger[0]
			}
			hs = append(hs, h)
		}
	}
	return hs
}

func anySymptom(t *rapid.T) model.SymptomEvidence {
	return rapid.SampledFrom([]model.SymptomEvidence{strong, faint, absent, unread}).Draw(t, "symptom")
}

// TestRankingHolds: probabilities are probabilities, they fall with the rank, and every survivor's component stands once.
func TestRankingHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hs := anySuspects(t)
		r := Rank(hs, anySymptom(t), weights)
		alive := map[string]bool{}
		for _, h := range hs {
			if h.RuledOut == nil {
				alive[h.Component] = true
			}
		}
		sum, last := 0.0, math.Inf(1)
		for _, s := range r.Standings {
			if !alive[s.Hypothesis.Component] || s.Hypothesis.RuledOut != nil {
				t.Fatalf("%s stands twice, or though it is ruled out", s.Hypothesis.Component)
			}
			delete(alive, s.Hypothesis.Component)
			if !(s.Probability >= 0 && s.Probability <= mostCertain) || s.Probability > last {
				t.Fatalf("probability %g after %g", s.Probability, last)
			}
			if s.Probability > weights.LoneSignalCap && !severalSignals(hs, s.Hypothesis.Component) {
				t.Fatalf("%g by one signal", s.Probability)
			}
			sum, last = sum+s.Probability, s.Probability
		}
		if len(alive) > 0 {
			t.Fatalf("not standing: %v", alive)
		}
		// Each is rounded to four digits.
		if sum > 1+0.00005*float64(len(r.Standings)) {
			t.Fatalf("the probabilities sum to %v", sum)
		}
		if n := len(r.RuledOut) + len(r.Untested); n > len(hs) {
			t.Fatalf("%d of %d hypotheses are ruled out or untested", n, len(hs))
		}
	})
}

// TestOrderOfHypothesesDoesNotMatter, and neither does ranking twice.
func TestOrderOfHypothesesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hs, symptom := anySuspects(t), anySymptom(t)
		show := func(r Ranking) []string {
			lines := names(r)
			for i, s := range r.Standings {
				lines[i] += fmt.Sprint(" ", s.Probability, " ", s.Hypothesis.LogOdds)
			}
			return append(lines, string(r.Decide(weights)))
		}
		want := show(Rank(hs, symptom, weights))
		shuffled := rapid.Permutation(hs).Draw(t, "order")
		if diff := cmp.Diff(want, show(Rank(shuffled, symptom, weights))); diff != "" {
			t.Fatalf("another order of input ranks otherwise:\n%s", diff)
		}
	})
}

// TestMoreEvidenceNeverHarms: what speaks for a hypothesis does not lower its component's probability.
func TestMoreEvidenceNeverHarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hs, symptom := anySuspects(t), anySymptom(t)
		if len(hs) == 0 {
			return
		}
		h := hs[rapid.IntRange(0, len(hs)-1).Draw(t, "favoured")]
		before := probabilityOf(Rank(hs, symptom, weights), h.Component)
		h.Ledger = append(slices.Clone(h.Ledger), supports(model.TestAlibi, "more", 1))
		if after := probabilityOf(Rank(hs, symptom, weights), h.Component); after < before {
			t.Fatalf("more evidence for %s takes it from %g to %g", h.Component, before, after)
		}
	})
}

// severalSignals tells whether more than one signal speaks for something that is still supposed of a component.
func severalSignals(hs []*model.Hypothesis, component string) bool {
	return slices.ContainsFunc(hs, func(h *model.Hypothesis) bool {
		return h.Component == component && h.RuledOut == nil && Signals(h) > 1
	})
}

func probabilityOf(r Ranking, component string) float64 {
	for _, s := range r.Standings {
		if s.Hypothesis.Component == component {
			return s.Probability
		}
	}
	return 0
}

func TestDecide(t *testing.T) {
	plain := func() *model.Hypothesis {
		return suspect("db", "slow", supports("own-signal", "a", 4), supports("callers-see", "b", 2))
	}
	weak := func() *model.Hypothesis { return suspect("db", "slow", supports("own-signal", "a", 1)) }
	weaker := func() *model.Hypothesis { return suspect("db", "slow", supports("own-signal", "a", 0.2)) }
	nothing := func() *model.Hypothesis {
		return suspect("db", "slow", supports("own-signal", "a", 0.2), supports("callers-see", "b", -2))
	}
	rival := func() *model.Hypothesis {
		return suspect("web", "slow", supports("own-signal", "c", 4), supports("callers-see", "d", 2))
	}
	third := func() *model.Hypothesis {
		return suspect("pay", "slow", supports("own-signal", "e", 4), supports("callers-see", "f", 2))
	}
	for _, tc := range []struct {
		name    string
		hs      []*model.Hypothesis
		symptom model.SymptomEvidence
		want    model.Status
	}{
		{"a clear cause of a clear symptom", []*model.Hypothesis{plain()}, strong, model.Diagnosed},
		{"a clear cause of a symptom that hardly shows", []*model.Hypothesis{plain()}, faint, model.Diagnosed},
		{"a clear cause of a symptom that does not show", []*model.Hypothesis{plain()}, absent, model.Diagnosed},
		{"a clear cause of a symptom that nobody measures", []*model.Hypothesis{plain()}, unread, model.Diagnosed},
		{"three that are as likely", []*model.Hypothesis{plain(), rival(), third()}, strong, model.Inconclusive},
		{"a weak cause of a clear symptom", []*model.Hypothesis{weak()}, strong, model.Inconclusive},
		{"a weak cause of a symptom that nobody measures", []*model.Hypothesis{weak()}, unread, model.Inconclusive},
		{"a weak cause of a symptom that does not show", []*model.Hypothesis{weak()}, absent, model.Inconclusive},
		{"a weaker cause of a symptom that hardly shows", []*model.Hypothesis{weaker()}, faint, model.Inconclusive},
		{"a weaker cause of a symptom that does not show", []*model.Hypothesis{weaker()}, absent, model.Healthy},
		{"next to nothing, and a symptom that hardly shows", []*model.Hypothesis{nothing()}, faint, model.Healthy},
		{"a weaker cause of a clear symptom", []*model.Hypothesis{weaker()}, strong, model.Inconclusive},
		{"no cause of a clear symptom", nil, strong, model.Inconclusive},
		{"no cause of a symptom that hardly shows", nil, faint, model.Inconclusive},
		{"no cause, and no symptom", nil, absent, model.Healthy},
		{"no cause, and nothing measured", nil, unread, model.Inconclusive},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Rank(tc.hs, tc.symptom, weights)
			if got := r.Decide(weights); got != tc.want {
				t.Errorf("decided %s, want %s; standings %+v", got, tc.want, r.Standings)
			}
		})
	}
}

// TestNothingIsWrong: the less the symptom shows, the likelier it is that nobody is to blame.
func TestNothingIsWrong(t *testing.T) {
	p := func(s model.SymptomEvidence) float64 {
		return Rank([]*model.Hypothesis{suspect("db", "slow", supports("own-signal", "a", 2))}, s, weights).Standings[0].Probability
	}
	if !(p(strong) > p(faint) && p(faint) > p(absent)) || p(unread) != p(strong) {
		t.Errorf("strong %g, faint %g, absent %g, not measured %g", p(strong), p(faint), p(absent), p(unread))
	}
}

func BenchmarkRank500hypotheses(b *testing.B) {
	var hs []*model.Hypothesis
	for i := range 500 {
		hs = append(hs, marked(suspect(fmt.Sprint("c", i/10), fmt.Sprint("f", i%10),
			supports("own-signal", "a", float64(i%7)), supports("callers-see", "b", float64(i%5)), supports("dose", "c", 1)), "latency", 1))
	}
	b.ReportAllocs()
	for b.Loop() {
		Rank(hs, strong, weights)
	}
}
