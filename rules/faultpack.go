package rules

import (
	"net/url"
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
		"predicts":      func(v *yaml.Node, at string) { f.Predicts = r.expectations(v, at, false) },
		"refutes":       func(v *yaml.Node, at string) { f.Contradicts = r.expectations(v, at, true) },
		"severity":      func(v *yaml.Node, at string) { f.Severity = word(r, v, at, model.Severities()) },
		"host_resource": func(v *yaml.Node, at string) { f.HostResource = r.token(v, at, resourcePattern) },
		"control":       func(v *yaml.Node, at string) { f.Control = word(r, v, at, model.Controls()) },
		"nature":        func(v *yaml.Node, at string) { f.Nature = r.nature(v, at) },
		"changes":       func(v *yaml.Node, at string) { f.Changes = r.changes(v, at) },
		"recorded":      func(v *yaml.Node, at string) { f.Recorded = r.flag(v, at) },
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

// changes reads a list of kinds of change events.
func (r *reader) changes(n *yaml.Node, path string) []model.ChangeKind {
	var out []model.ChangeKind
	r.list(n, path, func(v *yaml.Node, at string) {
		if kind := word(r, v, at, model.ChangeKinds()); kind != "" {
			out = append(out, kind)
		}
	})
	return out
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
		fields := r.markFields(&m)
		if weighed {
			fields["strength"] = func(v *yaml.Node, at string) { m.Strength = r.strength(v, at) }
		}
		r.mapping(v, at, fields)
		r.checkMark(v, at, &m)
		out = append(out, m)
	})
	return out
}

// markFields are the keys that say which signals are meant.
func (r *reader) markFields(m *Mark) map[string]field {
	return map[string]field{
		"signal":   func(v *yaml.Node, at string) { m.Signal = r.token(v, at, namePattern) },
		"kind":     func(v *yaml.Node, at string) { m.Kind = r.signalKind(v, at) },
		"resource": func(v *yaml.Node, at string) { m.Resource = r.token(v, at, resourcePattern) },
	}
}

func (r *reader) checkMark(n *yaml.Node, path string, m *Mark) {
	if m.Signal == "" && m.Kind == "" && m.Resource == "" {
		r.problem(n, path, "must name a signal, a kind or a resource")
	}
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
			"link":    func(v *yaml.Node, at string) { a.Link = r.link(v, at) },
			"risk":    func(v *yaml.Node, at string) { a.Risk.Format = r.text(v, at) },
			"risk_ko": func(v *yaml.Node, at string) { a.Risk.Korean = r.text(v, at) },
		}, "text")
		out = append(out, a)
	})
	return out
}

// link reads the address of a page; placeholders stand in it as they are.
func (r *reader) link(n *yaml.Node, path string) string {
	s := r.text(n, path)
	if u, err := url.Parse(placeholder.ReplaceAllString(s, "x")); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		r.problem(n, path, "(%q) must be an address that begins with https:// or http://", s)
		return ""
	}
	return s
}
