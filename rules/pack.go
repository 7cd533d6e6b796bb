package rules

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// PackVersion is the version of the pack format.
const PackVersion = "1"

// anyKind in a list of kinds stands for every kind of component.
const anyKind = "*"

// The scopes of a pack.
const (
	scopeComponent = "component" // asked for every component that fits, with its selector
	scopeTopology  = "topology"  // asked once; the answer's labels say whose it is
)

// Pack is the catalogue's signals of one product, exporter or library.
type Pack struct {
	Name     string
	Kinds    []string // component kinds whose series it reads; "*" = any
	NotKinds []string // kinds taken out of "*"
	Requires []string // metric names, any one of which tells that the pack applies
	// Identifies is the kind of component that a target with these metrics is; "" = a library's, which any kind may have. It is
	// no part of the hash: it has no say in a diagnosis.
	Identifies string `json:"-"`
	Scope      string // component or topology
	Priority   int    // of two packs that give a component the same signal, the higher answers
	Signals    []PackSignal
	Changes    []PackChange `json:",omitempty"`
}

// PackSignal is one signal of a pack.
type PackSignal struct {
	model.Signal
	// Edge names the labels that carry caller and callee; From is "" when the caller is the component itself.
	Edge *model.EdgeLabels
	// Optional signals depend on a setting or part that most do not have: absent, they are no gap in the coverage.
	Optional bool
	// Exprs are the candidates in order of preference, with placeholders.
	Exprs []string
}

// Fits tells whether the pack reads series of components of that kind.
func (p *Pack) Fits(kind string) bool {
	return matchesKind(p.Kinds, kind) && !matchesKind(p.NotKinds, kind)
}

func matchesKind(kinds []string, kind string) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { return k == anyKind || strings.EqualFold(k, kind) })
}

var (
	namePattern     = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	kindPattern     = regexp.MustCompile(`^(\*|[A-Za-z][A-Za-z0-9_.-]*)$`)
	metricPattern   = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:.]*$`)
	labelPattern    = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_.]*$`)
	resourcePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// readDocument is what one YAML document holds.
type readDocument struct {
	pack       Pack
	faults     []readFault
	exemptions []Exemption
}

// document reads one YAML document: a pack of signals, faults, exemptions, or several of them; weights are changed.
func (r *reader) document(n *yaml.Node, weights *model.Weights) readDocument {
	d := readDocument{pack: Pack{Scope: scopeComponent}}
	p, weighs := &d.pack, false
	r.mapping(n, "", map[string]field{
		"version": func(v *yaml.Node, at string) {
			if v.Value != PackVersion {
				r.problem(v, at, "(%q) must be %s", v.Value, PackVersion)
			}
		},
		"name":       func(v *yaml.Node, at string) { p.Name = r.token(v, at, namePattern) },
		"kinds":      func(v *yaml.Node, at string) { p.Kinds = r.tokens(v, at, kindPattern) },
		"not_kinds":  func(v *yaml.Node, at string) { p.NotKinds = r.tokens(v, at, kindPattern) },
		"requires":   func(v *yaml.Node, at string) { p.Requires = r.tokens(v, at, metricPattern) },
		"identifies": func(v *yaml.Node, at string) { p.Identifies = r.token(v, at, kindPattern) },
		"scope": func(v *yaml.Node, at string) {
			if p.Scope = r.text(v, at); p.Scope != scopeComponent && p.Scope != scopeTopology {
				r.problem(v, at, "(%q) must be component or topology", p.Scope)
			}
		},
		"priority":   func(v *yaml.Node, at string) { p.Priority = r.integer(v, at) },
		"signals":    func(v *yaml.Node, at string) { p.Signals = r.signals(v, at) },
		"changes":    func(v *yaml.Node, at string) { p.Changes = r.changeRules(v, at) },
		"faults":     func(v *yaml.Node, at string) { d.faults = r.faults(v, at) },
		"weights":    func(v *yaml.Node, at string) { r.weights(v, at, weights); weighs = true },
		"exemptions": func(v *yaml.Node, at string) { d.exemptions = r.exemptions(v, at) },
	}, "version", "name")
	r.checkPack(n, p, len(d.faults)+len(d.exemptions) > 0 || weighs)
	return d
}

