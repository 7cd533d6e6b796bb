package rules

import (
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// NeutralWeights count every test once, with rivals set by argument: where a fit starts. packs/weights.yaml replaces them
// by what was fitted.
func NeutralWeights() model.Weights {
	return model.Weights{
		Tests: map[string]float64{}, Unmeasured: 1.6, Unsupported: -2, Quiet: 2.6, QuietWithSymptom: 0.6, Temperature: 1,
		LoneSignalCap: 0.8, Diagnosed: 0.4,
	}
}

// maxWeight bounds every number: log-odds of 20 are certainty, and a test that counts twenty times drowns the others.
const maxWeight = 20.0

// weights reads the numbers of the ranking; a later layer changes those that it names.
func (r *reader) weights(n *yaml.Node, path string, w *model.Weights) {
	number := func(into *float64, low, high float64) field {
		return func(v *yaml.Node, at string) { r.bounded(v, at, into, low, high) }
	}
	tests := map[string]field{}
	for _, name := range model.TestNames() {
		tests[name] = func(v *yaml.Node, at string) {
			var m float64
			if r.bounded(v, at, &m, 0, maxWeight) {
				w.Tests[name] = m
			}
		}
	}
	r.mapping(n, path, map[string]field{
		"tests":              func(v *yaml.Node, at string) { r.mapping(v, at, tests) },
		"unmeasured":         number(&w.Unmeasured, -maxWeight, maxWeight),
		"unsupported":        number(&w.Unsupported, -maxWeight, 0),
		"quiet":              number(&w.Quiet, -maxWeight, maxWeight),
		"quiet_with_symptom": number(&w.QuietWithSymptom, -maxWeight, maxWeight),
		"temperature":        number(&w.Temperature, 0.05, maxWeight),
		"lone_signal_cap":    number(&w.LoneSignalCap, 0, 1),
		"diagnosed":          number(&w.Diagnosed, 0, 1),
	})
}

// bounded reads a number within bounds.
func (r *reader) bounded(n *yaml.Node, path string, into *float64, low, high float64) bool {
	before := len(*r.problems)
	v := r.number(n, path)
	switch {
	case len(*r.problems) > before:
		return false
	case v < low || v > high:
		r.problem(n, path, "(%s) must be %g to %g", n.Value, low, high)
		return false
	}
	*into = v
	return true
}
