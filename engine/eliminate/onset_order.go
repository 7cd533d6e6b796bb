package eliminate

import (
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// onsetOrder asks whether the trouble began no later than the symptom, and no later than the first trouble of anything
// that the symptom needs.
//
// Signal: onset intervals. Intervals that overlap are a tie, which speaks for nothing. Not necessary: slow signals
// (averages over minutes, queues that fill) show late what began early. What callers saw of the component itself is no
// other's trouble, and does not count as an earlier one. When it is wrong: coarse scrape intervals make nearly everything
// a tie; an unrelated trouble that began earlier costs the true cause a little.
//
// Defaults: three steps of patience for slow signals, the weights below; a first trouble must be clear to count. What
// was tried: weighing it at nothing, which changes no first place of the 60 recorded incidents, and leaves one more of
// them open.
func onsetOrder(t *Trial, _ model.Prediction) model.Evidence {
	r := t.firstSign()
	if r == nil || t.symptom == nil || t.isSymptom() {
		return unknown("no two onsets to compare")
	}
	if first := t.seen.firstTrouble(); t.elsewhere(first, r) && r.Onset.Compare(first.Onset) == model.OrderAfter {
		if lag, ok := r.Onset.Lag(first.Onset); ok && lag > lateSteps*stepOf(t) {
			return about(r, model.Refutes, beganAfter, "%s became bad %s after %s of %s", r.Series.Signal.Said(), model.FormatDuration(lag),
				first.Series.Signal.Said(), first.Series.Subject.String())
		}
	}
	lag, ok := r.Onset.Lag(t.symptom.Onset)
	switch r.Onset.Compare(t.symptom.Onset) {
	case model.OrderBefore:
		return about(r, model.Supports, beganBefore, "%s was bad %s before the symptom", r.Series.Signal.Said(), model.FormatDuration(-lag))
	case model.OrderAfter:
		if ok && lag > lateSteps*stepOf(t) {
			return about(r, model.Refutes, beganAfter, "%s became bad %s after the symptom", r.Series.Signal.Said(), model.FormatDuration(lag))
		}
		return about(r, model.Refutes, beganAfter/2, "%s became bad just after the symptom", r.Series.Signal.Said())
	case model.OrderTie:
		return about(r, model.VerdictUnknown, 0, "both began within the same scrape interval")
	}
	return unknown("the onset is not known")
}

// elsewhere tells whether the first trouble is another's than what the hypothesis shows itself by: neither of the same
// place nor what a caller saw of the component.
func (t *Trial) elsewhere(first, sign *model.Reading) bool {
	return first != nil && first.Series.Subject != sign.Series.Subject && first.Series.Subject.Peer != t.H.Component
}

// firstTrouble is the trouble that began first of all that the symptom needs: strong and bad, so that chance does not
// pick it.
func firstTrouble(s *model.Scene, g *topo.Graph) *model.Reading {
	reach := g.Reach(s.Symptom.Component)
	var first *model.Reading
	for _, r := range s.Readings {
		if !r.Abnormal() || !r.Bad || !r.Onset.Known() || model.StrengthOf(r) < firstStrength {
			continue
		}
		if _, on := reach[r.Series.Subject.Component]; !on {
			continue
		}
		if first == nil || r.Onset.Latest.Before(first.Onset.Latest) {
			first = r
		}
	}
	return first
}

// firstSign is the reading that the hypothesis shows itself by.
func (t *Trial) firstSign() *model.Reading {
	if len(t.H.Marks) > 0 {
		return t.H.Marks[0].Reading
	}
	if t.user != nil {
		return t.user
	}
	return t.worst()
}

const (
	beganBefore = 0.3
	beganAfter  = -1.2
	lateSteps   = 3
	// firstStrength is how strong a trouble must be to be the one that came first.
	firstStrength = 3.0
)
