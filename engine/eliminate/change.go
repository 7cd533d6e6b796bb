package eliminate

import (
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// change asks whether the component was changed just before its trouble began.
//
// Signal: change events on the component. Defaults: within changeReach (half an hour) before the onset's latest bound, the
// weights below. A change is no evidence without trouble of the component itself. When it is wrong: a deploy every ten
// minutes.
//
// What was tried: weighing it at nothing, which the recorded incidents do not notice (few have changes); keeping a changed
// component in the race although what it needs accounts for all its trouble: of 118 made-up pairs of faults two more were
// found, at the price of innocent deploys among the suspects.
func change(t *Trial, _ model.Prediction) model.Evidence {
	accused := t.H.Fault.Nature == model.NatureChange
	if len(t.Scene.Changes) == 0 {
		e := unknown("no changes are known")
		if accused {
			e.Weight = noChanges
		}
		return e
	}
	r := t.firstSign()
	if r == nil || r.Onset.Latest.IsZero() {
		return unknown("no onset to hold changes against")
	}
	for _, c := range t.Scene.Changes {
		before := r.Onset.Latest.Sub(c.At)
		if c.Component != t.H.Component || before < 0 || before > changeReach || accused && !slices.Contains(t.H.Fault.Changes, c.Kind) {
			continue
		}
		weight := changeWeight
		if accused {
			weight = accusedWeight
		}
		return about(nil, model.Supports, weight, "%s %q came %s before", c.Kind, c.Title, model.FormatDuration(before))
	}
	if accused {
		return about(nil, model.Refutes, 0, "no such change of %s is known in the %s before", t.H.Component, model.FormatDuration(changeReach))
	}
	return about(nil, model.VerdictUnknown, 0, "no change of %s in the %s before", t.H.Component, model.FormatDuration(changeReach))
}

const (
	changeReach  = 30 * time.Minute
	changeWeight = 0.6
	// accusedWeight is for a hypothesis that says the change did it: a change just before weighs a good deal then.
	accusedWeight = 1.6
	// noChanges is for such a hypothesis where no change is known at all: they may not be recorded.
	noChanges = -1.5
)
