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
			HostResource: f.HostResource, Prior: f.Prior, Nature: natureOf(f.Name),
		})
	}
	return out
}

func natureOf(name string) model.Nature {
	switch name {
	case "network-loss", "network-delay", "dns-slow":
		return model.NatureLink
	case "traffic-surge", "traffic-drop":
		return model.NatureLoad
	case "dependency-hang", "dependency-slow", "error-return", "exception", "latency-unexplained", "deploy-regression", "config-regression", model.FaultUnclassified:
		return model.NatureService
	case "instance-down", "exporter-silent", "crash-restart":
		return model.NatureAbsent
	}
	return model.NatureResource
}
