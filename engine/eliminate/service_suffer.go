package eliminate

import "github.com/diagnops/diagnops/engine/model"

// serviceSuffer asks whether a component whose resource runs out also answers late or wrongly.
//
// Signal: its own latency, errors, availability. A resource that is used up while the answers are as usual hurts nobody
// yet. Not necessary: disks and hosts answer nobody, and much is not measured. When it is wrong: averages hide that one
// route in twenty suffers.
//
// Defaults: half of the strength of its own answers, the weight below against it. What was tried: weighing it at
// nothing, which changes no first place of the 60 recorded incidents, but the Brier score from .065 to .070.
func serviceSuffer(t *Trial, _ model.Prediction) model.Evidence {
	if t.bare() {
		return unknown("how %s answers does not tell which resource it lacks", t.H.Component)
	}
	if t.user != nil {
		r := t.user
		return about(r, model.Supports, sufferShare*t.strength(r)*(1-t.below.Explained), "%s itself answers badly: %s %s, usually %s", t.H.Component,
			r.Series.Signal.Said(), model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
	}
	switch {
	case !t.measuresService(t.H.Component):
		return unknown("how %s answers is not measured", t.H.Component)
	case t.worst() != nil:
		return unknown("%s measures its answers as usual, those who need it do not", t.H.Component)
	}
	return about(nil, model.Refutes, notSuffering, "%s answers as fast and as well as usual", t.H.Component)
}

const (
	sufferShare  = 0.5
	notSuffering = -1.0
)
