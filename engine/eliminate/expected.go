package eliminate

import (
	"github.com/diagnops/diagnops/engine/model"
)

// rulePredicts asks whether something that the fault's rule predicts is to be seen.
//
// Signal: what the rule names, where it says (sight.go). Necessary and measured otherwise, it rules the fault out; not
// measured, it is unknown. When it is wrong: a rule that was written for another product.
//
// Defaults: the small weights below, times how telling the rule calls it. A sign of the component itself has been weighed
// by its size already (ownSignal): what counts here is only that it is one more part of the pattern, so that a rule of
// many predictions does not outvote what was measured. What stays as usual, or is merely there, speaks for every fault
// alike, and weighs nothing.
func rulePredicts(t *Trial, p model.Prediction) model.Evidence {
	x := p.Expect
	s := t.look(x)
	met, missed := ExpectedWeights(x)
	switch s.seen {
	case seenYes:
		return about(s.reading, model.Supports, met, "as this fault would have it: %s", s.said)
	case seenNo:
		return about(s.reading, model.Refutes, missed, "this fault would have it otherwise: %s", s.said)
	}
	return untold(x, s)
}

// ruleRefutes asks whether something is to be seen that, by the fault's rule, contradicts it.
//
// Signal, defaults and when it is wrong: as for rulePredicts. That it is not to be seen speaks for nothing: of most faults
// most things are not.
func ruleRefutes(t *Trial, p model.Prediction) model.Evidence {
	x := p.Expect
	s := t.look(x)
	switch s.seen {
	case seenYes:
		_, weight := ExpectedWeights(x)
		return about(s.reading, model.Refutes, weight, "that contradicts this fault: %s", s.said)
	case seenNo:
		return about(s.reading, model.Supports, 0, "nothing here contradicts it: %s", s.said)
	}
	return untold(x, s)
}

// ExpectedWeights are what a rule's expectation adds to the log-odds where it is met, and where it is missed.
func ExpectedWeights(x *model.Expectation) (met, missed float64) {
	met, missed = predictedWeight*x.Weight, missedWeight*x.Weight
	if x.Shape == model.ShapeFlat || x.Shape == model.ShapePresent {
		met = 0
	}
	return met, missed
}

// untold names the signal that would have told.
func untold(x *model.Expectation, s sight) model.Evidence {
	return resting(s.reading, model.Evidence{Verdict: model.VerdictUnknown, Signal: x.Name, Text: s.said})
}

const (
	predictedWeight = 0.4
	missedWeight    = -0.8
)
