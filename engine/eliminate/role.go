package eliminate

import "github.com/diagnops/diagnops/engine/model"

// role weighs what a component is for.
//
// Signal: the component's kind, its place in the graph and the fault's prior. Defaults: what only hands requests on (a
// balancer, a gateway) mirrors its backends' trouble, and the component where the symptom was noticed is where troubles
// of everything below arrive. When it is wrong: a balancer that is itself short of processor; that shows in its own
// resource signals, which weigh more. What was tried: ruling such components out altogether; it lost the real balancer
// faults. Weighing the role at nothing: on the 60 recorded incidents (AC@1 .900) that gives .820, and one false accusation.
func role(t *Trial, _ model.Prediction) model.Evidence {
	w := t.H.Fault.Prior
	kind := t.Graph.Kind(t.H.Component)
	switch {
	case t.H.Fault.Nature == model.NatureLoad:
		return about(nil, model.Supports, w, "load can come in at %s", t.H.Component)
	case model.PassThrough(kind) && t.H.Fault.Nature != model.NatureResource:
		return about(nil, model.Refutes, w-passThroughPenalty,
			"%s (%s) hands requests on: its answers are late or wrong when those behind it are", t.H.Component, kind)
	case t.isSymptom():
		return about(nil, model.VerdictUnknown, w-symptomPenalty, "%s is where the trouble was noticed; troubles of all it needs arrive there", t.H.Component)
	}
	switch {
	case w > 0:
		return about(nil, model.VerdictUnknown, w, "experience: faults of this kind are common")
	case w < 0:
		return about(nil, model.VerdictUnknown, w, "experience: faults of this kind are rare")
	}
	return about(nil, model.VerdictUnknown, 0, "nothing about the role of %s speaks for or against it", t.H.Component)
}

const (
	passThroughPenalty = 1.5
	symptomPenalty     = 0.5
)
