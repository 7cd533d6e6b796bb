package eliminate

import "github.com/diagnops/diagnops/engine/model"

// spillOver asks whether what a cache no longer answers is asked of others.
//
// Signal: the load of what the cache's callers need beside it, which must have grown minSurge times more than what these
// callers are asked themselves: a surge from further up makes every cache miss more often and everything behind it busier
// without any cache at fault. A cache that misses more while nobody behind it is asked more hurts nobody. When it is
// wrong: where the load of those behind is not measured; then it is unknown.
//
// Defaults: a quarter more load, the weight below. What was tried: taking any grown load behind the cache for a spill;
// in a surge every cache with misses was then a suspect, before the second of two true causes.
func spillOver(t *Trial, _ model.Prediction) model.Evidence {
	measured := false
	var most *model.Reading
	for _, up := range t.Graph.Dependents(t.H.Component) {
		for _, side := range t.Graph.Carriers(up.From) {
			p := t.seen.profile(side.To)
			if side.To == t.H.Component || side.Kind != model.Calls || model.IsCache(t.Graph.Kind(side.To)) {
				continue
			}
			measured = measured || p.Measured[model.KindTraffic] > 0
			if t.askedMore(side.To, up.From) && (most == nil || growth(p.Traffic) > growth(most)) {
				most = p.Traffic
			}
		}
	}
	switch {
	case most != nil:
		now, usual := amounts(most)
		return about(most, model.Supports, spillWeight, "%s is asked more: %s, usually %s", most.Series.Subject.Component, now, usual)
	case measured:
		return about(nil, model.Refutes, 0, "nobody behind %s is asked more than usual, beyond what its callers are asked", t.H.Component)
	}
	return unknown("the load of what stands behind %s is not measured", t.H.Component)
}

const spillWeight = 2.5
