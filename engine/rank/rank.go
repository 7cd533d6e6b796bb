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
	"cmp"
	"math"
	"slices"
	"strings"

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

	symptom Symptom
	all     []*model.Hypothesis // whatever became of them
	means   map[outcome]float64 // what the tests gave
}

// Survivors are the hypotheses that were not ruled out, in the order of their components and faults.
func (r Ranking) Survivors() []*model.Hypothesis {
	return slices.DeleteFunc(slices.Clone(r.all), func(h *model.Hypothesis) bool { return h.RuledOut != nil })
}

// Symptom is how the symptom itself shows.
type Symptom struct {
	Strength float64 // evidence, in nats, that it is real
	Measured bool    // whether it could be read at all
}

// nothing is the log-odds of "nothing is wrong".
func (s Symptom) nothing(w model.Weights) float64 {
	switch {
	case !s.Measured || s.Strength >= strongSymptom:
		return math.Inf(-1)
	case s.Strength > 0:
		return w.QuietWithSymptom
	}
	return w.Quiet
}

// strongSymptom is the evidence of a symptom that is not to be called healthy, whatever is found: about twice the worst
// usual.
const strongSymptom = 2.0

// Rank sums the ledgers and orders.
func Rank(hs []*model.Hypothesis, s Symptom, w model.Weights) Ranking {
	r := Ranking{symptom: s, all: hs, means: means(hs)}
	best := map[string]*model.Hypothesis{}
	for _, h := range hs {
		score(h, &w)
		if h.RuledOut != nil {
			r.RuledOut = append(r.RuledOut, h)
			continue
		}
		if !Supported(h) {
			h.LogOdds += w.Unsupported
			h.Terms = append(h.Terms, model.Term{
				Term: TermUnsupported, Value: w.Unsupported, Why: model.Say("nothing that was measured speaks for it"),
			})
			if untested(h) {
				r.Untested = append(r.Untested, h)
			}
		}
		if b := best[h.Component]; b == nil || better(h, b) {
			best[h.Component] = h
		}
	}
	for _, h := range best {
		r.Standings = append(r.Standings, Standing{Hypothesis: h})
	}
	slices.SortFunc(r.Standings, func(a, b Standing) int { return compare(a.Hypothesis, b.Hypothesis) })
	probabilities(r.Standings, s.nothing(w), w)
	return r
}

func better(a, b *model.Hypothesis) bool { return compare(a, b) < 0 }

// compare orders by log-odds, then by how much speaks for it, then by how unusual anything on the component was at all,
// and only then by name.
func compare(a, b *model.Hypothesis) int {
	return cmp.Or(
		cmp.Compare(b.LogOdds, a.LogOdds),
		cmp.Compare(len(b.Marks), len(a.Marks)),
		cmp.Compare(b.Hint, a.Hint),
		strings.Compare(a.Component, b.Component),
		strings.Compare(a.Fault.Name, b.Fault.Name),
	)
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

// untested tells whether neither the fault's own signals nor any caller's view are known.
func untested(h *model.Hypothesis) bool {
	for _, e := range h.Ledger {
		if (e.Test == model.TestOwnSignal || e.Test == model.TestCallersSee) && e.Verdict != model.VerdictUnknown {
			return false
		}
	}
	return true
}

// TermUnsupported is the term of a score that belongs to no test.
const TermUnsupported = "unsupported"

// quantum is what log-odds are rounded to: differences below it are floating-point noise, not evidence.
const quantum = 1e-6

func score(h *model.Hypothesis, w *model.Weights) {
	h.Terms, h.LogOdds = h.Terms[:0], 0
	for _, e := range h.Ledger {
		if e.Weight == 0 {
			continue
		}
		v := math.Round(e.Weight*w.Test(e.Test)/quantum) * quantum
		h.Terms = append(h.Terms, model.Term{Term: e.Test, Value: v, Why: e.Text})
		h.LogOdds += v
	}
	h.LogOdds = math.Round(h.LogOdds/quantum) * quantum
}

func probabilities(s []Standing, nothing float64, w model.Weights) {
	share, _, _ := softmax(s, nothing, w)
	for i := range s {
		p := min(mostCertain, share[i])
		if Signals(s[i].Hypothesis) <= 1 {
			p = min(p, w.LoneSignalCap)
		}
		s[i].Probability = math.Round(p*1e4) / 1e4
	}
}

// softmax divides 1 among the standings and the two rivals that are always there.
func softmax(s []Standing, nothing float64, w model.Weights) (p []float64, unmeasured, quiet float64) {
	top := max(w.Unmeasured, nothing)
	for _, x := range s {
		top = max(top, x.Hypothesis.LogOdds)
	}
	unmeasured, quiet = math.Exp((w.Unmeasured-top)/w.Temperature), math.Exp((nothing-top)/w.Temperature)
	sum := unmeasured + quiet
	p = make([]float64, len(s))
	for i := range s {
		p[i] = math.Exp((s[i].Hypothesis.LogOdds - top) / w.Temperature)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p, unmeasured / sum, quiet / sum
}

// mostCertain is the highest probability ever given: metrics show effects, and the model of them may be wrong.
const mostCertain = 0.98

// Signals counts the distinct signals that speak for a hypothesis: a mark, and the evidence that was drawn from it, are
// one.
func Signals(h *model.Hypothesis) int {
	type shown struct{ query, signal, observed, baseline string } // one expression may answer for many components
	seen := map[shown]bool{}
	for _, m := range h.Marks {
		r := m.Reading
		sig := r.Series.Signal
		seen[shown{
			r.Series.Query, sig.Name, model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit),
		}] = true
	}
	for _, e := range h.Ledger {
		if e.Verdict == model.Supports && e.Weight > 0 && e.Query != "" {
			seen[shown{e.Query, e.Signal, e.Observed, e.Baseline}] = true
		}
	}
	return len(seen)
}

// Decide says what kind of answer a ranking is.
func (r Ranking) Decide(w model.Weights) model.Status {
	nothing := r.symptom.nothing(w)
	if len(r.Standings) == 0 {
		if r.symptom.Measured && r.symptom.Strength == 0 {
			return model.Healthy
		}
		return model.Inconclusive
	}
	first := r.Standings[0]
	switch {
	case first.Hypothesis.LogOdds < nothing:
		return model.Healthy
	case first.Probability >= w.Diagnosed:
		return model.Diagnosed
	}
	return model.Inconclusive
}