// checkPack checks what only the whole document tells.
func (r *reader) checkPack(n *yaml.Node, p *Pack, knows bool) {
	if n.Kind != yaml.MappingNode {
		return
	}
	asks := len(p.Signals)+len(p.Changes) > 0
	if !asks && !knows {
		r.problem(n, "", "must have signals, changes, faults, exemptions or weights")
	}
	if len(p.Requires) == 0 && len(p.Signals) > 0 {
		r.problem(n, "requires", "is required beside signals")
	}
	if len(p.Kinds) == 0 && p.Scope == scopeComponent && asks {
		r.problem(n, "kinds", "is required beside signals and changes")
	}
	if p.Identifies != "" && !p.Fits(p.Identifies) {
		r.problem(n, "identifies", "(%q) must be one of the kinds that the pack reads series of", p.Identifies)
	}
	for i := range p.Signals {
		sig := &p.Signals[i]
		from := sig.Edge != nil && sig.Edge.From != ""
		if p.Scope == scopeTopology && !from {
			r.problem(n, "signals", "(%q) must name edge.from and edge.to in a pack of scope topology", sig.Name)
		}
		if p.Scope == scopeComponent && from {
			r.problem(n, "signals", "(%q) must not name edge.from: the caller is the component", sig.Name)
		}
	}
}

func (r *reader) signals(n *yaml.Node, path string) []PackSignal {
	var out []PackSignal
	seen := map[string]bool{}
	r.list(n, path, func(v *yaml.Node, at string) {
		sig := r.signal(v, at)
		if sig.Name != "" && seen[sig.Name] {
			r.problem(v, join(at, "name"), "(%q) is given twice in the pack", sig.Name)
		}
		seen[sig.Name] = true
		out = append(out, sig)
	})
	return out
}

func (r *reader) signal(n *yaml.Node, path string) PackSignal {
	sig := PackSignal{Signal: model.Signal{Source: "catalogue"}}
	r.mapping(n, path, map[string]field{
		"name":     func(v *yaml.Node, at string) { sig.Name = r.token(v, at, namePattern) },
		"title":    func(v *yaml.Node, at string) { sig.Title = r.text(v, at) },
		"title_ko": func(v *yaml.Node, at string) { sig.TitleKo = r.text(v, at) },
		"kind":     func(v *yaml.Node, at string) { sig.Kind = r.signalKind(v, at) },
		"unit":     func(v *yaml.Node, at string) { sig.Unit = r.text(v, at) },
		"bad":      func(v *yaml.Node, at string) { sig.Bad = r.direction(v, at) },
		"side":     func(v *yaml.Node, at string) { sig.Side = r.side(v, at) },
		"resource": func(v *yaml.Node, at string) { sig.Resource = r.token(v, at, resourcePattern) },
		"optional": func(v *yaml.Node, at string) { sig.Optional = r.flag(v, at) },
		"edge":     func(v *yaml.Node, at string) { sig.Edge = r.edge(v, at) },
		"exprs":    func(v *yaml.Node, at string) { sig.Exprs = r.exprs(v, at) },
	}, "name", "title", "kind", "unit", "bad", "exprs")
	return sig
}

func (r *reader) signalKind(n *yaml.Node, path string) model.SignalKind {
	k, err := model.ParseSignalKind(n.Value)
	if err != nil {
		r.problem(n, path, "(%q) must be one of %s", n.Value, kindNames())
	}
	return k
}

func kindNames() string {
	var names []string
	for _, k := range model.SignalKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (r *reader) direction(n *yaml.Node, path string) model.Direction {
	d, err := model.ParseDirection(n.Value)
	if err != nil || n.Value == "" {
		r.problem(n, path, "(%q) must be one of up, down, both, change", n.Value)
	}
	return d
}

func (r *reader) side(n *yaml.Node, path string) model.Side {
	side := model.Side(n.Value)
	if side != model.SideClient && side != model.SideServer {
		r.problem(n, path, "(%q) must be client or server", n.Value)
	}
	return side
}

func (r *reader) edge(n *yaml.Node, path string) *model.EdgeLabels {
	e := &model.EdgeLabels{}
	r.mapping(n, path, map[string]field{
		"from": func(v *yaml.Node, at string) { e.From = r.token(v, at, labelPattern) },
		"to":   func(v *yaml.Node, at string) { e.To = r.token(v, at, labelPattern) },
	}, "to")
	return e
}

// exprs reads candidates and checks each as PromQL; more are placeholders beside the usual ones.
func (r *reader) exprs(n *yaml.Node, path string, more ...string) []string {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.problem(n, path, "must have at least one expression")
	}
	var out []string
	r.list(n, path, func(v *yaml.Node, at string) {
		expr := r.text(v, at)
		if expr == "" {
			return
		}
		for _, fault := range checkExpr(expr, more...) {
			line, col := r.position(v, fault.offset)
			r.problemAt(line, col, at, "%s", fault.text)
		}
		out = append(out, expr)
	})
	return out
}
