package rules

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// maxPrior bounds a fault's prior: 5 are odds of 150 to 1, and no experience is worth more than what was measured.
const maxPrior = 5.0

// readFault is a fault with the place it was read from.
type readFault struct {
	Fault
	node *yaml.Node
}

func (r *reader) faults(n *yaml.Node, path string) []readFault {
	var out []readFault
	r.list(n, path, func(v *yaml.Node, at string) { out = append(out, readFault{r.fault(v, at), v}) })
	return out
}

func (r *reader) fault(n *yaml.Node, path string) Fault {
	var f Fault
	r.mapping(n, path, map[string]field{
		"fault":         func(v *yaml.Node, at string) { f.Name = r.token(v, at, namePattern) },
		"kinds":         func(v *yaml.Node, at string) { f.Kinds = r.tokens(v, at, kindPattern) },
		"not_kinds":     func(v *yaml.Node, at string) { f.NotKinds = r.tokens(v, at, kindPattern) },
		"title":         func(v *yaml.Node, at string) { f.Title.Format = r.text(v, at) },
		"title_ko":      func(v *yaml.Node, at string) { f.Title.Korean = r.text(v, at) },
		"shows":         func(v *yaml.Node, at string) { f.Shows = r.marks(v, at, true) },
		"excludes":      func(v *yaml.Node, at string) { f.Excludes = r.marks(v, at, false) },
		"host_resource": func(v *yaml.Node, at string) { f.HostResource = r.token(v, at, resourcePattern) },
		"control":       func(v *yaml.Node, at string) { f.Control = r.control(v, at) },
		"nature":        func(v *yaml.Node, at string) { f.Nature = r.nature(v, at) },
		"changes":       func(v *yaml.Node, at string) { f.Changes = r.changes(v, at) },
		"prior":         func(v *yaml.Node, at string) { f.Prior = r.prior(v, at) },
		"mitigate":      func(v *yaml.Node, at string) { f.Mitigate = r.advice(v, at) },
		"permanent":     func(v *yaml.Node, at string) { f.Permanent = r.advice(v, at) },
		"experiments":   func(v *yaml.Node, at string) { f.Experiments = r.advice(v, at) },
		"runbook":       func(v *yaml.Node, at string) { f.Runbook = r.advice(v, at) },
		"how_to_get":    func(v *yaml.Node, at string) { f.HowToGet.Format = r.text(v, at) },
		"how_to_get_ko": func(v *yaml.Node, at string) { f.HowToGet.Korean = r.text(v, at) },
		"interacts":     func(v *yaml.Node, at string) { f.Interacts.Format = r.text(v, at) },
		"interacts_ko":  func(v *yaml.Node, at string) { f.Interacts.Korean = r.text(v, at) },
	}, "fault", "kinds", "title", "control")
	return f
}

func (r *reader) control(n *yaml.Node, path string) model.Control {
	switch c := model.Control(n.Value); c {
	case model.ControlTechnical, model.ControlHuman, model.ControlExternal:
		return c
	}
	r.problem(n, path, "(%q) must be one of technical, human, external", n.Value)
	return ""
}

// changes reads a list of kinds of change events.
func (r *reader) changes(n *yaml.Node, path string) []model.ChangeKind {
	var out []model.ChangeKind
	r.list(n, path, func(v *yaml.Node, at string) {
		kind := model.ChangeKind(v.Value)
		if !slices.Contains(model.ChangeKinds(), kind) {
			r.problem(v, at, "(%q) must be one of %s", v.Value, joinChangeKinds())
			return
		}
		out = append(out, kind)
	})
	return out
}

func joinChangeKinds() string {
	names := make([]string, 0, len(model.ChangeKinds()))
	for _, k := range model.ChangeKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// natures are all there are; the first is the default.
var natures = []model.Nature{
	model.NatureResource, model.NatureService, model.NatureLink, model.NatureLoad, model.NatureAbsent,
	model.NatureChange, model.NatureSupply,
}

func (r *reader) nature(n *yaml.Node, path string) model.Nature {
	var names []string
	for _, nature := range natures {
		if n.Value == nature.String() {
			return nature
		}
		names = append(names, nature.String())
	}
	r.problem(n, path, "(%q) must be one of %s", n.Value, strings.Join(names, ", "))
	return model.NatureResource
}

func (r *reader) prior(n *yaml.Node, path string) float64 {
	v := r.number(n, path)
	if !(v >= -maxPrior && v <= maxPrior) {
		r.problem(n, path, "(%s) must lie between -%g and %g", n.Value, maxPrior, maxPrior)
	}
	return v
}

func (r *reader) marks(n *yaml.Node, path string, weighed bool) []Mark {
	var out []Mark
	r.list(n, path, func(v *yaml.Node, at string) {
		m := Mark{Strength: Medium}
		fields := map[string]field{
			"signal":   func(v *yaml.Node, at string) { m.Signal = r.token(v, at, namePattern) },
			"kind":     func(v *yaml.Node, at string) { m.Kind = r.signalKind(v, at) },
			"resource": func(v *yaml.Node, at string) { m.Resource = r.token(v, at, resourcePattern) },
		}
		if weighed {
			fields["strength"] = func(v *yaml.Node, at string) { m.Strength = r.strength(v, at) }
		}
		r.mapping(v, at, fields)
		if m.Signal == "" && m.Kind == "" && m.Resource == "" {
			r.problem(v, at, "must name a signal, a kind or a resource")
		}
		out = append(out, m)
	})
	return out
}

func (r *reader) strength(n *yaml.Node, path string) float64 {
	switch n.Value {
	case "strong":
		return Strong
	case "medium":
		return Medium
	case "weak":
		return Weak
	}
	r.problem(n, path, "(%q) must be one of strong, medium, weak", n.Value)
	return 0
}

func (r *reader) advice(n *yaml.Node, path string) []Advice {
	var out []Advice
	r.list(n, path, func(v *yaml.Node, at string) {
		var a Advice
		r.mapping(v, at, map[string]field{
			"text":    func(v *yaml.Node, at string) { a.Text.Format = r.text(v, at) },
			"ko":      func(v *yaml.Node, at string) { a.Text.Korean = r.text(v, at) },
			"command": func(v *yaml.Node, at string) { a.Command = r.text(v, at) },
			"risk":    func(v *yaml.Node, at string) { a.Risk.Format = r.text(v, at) },
			"risk_ko": func(v *yaml.Node, at string) { a.Risk.Korean = r.text(v, at) },
		}, "text")
		out = append(out, a)
	})
	return out
}
