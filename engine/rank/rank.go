// Package rank puts hypotheses into one total, deterministic order by log-odds, turns log-odds into probabilities, and
// says whether that makes a diagnosis. Every term of a score is kept. Pure functions, no goroutines.
//
// # Method
//
// The log-odds of a hypothesis are the sum of its ledger's weights (engine/eliminate). A component stands or falls by its
// best hypothesis. Probabilities are the softmax over components together with two rivals that are always there:
// "something not measured", so that a lone weak suspect does not become certain for want of others, and "nothing is
// wrong", which weighs the less the clearer the symptom shows. One signal alone never makes more than LoneSignalCap.
package rank

import (
	"slices"
	"strings"
	"sync"

	"github.com/diagnops/diagnops/engine/model"
)

// Standing is a hypothesis with its place.
type Standing struct {
	Hypothesis  *model.Hypothesis
	Probability float64
}

// Ranking is the outcome: one standing a component (its best surviving hypothesis), best first, and the hypotheses that
// were ruled out, in the order of their components and faults.
type Ranking struct {
	Standings []Standing
	RuledOut  []*model.Hypothesis
	// Untested survived only because nothing that bears on them is measured.
	Untested []*model.Hypothesis
	// Contest is what it rests on: the survivors, in numbers.
	Contest *model.Contest

	all      []*model.Hypothesis                 // whatever became of them
	means    func() map[outcome]float64          // what the tests gave; computed when first asked for
	suspects map[*model.Hypothesis]model.Suspect // all, in numbers; of Rank alone
}

// Survivors are the hypotheses that were not ruled out, in the order of their components and faults.
func (r Ranking) Survivors() []*model.Hypothesis {
	return slices.DeleteFunc(slices.Clone(r.all), func(h *model.Hypothesis) bool { return h.RuledOut != nil })
}

// Rank sums the ledgers and orders.
func Rank(hs []*model.Hypothesis, s model.SymptomEvidence, w model.Weights) Ranking {
	f, suspects := newScale(w), make(map[*model.Hypothesis]model.Suspect, len(hs))
	r := f.rank(hs, s, func(h *model.Hypothesis) model.Suspect {
		suspects[h] = f.sum(h)
		return suspects[h]
	})
	r.suspects = suspects
	return r
}

// Again is Rank where some hypotheses are those of an earlier ranking, with the same weights, and have not changed since:
// they are not summed again, and not touched.
func (r Ranking) Again(hs []*model.Hypothesis, s model.SymptomEvidence, w model.Weights) Ranking {
	f := newScale(w)
	return f.rank(hs, s, func(h *model.Hypothesis) model.Suspect {
		if suspect, known := r.suspects[h]; known {
			return suspect
		}
		return f.sum(h)
	})
}

func (f *scale) rank(hs []*model.Hypothesis, s model.SymptomEvidence, sum func(*model.Hypothesis) model.Suspect) Ranking {
	r := Ranking{
		Contest: &model.Contest{Symptom: s, Suspects: make([]model.Suspect, 0, len(hs))}, all: hs,
		means: sync.OnceValue(func() map[outcome]float64 { return means(hs) }),
	}
	hs = slices.SortedStableFunc(slices.Values(hs), func(a, b *model.Hypothesis) int {
		return strings.Compare(a.Component, b.Component)
	})
	alive := make([]*model.Hypothesis, 0, len(hs)) // by suspect
	for _, h := range hs {
		suspect := sum(h)
		switch {
		case h.RuledOut != nil:
			r.RuledOut = append(r.RuledOut, h)
			continue
		case !suspect.Supported && untested(h):
			r.Untested = append(r.Untested, h)
		}
		alive = append(alive, h)
		r.Contest.Suspects = append(r.Contest.Suspects, suspect)
	}
	for _, p := range f.places(r.Contest) {
		r.Standings = append(r.Standings, Standing{Hypothesis: alive[p.suspect], Probability: p.probability})
	}
	return r
}

// sum adds up what the ledger of a hypothesis comes to.
func (f *scale) sum(h *model.Hypothesis) model.Suspect {
	suspect := f.suspectOf(h, make([]float64, len(f.tests)))
	h.Terms, h.LogOdds = terms(h, &f.w), f.logOdds(&suspect)
	if !suspect.Supported {
		h.Terms = append(h.Terms, model.Term{
			Term: TermUnsupported, Value: f.w.Unsupported, Why: model.Say("nothing that was measured speaks for it"),
		})
	}
	return suspect
}

// Supported tells whether anything that was measured speaks for a hypothesis.
func Supported(h *model.Hypothesis) bool {
	for _, e := range h.Ledger {
		if e.Verdict == model.Supports && e.Weight > 0 && e.Query != "" {
			return true
		}
	}
	return false
}

// untested tells whether neither the fault's own signals, nor any caller's view, nor what its rule predicts are known.
func untested(h *model.Hypothesis) bool {
	for _, e := range h.Ledger {
		switch e.Test {
		case model.TestOwnSignal, model.TestCallersSee, model.TestRulePredicts:
			if e.Verdict != model.VerdictUnknown {
				return false
			}
		}
	}
	return true
}

// TermUnsupported is the term of a score that belongs to no test.
const TermUnsupported = "unsupported"

// terms are the summands of a hypothesis' log-odds, one a piece of evidence, for people.
func terms(h *model.Hypothesis, w *model.Weights) []model.Term {
	out := h.Terms[:0]
	for _, e := range h.Ledger {
		if e.Weight != 0 {
			out = append(out, model.Term{Term: e.Test, Value: rounded(e.Weight * w.Test(e.Test)), Why: e.Text})
		}
	}
	return out
}

// Signals counts the signals that speak for a hypothesis independently of each other: a mark and the evidence that was
// drawn from it are one, and so is whatever is measured of the same thing in the same respect. The mean and three quantiles
// of a latency are four views of one histogram, and all are wrong together. One expression that shows the same figures on
// two components is one signal, too: what is handed on is counted twice.
func Signals(h *model.Hypothesis) int {
	type shown struct{ query, signal, observed, baseline string }
	type respect struct {
		of       model.Subject
		kind     model.SignalKind
		resource string
	}
	respects, figures := map[respect]bool{}, map[shown]bool{}
	see := func(r *model.Reading) {
		sig := r.Series.Signal
		respects[respect{r.Series.Subject, sig.Kind, sig.Resource}] = true
		figures[shown{
			r.Series.Query, sig.Name, model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit),
		}] = true
	}
	for _, m := range h.Marks {
		see(m.Reading)
	}
	for _, e := range h.Ledger {
		if e.Verdict == model.Supports && e.Weight > 0 && e.Reading != nil {
			see(e.Reading)
		}
	}
	return min(len(respects), len(figures))
}

// Decide says what kind of answer a ranking is.
func (r Ranking) Decide(w model.Weights) model.Status {
	if len(r.Standings) == 0 {
		return decide(r.Contest.Symptom, nil, &w)
	}
	first := r.Standings[0]
	return decide(r.Contest.Symptom, &place{logOdds: first.Hypothesis.LogOdds, probability: first.Probability}, &w)
}
