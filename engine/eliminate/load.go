package eliminate

import "github.com/diagnops/diagnops/engine/model"

// loadDriven asks whether the component is in trouble because it is asked more than usual.
//
// Signal: its own traffic against that of those who ask it. More load from above moves the blame up to where the load
// comes in; more load from a caller that is itself not asked more moves it to that caller. When it is wrong: retries
// raise the load of a component that fails by itself; onset order then tells, if it can.
func loadDriven(t *Trial, _ model.Prediction) model.Evidence {
	r := t.profile.Traffic
	if r == nil || r.Sign <= 0 {
		if t.profile.Measured[model.KindTraffic] > 0 {
			return about(nil, model.Supports, usualLoad, "%s gets no more requests than usual", t.H.Component)
		}
		return unknown("the load of %s is not measured", t.H.Component)
	}
	if storage(t.Graph.Kind(t.H.Component)) {
		return about(r, model.VerdictUnknown, 0, "%s moves %s, usually %s: what drives it is another question", t.H.Component,
			model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
	}
	if t.isSymptom() || model.StrengthOf(r) < minLoadStrength {
		return unknown("%s gets somewhat more requests than usual", t.H.Component)
	}
	for _, d := range t.Graph.Dependents(t.H.Component) {
		if c := t.Scene.Profiles[d.From].Traffic; c != nil && c.Sign > 0 {
			return about(r, model.Refutes, drivenFromAbove, "%s is asked more than usual (%s, usually %s), and so is %s above it", t.H.Component,
				model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit), d.From)
		}
	}
	return about(r, model.Refutes, drivenByCaller, "%s is asked more than usual (%s, usually %s) by callers that are not asked more themselves", t.H.Component,
		model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
}

// storage tells whether the load of a component is throughput, which rises and falls with what it can do.
func storage(kind string) bool {
	switch kind {
	case "disk", "volume", "storage", "filesystem":
		return true
	}
	return false
}

const (
	usualLoad       = 0.1
	minLoadStrength = 0.8
	drivenFromAbove = -1.2
	drivenByCaller  = -1.5
)

// loadSource asks whether the load comes in at the component or from further up.
//
// Signal: traffic of those above it. Default: any of them with more load than usual takes the blame up. When it is wrong:
// where only one of several sources is measured.
func loadSource(t *Trial, _ model.Prediction) model.Evidence {
	for _, d := range t.Graph.Dependents(t.H.Component) {
		if r := t.Scene.Profiles[d.From].Traffic; r != nil && r.Sign > 0 {
			return about(r, model.Refutes, 0, "the load comes from further up: %s has %s, usually %s", d.From,
				model.FormatValue(r.Observed, r.Series.Signal.Unit), model.FormatValue(r.Baseline, r.Series.Signal.Unit))
		}
	}
	for _, d := range t.Graph.Dependents(t.H.Component) {
		if d.Kind == model.Calls && t.Scene.Profiles[d.From].Measured[model.KindTraffic] > 0 {
			return about(nil, model.Refutes, 0, "%s, above it, has no more load than usual: it asks more by itself", d.From)
		}
	}
	return about(nil, model.Supports, 0, "nothing above %s has more load than usual", t.H.Component)
}
