package eliminate

import (
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// change asks whether the component was changed just before its trouble began.
//
// Signal: change events on the component. Default: within changeReach before the onset's latest bound. A change is no
// evidence without trouble of the component itself. When it is wrong: a deploy every ten minutes.
func change(t *Trial, _ model.Prediction) model.Evidence {
	r := t.firstSign()
	if r == nil || r.Onset.Latest.IsZero() {
		return unknown("no onset to hold changes against")
	}
	for _, c := range t.Scene.Changes {
		before := r.Onset.Latest.Sub(c.At)
		if c.Component == t.H.Component && before >= 0 && before <= changeReach {
			return about(nil, model.Supports, changeWeight, "%s %q came %s before", string(c.Kind), c.Title, model.FormatDuration(before))
		}
	}
	if len(t.Scene.Changes) == 0 {
		return unknown("no changes are known")
	}
	return about(nil, model.VerdictUnknown, 0, "no change of %s in the %s before", t.H.Component, model.FormatDuration(changeReach))
}

const (
	changeReach  = 30 * time.Minute
	changeWeight = 0.8
)
