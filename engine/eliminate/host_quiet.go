package eliminate

import "github.com/diagnops/diagnops/engine/model"

// hostQuiet rules out that a component lacks a resource of which its host has plenty.
//
// Signal: the host's utilization of the resource that the fault needs. Only for a fault without marks of its own: a
// process may be held to a quota far below what the host has. When it is wrong: quotas that are not measured.
//
// Default: any utilization of the host that is as usual. It only ever rules out; its weight is nothing.
func hostQuiet(t *Trial, _ model.Prediction) model.Evidence {
	resource := t.H.Fault.HostResource
	if resource == "" || len(t.H.Marks) > 0 {
		return unknown("nothing about the host bears on it")
	}
	for _, host := range t.Graph.Hosts(t.H.Component) {
		var quiet *model.Reading
		bad := false
		for _, r := range t.seen.profile(host).Readings {
			sig := r.Series.Signal
			if sig.Resource != resource || (sig.Kind != model.KindUtilization && sig.Kind != model.KindSaturation) {
				continue
			}
			bad = bad || r.Abnormal() && r.Bad || model.Full(r)
			if r.State == model.StateNormal && (quiet == nil || sig.Kind == model.KindUtilization && quiet.Series.Signal.Kind != model.KindUtilization) {
				quiet = r
			}
		}
		if quiet != nil && !bad {
			return about(quiet, model.Refutes, 0, "the machine it runs on (%s) has %s to spare: %s %s, as usual", host, resource,
				quiet.Series.Signal.Said(), model.FormatValue(quiet.Observed, quiet.Series.Signal.Unit))
		}
	}
	return unknown("its host's %s is not measured or not quiet", resource)
}
