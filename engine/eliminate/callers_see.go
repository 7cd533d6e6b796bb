package eliminate

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// callersSee asks whether those who need the component suffer from it.
//
// Signal: what callers measured of their calls, or the trouble of those that do nothing but hand on to it; for hosts and
// volumes, how far the trouble of the residents is explained by it. What callers see counts in so far as it goes beyond
// what the component itself shows. When it is wrong: a caller starved of processor sees every callee late; the alibi and
// gap tests look at that.
//
// Defaults: three quarters of what callers see beyond the component's own side, a quarter of what agrees with it, less
// for what residents of a host show. What was tried: weighing it at nothing. On the 60 recorded incidents (AC@1 .900,
// Brier .065) that gives .860 and .066: faults that do not show in the culprit's own metrics are lost.
func callersSee(t *Trial, _ model.Prediction) model.Evidence {
	if t.bare() {
		return unknown("what callers see does not tell which resource %s lacks", t.H.Component)
	}
	if w := t.worst(); w != nil {
		in, own := t.strength(w), max(t.strength(t.user), t.markStrength())
		weight := t.trust() * (incomingShare*max(0, in-own) + agreeingShare*min(in, own))
		if t.hosts(w) {
			weight *= residentShare
		}
		return about(w, model.Supports, weight, "%s shows it: %s %s, usually %s", w.Series.Subject.String(),
			w.Series.Signal.Said(), model.FormatValue(w.Observed, w.Series.Signal.Unit), model.FormatValue(w.Baseline, w.Series.Signal.Unit))
	}
	if inf, ok := t.explainedAbove(); ok {
		return about(inf.Caller, model.Supports, residentShare*inf.Explained*t.strength(inf.Caller),
			"it accounts for the trouble of %s (%s)", inf.Dependency.From, inf.Caller.Series.Signal.Said())
	}
	if from, r := t.inherited(); r != nil {
		return about(r, model.Supports, inheritShare*t.strength(r), "%s fails, and nothing measured below it explains that; what %s answers is not measured", from, t.H.Component)
	}
	if len(t.incoming) > 0 {
		return about(nil, model.Refutes, nobodySees, "none of its callers sees %s late or failing", t.H.Component)
	}
	return unknown("nobody measures the calls to %s", t.H.Component)
}

// inherited is the trouble of a caller that may come from here for all that is known: nothing measured explains it, and
// neither side measures these calls in the family concerned.
func (t *Trial) inherited() (from string, worst *model.Reading) {
	if t.profile.Measures(t.family) || t.isSymptom() {
		return "", nil
	}
	for _, d := range t.Graph.Dependents(t.H.Component) {
		c := t.seen.call(d.From, t.H.Component)
		if d.Kind != model.Calls || c.SeenByCaller(t.family) || c.SeenByCallee(t.family) {
			continue
		}
		r := t.seen.profile(d.From).Bad(t.family)
		if r == nil && !t.seen.profile(d.From).Measures(t.family) {
			r = t.seenAt(d.From)
		}
		if r != nil && t.explained(d.From) < explainedSome && t.worse(worst, r) == r {
			from, worst = d.From, r
		}
	}
	return from, worst
}

// seenAt is the worst that mirrors of a component show of it in the family concerned.
func (t *Trial) seenAt(name string) *model.Reading {
	var worst *model.Reading
	for _, d := range t.Graph.Dependents(name) {
		if len(t.Graph.Carriers(d.From)) == 1 && model.PassThrough(t.Graph.Kind(d.From)) {
			worst = t.worse(worst, t.seen.profile(d.From).Bad(t.family))
		}
	}
	return worst
}

// explained is the largest share of a component's trouble that anything below it accounts for.
func (t *Trial) explained(name string) float64 {
	e := 0.0
	for _, inf := range t.seen.influences(name) {
		e = max(e, inf.Explained)
	}
	return e
}

// hosts tells whether a view is that of something that runs on or is stored on the component.
func (t *Trial) hosts(r *model.Reading) bool {
	return !r.Series.Subject.IsEdge() && slices.Contains(t.Graph.Hosts(r.Series.Subject.Component), t.H.Component)
}

// explainedAbove is the dependent whose trouble the component explains best; of those it explains as well, the one that
// suffers most.
func (t *Trial) explainedAbove() (model.Influence, bool) {
	var best model.Influence
	for _, d := range t.Graph.Dependents(t.H.Component) {
		for _, inf := range t.seen.influences(d.From) {
			if inf.Dependency.To == t.H.Component && (inf.Explained > best.Explained || inf.Explained == best.Explained && t.worse(best.Caller, inf.Caller) != best.Caller) {
				best = inf
			}
		}
	}
	return best, best.Explained > 0
}

const (
	incomingShare = 0.75
	agreeingShare = 0.25
	residentShare = 0.3
	nobodySees    = -1.0
	// inheritShare is what is left of a caller's trouble for each callee that nobody measures.
	inheritShare = 0.35
)
