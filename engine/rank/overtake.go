package rank

import (
	"math"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// Turn is one piece of evidence that would have to be otherwise for a cause to come before the one above it.
type Turn struct {
	// Hypothesis is whose evidence it is: of the cause itself, or of the one above.
	Hypothesis *model.Hypothesis
	Evidence   *model.Evidence
	// Reversed: it would have to say the contrary; else it need only be absent.
	Reversed bool
}

// Overtake finds the lightest piece of evidence, taken away or reversed, that brings the i-th standing (from 0; the
// first has none above it) before the one above. What is absent is less of a change than what is reversed. A reversed
// support of a necessary prediction rules its hypothesis out; the component then stands by its next best. Other
// reversals count what the test gives on average, in this ranking, where it comes out that way. ok is false when no
// single piece of evidence does it, among those that the filter lets through.
func (r Ranking) Overtake(i int, w model.Weights, counts func(*model.Evidence) bool) (turn Turn, ok bool) {
	if i < 1 || i >= len(r.Standings) {
		return Turn{}, false
	}
	below, above := r.Standings[i].Hypothesis, r.Standings[i-1].Hypothesis
	floor := nextBest(r.all, above)
	lightest := math.Inf(1)
	try := func(h *model.Hypothesis, e *model.Evidence, reversed bool, odds float64) {
		up, down := below.LogOdds, above.LogOdds
		if h == below {
			up = odds
		} else {
			down = max(odds, floor)
		}
		if size := math.Abs(odds - h.LogOdds); up > down && (!ok || size < lightest) {
			turn, ok, lightest = Turn{h, e, reversed}, true, size
		}
	}
	for _, reversed := range []bool{false, true} {
		for _, h := range []*model.Hypothesis{above, below} {
			for k := range h.Ledger {
				e := &h.Ledger[k]
				if !counts(e) || (e.Weight > 0) != (h == above) || e.Weight == 0 {
					continue
				}
				odds := without(h, k, w)
				if reversed {
					odds = r.reversed(e, odds, w)
				}
				try(h, e, reversed, odds)
			}
		}
		if ok {
			return turn, true
		}
	}
	return Turn{}, false
}

// without are the log-odds of a hypothesis but for one piece of its evidence. What then nothing measured speaks for any
// more loses by that too.
func without(h *model.Hypothesis, k int, w model.Weights) float64 {
	rest := model.Hypothesis{Component: h.Component, Fault: h.Fault, Ledger: slices.Delete(slices.Clone(h.Ledger), k, k+1)}
	f := newScale(w)
	suspect := f.suspectOf(&rest, make([]float64, len(f.tests)))
	return f.logOdds(&suspect)
}

// reversed are the log-odds of a hypothesis were a piece of its evidence the contrary; odds are those without it.
func (r Ranking) reversed(e *model.Evidence, odds float64, w model.Weights) float64 {
	if e.Weight > 0 && e.Necessary {
		return math.Inf(-1)
	}
	return odds + r.Mean(e.Test, e.Weight < 0)*w.Test(e.Test)
}

// Mean is what a test gives on average, in nats before its multiplier, where it speaks for a hypothesis of this ranking,
// or where it speaks against one; 0 where it never does.
func (r Ranking) Mean(test string, supporting bool) float64 {
	if r.means == nil {
		return 0 // nobody was ranked
	}
	return r.means()[outcome{test, supporting}]
}

// outcome is a test that comes out for a hypothesis, or against it.
type outcome struct {
	test       string
	supporting bool
}

// means are the means of every test.
func means(hs []*model.Hypothesis) map[outcome]float64 {
	sum, n := map[outcome]float64{}, map[outcome]float64{}
	for _, h := range hs {
		for i := range h.Ledger {
			if e := &h.Ledger[i]; e.Weight != 0 {
				o := outcome{e.Test, e.Weight > 0}
				sum[o] += e.Weight
				n[o]++
			}
		}
	}
	for o := range sum {
		sum[o] /= n[o]
	}
	return sum
}

// nextBest are the log-odds that a component keeps when its best hypothesis falls.
func nextBest(hs []*model.Hypothesis, best *model.Hypothesis) float64 {
	odds := math.Inf(-1)
	for _, h := range hs {
		if h != best && h.Component == best.Component && h.RuledOut == nil {
			odds = max(odds, h.LogOdds)
		}
	}
	return odds
}
