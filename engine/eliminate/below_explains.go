package eliminate

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// belowExplains asks whether something that the component needs accounts for its trouble: a symptom is no cause.
//
// Signal: the influence with the largest explained share (engine/correlate). A share of explainedWhole and more rules
// the hypothesis out when all that speaks for it is how it answers, or a resource that fills up because answers are
// awaited (pools, threads, connections). A resource of its own that runs out (processor, memory, disk) is not explained
// away, nor is that a component stopped answering scrapes. When it is wrong: two causes at once, each large enough alone;
// the smaller one is then called an effect.
//
// Defaults: from explainedSome on it counts, from explainedWhole on it rules out. What was tried: weighing it at
// nothing. On the 60 recorded incidents (AC@1 .900) that gives .860, and 9 instead of 5 stay open.
func belowExplains(t *Trial, _ model.Prediction) model.Evidence {
	if r := t.lostCache(); r != nil {
		return about(r, model.VerdictUnknown, -lostCacheShare*(t.markStrength()+1), "it asks others for what %s no longer answers: %s is %s, usually %s",
			r.Series.Subject.Component, r.Series.Signal.Said(), model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
	}
	if name, r := t.silentBelow(); r != nil {
		return about(r, model.VerdictUnknown, -silentBelowShare*(t.markStrength()+1), "%s, which it needs, has given no samples since %s: it may come from there",
			name, model.FormatClock(r.Onset.Earliest))
	}
	e := t.below.Explained
	if r := t.ownResource(); r != nil && e < explainedWhole {
		return about(r, model.VerdictUnknown, -ownResourceShare*t.markStrength(), "it may be an effect: %s of %s is %s, usually %s",
			r.Series.Signal.Said(), t.H.Component, model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
	}
	if t.ownCause() {
		return t.notExplained()
	}
	if e < explainedSome {
		return t.notExplained()
	}
	to, r := t.below.Dependency.To, t.below.Callee
	if t.fellSilent() && !hosting(t.below.Dependency.Kind) {
		return about(r, model.VerdictUnknown, silenceByOthers*e, "%s is slow or failing too (%s), but that seldom keeps one from answering scrapes", to, r.Series.Signal.Said())
	}
	weight := -e * (t.markStrength() + 1)
	if e < explainedWhole {
		ev := about(r, model.Refutes, weight, "%s accounts for part of it (%d %%): %s", to, percent(e), r.Series.Signal.Said())
		ev.Verdict = model.VerdictUnknown
		return ev
	}
	return about(r, model.Refutes, weight, "it is an effect: %s accounts for it (%s %s, usually %s)", to, r.Series.Signal.Said(),
		model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
}

// lostCache is the bad reading of a cache that the component asks, where others that it asks got the load instead: the
// component then does more work for each request, and waits for them. Nil when the hypothesis is about a resource that
// runs out by itself.
func (t *Trial) lostCache() *model.Reading {
	if t.ownCause() || t.fellSilent() {
		return nil
	}
	r := t.missingCache(t.H.Component)
	if r == nil {
		return nil
	}
	for _, side := range t.Graph.Carriers(t.H.Component) {
		if side.Kind == model.Calls && !model.IsCache(t.Graph.Kind(side.To)) && t.askedMore(side.To, t.H.Component) {
			return r
		}
	}
	return nil
}

// fellSilent tells whether the hypothesis is that the component is gone, and most of what it measured has stopped: it does
// not even answer scrapes.
func (t *Trial) fellSilent() bool {
	if t.H.Fault.Nature != model.NatureAbsent || len(t.H.Marks) == 0 {
		return false
	}
	return wentSilent(t.profile) != nil
}

// silentBelow is what the component calls that fell silent no later than the component's own trouble began, and the
// signal of it that did; nil when there is none, or when a resource of the component's own runs out.
func (t *Trial) silentBelow() (string, *model.Reading) {
	if t.ownCause() || t.fellSilent() {
		return "", nil
	}
	own := t.worse(t.user, t.worst())
	for _, d := range t.Graph.Carriers(t.H.Component) {
		r := wentSilent(t.seen.profile(d.To))
		if d.Kind != model.Calls || r == nil {
			continue
		}
		if own == nil || own.Onset.Latest.IsZero() || !r.Onset.Earliest.After(own.Onset.Latest) {
			return d.To, r
		}
	}
	return "", nil
}

// wentSilent is one of the signals of a component that stopped, if most of them did; else nil.
func wentSilent(p *model.Profile) *model.Reading {
	stopped, alive := p.Stopped()
	if len(stopped) <= alive {
		return nil
	}
	return stopped[0]
}

func (t *Trial) notExplained() model.Evidence {
	if n := t.unseenBelow(); n > 0 {
		weight := unseenSlope * math.Log1p(float64(n))
		if model.PassThrough(t.Graph.Kind(t.H.Component)) {
			weight -= handedOn * t.markStrength() // it only hands on what they answer
		}
		if n == 1 {
			return about(nil, model.VerdictUnknown, weight, "one of those that %s needs is not measured in this respect: it may come from there", t.H.Component)
		}
		return about(nil, model.VerdictUnknown, weight,
			"%d of those that %s needs are not measured in this respect: it may come from them", n, t.H.Component)
	}
	if len(t.Graph.Carriers(t.H.Component)) == 0 {
		return about(nil, model.Supports, 0, "%s needs nothing else that is known", t.H.Component)
	}
	return about(nil, model.Supports, unexplainedBonus, "nothing that %s needs accounts for it", t.H.Component)
}

// unseenBelow counts what the component calls without anybody measuring those answers in the family concerned. Only
// asked where the component's own trouble is of that family.
func (t *Trial) unseenBelow() int {
	r := t.worse(t.user, t.worst())
	if r == nil || r.Series.Signal.Kind.Family() != t.family || t.family == model.FamilyNone {
		return 0
	}
	n := 0
	for _, d := range t.Graph.Carriers(t.H.Component) {
		c := t.seen.call(t.H.Component, d.To)
		if d.Kind == model.Calls && !t.seen.profile(d.To).Measures(t.family) && !c.SeenByCaller(t.family) && !c.SeenByCallee(t.family) {
			n++
		}
	}
	return n
}

// ownCause tells whether the best mark is a resource that runs out by itself.
func (t *Trial) ownCause() bool {
	if t.H.Fault.Nature != model.NatureResource || len(t.H.Marks) == 0 {
		return false
	}
	sig := t.H.Marks[0].Reading.Series.Signal
	if model.Awaited(sig.Resource) {
		return false
	}
	k := t.below.Dependency.Kind
	return !hosting(k) || t.below.Callee == nil || t.below.Callee.Series.Signal.Resource != sig.Resource
}

func hosting(k model.DependencyKind) bool { return k == model.RunsOn || k == model.StoredOn }

// ownResource is the worst resource of the component's own that runs out by itself, of which a pool that fills up is an
// effect; nil when there is none or when the hypothesis is about it.
func (t *Trial) ownResource() *model.Reading {
	if len(t.H.Marks) == 0 || !model.Awaited(t.H.Marks[0].Reading.Series.Signal.Resource) {
		return nil
	}
	return model.Worst(t.profile.Readings, func(r *model.Reading) bool {
		return runsOut(r.Series.Signal.Resource) && r.Abnormal() && r.Bad && t.strength(r) >= ownResourceStrength
	})
}

// runsOut tells whether a resource runs out by itself, rather than because answers are awaited.
func runsOut(resource string) bool {
	switch resource {
	case "cpu", "memory", "gc", "disk":
		return true
	}
	return false
}

func percent(share float64) int { return int(share*100 + 0.5) }

const (
	explainedSome    = 0.3
	explainedWhole   = 0.75
	unexplainedBonus = 0.3
	unseenSlope      = -0.6
	handedOn         = 0.5
	// lostCacheShare of what speaks for a component is put down to a cache that no longer answers it.
	lostCacheShare = 0.9
	// silentBelowShare of what speaks for a component is put down to one that it calls and that fell silent: what is gone
	// answers nobody, though it may be its exporter alone.
	silentBelowShare = 0.7
	// silenceByOthers is for a component that is gone while something it needs is bad: threads that all wait can keep it from
	// answering a scrape.
	silenceByOthers = -1.5
	// ownResourceStrength is how bad a resource must be to make a full pool its effect, and ownResourceShare how much of
	// the pool's evidence it then takes.
	ownResourceStrength = 1.0
	ownResourceShare    = 0.5
)
