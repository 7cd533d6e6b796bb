package engine

import (
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// knowledge turns the fault kinds of the rule packs into what the hypothesis stage needs.
func knowledge(set *rules.Set) []model.Fault {
	faults := set.Faults()
	out := make([]model.Fault, 0, len(faults))
	for i := range faults {
		f := &faults[i]
		out = append(out, model.Fault{
			Name: f.Name, Title: f.Title, Befalls: f.Befalls, Marks: f.Marks, Needs: f.Refutes,
			HostResource: f.HostResource, Prior: f.Prior, Changes: f.Changes, Recorded: f.Recorded, Nature: f.Nature,
			Predicts: expectations(f.Predicts), Contradicts: expectations(f.Contradicts),
		})
	}
	return out
}

func expectations(rules []rules.Expectation) []model.Expectation {
	out := make([]model.Expectation, len(rules))
	for i := range rules {
		x := &rules[i]
		out[i] = model.Expectation{
			Name: x.Name(), Matches: x.Matches, Weight: x.Strength, Shape: x.Shape, Necessary: x.Necessary,
			On: x.On, By: x.By, Lag: x.Lag,
		}
	}
	return out
}
