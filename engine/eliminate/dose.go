package eliminate

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// dose asks whether the component's trouble is large enough to make the symptom.
//
// Signal: its deviation over the symptom's, where both are in one unit. A deviation of half the symptom's and more is
// enough (quantiles do not add up); below that the weight falls with the logarithm. When it is wrong: a small delay on a
// call that is made many times; the floor keeps it in the race. What shows of a component in the symptom's own reading
// alone (a balancer with one backend) is no second size: compared with itself everything would be enough.
//
// Defaults: the share, slope and floor below. What was tried: weighing it at nothing, which changes no first place of
// the 60 recorded incidents: what has no common unit is unknown, and that is most.
func dose(t *Trial, _ model.Prediction) model.Evidence {
	if t.isSymptom() {
		return unknown("%s is the symptom's own component: there is nothing to compare it with", t.H.Component)
	}
	if t.symptom == nil {
		return unknown("the symptom itself shows no deviation to compare with")
	}
	mirrored := false
	for _, r := range []*model.Reading{t.user, t.worst()} {
		if r != nil && r.Series == t.symptom.Series {
			mirrored = true
			continue
		}
		if r == nil || r.Series.Signal.Unit != t.symptom.Series.Signal.Unit || r.Series.Signal.Kind.Family() != t.family {
			continue
		}
		unit := r.Series.Signal.Unit
		share := math.Abs(r.Delta()) / math.Abs(t.symptom.Delta())
		if share >= enoughDose {
			return about(r, model.Supports, 0, "it deviates by %s, the symptom by %s: enough", model.FormatValue(math.Abs(r.Delta()), unit), model.FormatValue(math.Abs(t.symptom.Delta()), unit))
		}
		return about(r, model.Refutes, clamp(doseSlope*math.Log(share/enoughDose), doseFloor, 0),
			"it deviates by %s only, the symptom by %s", model.FormatValue(math.Abs(r.Delta()), unit), model.FormatValue(math.Abs(t.symptom.Delta()), unit))
	}
	if mirrored {
		return unknown("what shows of %s is the symptom's own reading: there is nothing to compare it with", t.H.Component)
	}
	return unknown("no deviation in the symptom's own unit to compare with")
}

const (
	enoughDose = 0.4
	doseSlope  = 0.8
	doseFloor  = -2.5
)
