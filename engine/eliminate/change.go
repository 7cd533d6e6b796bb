package eliminate

import (
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// change asks whether the component was changed just before its trouble began.
//
// Signal: change events on the component; of those that nobody told of, what only a hand can have altered, and not what is
// altered time and again. That nothing was found says nothing: most of what is changed shows in no metric. Defaults:
// within changeReach (half an hour) before the onset's latest bound, the weights below. A change is no evidence without
// trouble of the component itself. When it is wrong: a deploy every ten minutes.
//
// What was tried: weighing it at nothing, which the recorded incidents do not notice (few have changes); keeping a changed
// component in the race although what it needs accounts for all its trouble: of 118 made-up pairs of faults two more were
// found, at the price of innocent deploys among the suspects.
func change(t *Trial, _ model.Prediction) model.Evidence {
	accused := t.H.Fault.Nature == model.NatureChange
	own := t.changesOfIts(accused)
	told := slices.ContainsFunc(t.seen.changes(), func(c model.Change) bool { return !c.Found })
	r := t.firstSign()
	switch {
	case !told && len(own) == 0:
		return nobodyTold(accused)
	case r == nil || r.Onset.Latest.IsZero():
		return unknown("no onset to hold changes against")
	}
	for _, c := range own {
		before := r.Onset.Latest.Sub(c.Since())
		if before < 0 || before > changeReach {
			continue
		}
		weight := changeWeight
		if accused {
			weight = accusedWeight
		}
		return about(nil, model.Supports, weight, "%s %q came %s before", c.Kind, c.Named(), model.FormatDuration(before))
	}
	switch {
	case !told:
		return nobodyTold(accused)
	case accused:
		return about(nil, model.Refutes, 0, "no such change of %s is known in the %s before", t.H.Component, model.FormatDuration(changeReach))
	}
	return about(nil, model.VerdictUnknown, 0, "no change of %s in the %s before", t.H.Component, model.FormatDuration(changeReach))
}

// nobodyTold is the answer where nobody told of any change: they may not be recorded.
func nobodyTold(accused bool) model.Evidence {
	e := unknown("no changes are known")
	if accused {
		e.Weight = noChanges
	}
	return e
}

// changesOfIts are the changes of the hypothesis' component that may have made its trouble; of kinds that its fault stands
// by, where the change itself is accused.
func (t *Trial) changesOfIts(accused bool) []*model.Change {
	var out []*model.Change
	for i := range t.seen.changes() {
		c := &t.seen.changes()[i]
		usual := c.Found && slices.ContainsFunc(t.seen.changes(), func(o model.Change) bool { return o.ID != c.ID && o.Like(c) })
		if c.Component == t.H.Component && c.Deliberate() && !usual && (!accused || slices.Contains(t.H.Fault.Changes, c.Kind)) {
			out = append(out, c)
		}
	}
	return out
}

const (
	changeReach  = 30 * time.Minute
	changeWeight = 0.6
	// accusedWeight is for a hypothesis that says the change did it: a change just before weighs a good deal then.
	accusedWeight = 1.6
	// noChanges is for such a hypothesis where nobody told of any change: they may not be recorded.
	noChanges = -1.5
)
