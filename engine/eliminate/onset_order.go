package eliminate

import "github.com/diagnops/diagnops/engine/model"

// onsetOrder asks whether the trouble began no later than the symptom.
//
// Signal: the two onset intervals. Intervals that overlap are a tie, which speaks for nothing. Not necessary: slow
// signals (averages over minutes, queues that fill) show late what began early. When it is wrong: coarse scrape
// intervals make nearly everything a tie.
func onsetOrder(t *Trial, _ model.Prediction) model.Evidence {
	r := t.firstSign()
	if r == nil || t.symptom == nil || t.isSymptom() {
		return unknown("no two onsets to compare")
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
)
