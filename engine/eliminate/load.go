package eliminate

import (
	"math"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// loadDriven asks whether the component is in trouble because it is asked more than usual.
//
// Signal: the load of those that need the component, and its own. A component whose dependents are asked twice as much as
// usual is not to blame for being short of anything: the blame moves up, to where the load comes in. The same where a
// cache beside it stopped keeping load away from it. A component that alone is asked more, by callers that are not, may
// have brought it upon itself (callers retry what fails), or a caller has begun something new. When it is wrong: retries
// raise the load of the failing component's callers too, when their callers retry in turn; onset order then tells.
//
// Defaults: from a quarter more load on, in proportion up to nine tenths of what speaks for the component. What was
// tried: counting only as much of a caller's load as came in further up, to tell repetitions from a surge. It cleared
// the failing component, and charged the siblings that were swamped by the repetitions instead.
func loadDriven(t *Trial, _ model.Prediction) model.Evidence {
	if d, share := t.driver(); d != nil {
		now, usual := amounts(d)
		if d.Series.Signal.Resource == cacheResource {
			return about(d, model.Refutes, -share*(t.spoken+drivenBase), "what %s no longer answers is asked of it: %s is %s, usually %s",
				d.Series.Subject.Component, d.Series.Signal.Said(), now, usual)
		}
		return about(d, model.Refutes, -share*(t.spoken+drivenBase), "more is asked of it: %s of %s is %s, usually %s",
			d.Series.Signal.Said(), d.Series.Subject.String(), now, usual)
	}
	r := t.profile.Traffic
	if r == nil || r.Sign <= 0 {
		if t.profile.Measured[model.KindTraffic] > 0 {
			return about(nil, model.Supports, usualLoad, "%s gets no more requests than usual", t.H.Component)
		}
		return unknown("the load of %s is not measured", t.H.Component)
	}
	now, usual := amounts(r)
	switch {
	case model.IsStorage(t.Graph.Kind(t.H.Component)):
		return about(r, model.VerdictUnknown, 0, "%s moves %s, usually %s: what drives it is another question", t.H.Component, now, usual)
	case model.StrengthOf(r) < minLoadStrength:
		return unknown("%s gets somewhat more requests than usual", t.H.Component)
	case t.isSymptom():
		return about(r, model.VerdictUnknown, 0, "%s, where the trouble was noticed, is asked more than usual (%s, usually %s)", t.H.Component, now, usual)
	case growth(r) <= mostRetries && t.user != nil:
		return about(r, model.VerdictUnknown, maybeRetries, "%s is asked more than usual (%s, usually %s): callers may be retrying what fails", t.H.Component, now, usual)
	case !t.callersLoadKnown():
		return about(r, model.Refutes, drivenByCaller, "%s is asked more than usual (%s, usually %s); what its callers are asked is not measured", t.H.Component, now, usual)
	}
	return about(r, model.Refutes, drivenByCaller, "%s is asked more than usual (%s, usually %s) by callers that are not asked more themselves", t.H.Component, now, usual)
}

// callersLoadKnown tells whether the load of anything that needs the component is measured.
func (t *Trial) callersLoadKnown() bool {
	return slices.ContainsFunc(t.Graph.Dependents(t.H.Component), func(d model.Dependency) bool {
		return t.seen.profile(d.From).Measured[model.KindTraffic] > 0
	})
}

func amounts(r *model.Reading) (now, usual string) {
	unit := r.Series.Signal.Unit
	return model.FormatValue(r.Observed, unit), model.FormatValue(r.Baseline, unit)
}

// driver is the load that explains the component's trouble and how far, 0 to mostDriven: of its dependents, all together,
// when they are asked more themselves; or a cache that no longer keeps load away. What is overloaded does not take more,
// so its own load does not count.
func (t *Trial) driver() (*model.Reading, float64) {
	usual, now := 0.0, 0.0
	var most *model.Reading
	for _, d := range t.Graph.Dependents(t.H.Component) {
		p := t.seen.profile(d.From)
		if r := p.Traffic; r != nil && r.Sign > 0 {
			usual, now = usual+r.Baseline, now+r.Observed
			if most == nil || growth(r) > growth(most) {
				most = r
			}
		} else if p.Load != nil {
			usual, now = usual+p.Load.Baseline, now+p.Load.Baseline
		}
	}
	if spill := t.spill(t.H.Component); spill != nil {
		return spill, mostDriven
	}
	if most != nil && usual > 0 && now >= minSurge*usual {
		share := min(mostDriven, now/usual-minSurge)
		if t.spared() {
			share *= shedShare
		}
		return most, share
	}
	return t.surgeAbove()
}

// spared tells whether those that are asked more count their calls to the component, and none of them calls it more.
func (t *Trial) spared() bool {
	counted := false
	for _, d := range t.Graph.Dependents(t.H.Component) {
		if r := t.seen.profile(d.From).Traffic; r == nil || r.Sign <= 0 {
			continue
		}
		calls := t.calls(d.From)
		if calls == nil || calls.Sign > 0 && growth(calls) >= minSurge {
			return false
		}
		counted = true
	}
	return counted
}

// calls is the rate at which a dependent calls the component; nil when it is not counted.
func (t *Trial) calls(from string) *model.Reading {
	c := t.seen.call(from, t.H.Component)
	if c == nil {
		return nil
	}
	return model.Worst(c.Readings, func(r *model.Reading) bool {
		return r.State != model.StateUnknown && r.Series.Signal.Kind == model.KindTraffic
	})
}

// surgeAbove is a surge at the top of the path: what lies between may shed load, so that less of it is seen down here
// than is wanted.
func (t *Trial) surgeAbove() (*model.Reading, float64) {
	path, _, _ := t.routes.to(t.H.Component)
	if len(path) < 2 {
		return nil, 0
	}
	r := t.seen.profile(path[0]).Traffic
	if r == nil || r.Sign <= 0 || growth(r) < minSurge {
		return nil, 0
	}
	return r, shedShare * min(mostDriven, growth(r)-minSurge)
}

// spill is the bad reading of a cache that stands beside the component, or beside what it stores: the same callers ask
// both, and what the cache no longer answers they ask here. Nil unless the load here (or of what it stores) grew, and more
// than what these callers are asked. A volume at its limit moves no more than before, so its own load is not looked at.
func (t *Trial) spill(name string) *model.Reading {
	if model.IsCache(t.Graph.Kind(name)) {
		return nil
	}
	for _, up := range t.Graph.Dependents(name) {
		if up.Kind == model.StoredOn {
			if r := t.spill(up.From); r != nil {
				return r
			}
		} else if t.askedMore(name, up.From) {
			if r := t.missingCache(up.From); r != nil {
				return r
			}
		}
	}
	return nil
}

// askedMore tells whether the load of a component grew minSurge times more than what one of its callers is asked itself.
func (t *Trial) askedMore(name, caller string) bool {
	asked := 1.0
	if r := t.seen.profile(caller).Traffic; r != nil && r.Sign > 0 {
		asked = growth(r)
	}
	r := t.seen.profile(name).Traffic
	return r != nil && r.Sign > 0 && growth(r) >= minSurge*asked
}

// missingCache is the bad reading of a cache that a component asks; nil when it asks none, or none that misses more.
func (t *Trial) missingCache(caller string) *model.Reading {
	for _, side := range t.Graph.Carriers(caller) {
		if model.IsCache(t.Graph.Kind(side.To)) {
			if r := missing(t.seen.profile(side.To)); r != nil {
				return r
			}
		}
	}
	return nil
}

// missing is the reading that shows that a cache answers less than it used to.
func missing(p *model.Profile) *model.Reading {
	return model.Worst(p.Readings, func(r *model.Reading) bool {
		return r.Abnormal() && r.Bad && r.Series.Signal.Resource == cacheResource
	})
}

// cacheResource is the resource of signals that tell how much a cache keeps away from others.
const cacheResource = "cache"

// growth is how many times its usual a load is; bounded, for a load that was nothing before.
func growth(r *model.Reading) float64 {
	if !(r.Baseline > 0) {
		return mostGrowth
	}
	return min(mostGrowth, r.Observed/r.Baseline)
}

const (
	usualLoad       = 0.1
	minLoadStrength = 0.8
	drivenByCaller  = -1.5
	// maybeRetries is for a load of up to mostRetries times the usual on a component that fails: three tries are common.
	maybeRetries = -0.3
	mostRetries  = 5.0
	// minSurge is how many times the usual load must be to explain anything; from there on what is explained grows with
	// it, up to mostDriven.
	minSurge   = 1.25
	mostDriven = 0.9
	mostGrowth = 100
	// sourceSlope is what a surge adds by its size where it comes in, up to mostSource: all below feels it.
	sourceSlope = 1.5
	mostSource  = 2.0
	// shedShare is how far a surge further up explains what is not seen to be asked more.
	shedShare = 0.6
	// drivenBase is taken off beside what spoke for the hypothesis so far.
	drivenBase = 0.5
)

// loadSource asks whether the load comes in at the component or from further up, and whether it does any harm.
//
// Signal: traffic of those above it, and what users feel. Default: any of them with more load than usual takes the blame
// up; load that is carried without anybody suffering is no fault. When it is wrong: where only one of several sources is
// measured.
//
// Defaults: the weight grows with the logarithm of the surge. What was tried: weighing it at nothing, which the recorded
// incidents do not notice.
func loadSource(t *Trial, _ model.Prediction) model.Evidence {
	for _, d := range t.Graph.Dependents(t.H.Component) {
		if r := t.seen.profile(d.From).Traffic; r != nil && r.Sign > 0 {
			return about(r, model.Refutes, 0, "the load comes from further up: %s has %s, usually %s", d.From,
				model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
		}
	}
	for _, d := range t.Graph.Dependents(t.H.Component) {
		if d.Kind == model.Calls && t.seen.profile(d.From).Measured[model.KindTraffic] > 0 {
			return about(nil, model.Refutes, 0, "%s, above it, has no more load than usual: it asks more by itself", d.From)
		}
	}
	if surge := t.profile.Traffic; t.symptom == nil && surge != nil && surge.Sign > 0 {
		if p := t.seen.profile(t.seen.symptom().Component); p != nil {
			if r := p.Nearest(t.seen.symptom().Signal.Family()); r != nil {
				now, usual := amounts(r)
				return about(r, model.Refutes, 0, "the load is carried: %s of %s is %s, usually %s", r.Series.Signal.Said(),
					t.seen.symptom().Component, now, usual)
			}
		}
	}
	weight := 0.0
	if r := t.profile.Traffic; r != nil && t.symptom != nil {
		weight = clamp(sourceSlope*math.Log(growth(r)), 0, mostSource)
	}
	return about(nil, model.Supports, weight, "nothing above %s has more load than usual", t.H.Component)
}
