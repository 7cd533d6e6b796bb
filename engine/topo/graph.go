// Package topo is the dependency graph as an immutable snapshot: who needs whom, by which kind of dependency, what lies
// below a symptom and by which path. Cycles are allowed. A Graph is safe for concurrent readers; nothing that
// it tells changes after New.
//
// Direction: an edge leads from the dependent to what it needs (from caller to callee, from database to volume).
// "Below" follows edges, "above" goes against them. Trouble travels up, load travels down.
package topo

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/diagnops/diagnops/engine/model"
)

// Graph is the snapshot. Nodes are named; every dependency's ends exist.
type Graph struct {
	components map[string]*model.Component
	names      []string
	below      map[string][]model.Dependency
	above      map[string][]model.Dependency
	carriers   map[string][]model.Dependency // of below, those that carry trouble
	dependents map[string][]model.Dependency // of above, likewise
	reached    atomic.Pointer[reached]       // what Reach found last: a question asks it of one place many times
}

// reached is what lies below a component.
type reached struct {
	start string
	paths map[string]Path
}

// New builds the graph of a topology and further (found) dependencies. A dependency known from several sources keeps the
// one of the highest confidence, of equals the topology's own; one whose ends are not components is ignored.
func New(t *model.Topology, found ...model.Dependency) *Graph {
	g := &Graph{
		components: make(map[string]*model.Component, len(t.Components)),
		below:      map[string][]model.Dependency{},
		above:      map[string][]model.Dependency{},
	}
	for i := range t.Components {
		c := &t.Components[i]
		g.components[c.Name] = c
		g.names = append(g.names, c.Name)
	}
	slices.Sort(g.names)
	type key struct {
		from, to string
		kind     model.DependencyKind
	}
	best := map[key]model.Dependency{}
	for _, d := range slices.Concat(t.Dependencies, found) {
		if g.components[d.From] == nil || g.components[d.To] == nil || d.From == d.To {
			continue
		}
		k := key{d.From, d.To, d.Kind}
		if old, ok := best[k]; !ok || stronger(d, old) {
			best[k] = d
		}
	}
	for _, d := range best {
		g.below[d.From] = append(g.below[d.From], d)
		g.above[d.To] = append(g.above[d.To], d)
	}
	for _, edges := range []map[string][]model.Dependency{g.below, g.above} {
		for n := range edges {
			slices.SortFunc(edges[n], compareDependencies)
		}
	}
	g.carriers, g.dependents = carrying(g.below), carrying(g.above)
	return g
}

// written is the source of the dependencies that somebody wrote down.
const written = "topology"

// stronger tells whether to keep a rather than b, which say the same from different sources.
func stronger(a, b model.Dependency) bool {
	switch {
	case a.Confidence != b.Confidence:
		return a.Confidence > b.Confidence
	case (a.Source == written) != (b.Source == written):
		return a.Source == written
	}
	return a.Source < b.Source
}

func compareDependencies(a, b model.Dependency) int {
	return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(string(a.Kind), string(b.Kind)))
}

// Names lists every component, sorted.
func (g *Graph) Names() []string { return g.names }

// Component returns the named component, or nil.
func (g *Graph) Component(name string) *model.Component { return g.components[name] }

// Kind returns the component's kind, or "".
func (g *Graph) Kind(name string) string {
	if c := g.components[name]; c != nil {
		return c.Kind
	}
	return ""
}

// Below lists the dependencies of a component on others, sorted.
func (g *Graph) Below(name string) []model.Dependency { return g.below[name] }

// Above lists the dependencies of others on a component, sorted.
func (g *Graph) Above(name string) []model.Dependency { return g.above[name] }

// Carriers lists what the component needs by a dependency that carries trouble (calls, async, runs_on, stored_on), sorted.
// As with Below and Above, the list must not be changed.
func (g *Graph) Carriers(name string) []model.Dependency { return g.carriers[name] }

// Dependents lists who needs the component by a dependency that carries trouble, sorted.
func (g *Graph) Dependents(name string) []model.Dependency { return g.dependents[name] }

func carrying(edges map[string][]model.Dependency) map[string][]model.Dependency {
	out := make(map[string][]model.Dependency, len(edges))
	for name, ds := range edges {
		out[name] = slices.Clip(slices.DeleteFunc(slices.Clone(ds), func(d model.Dependency) bool { return !d.Kind.Carries() }))
	}
	return out
}

// Path is a chain of component names and the dependencies between them (one fewer).
type Path struct {
	Names []string
	Via   []model.Dependency
}

// Reach finds, for everything below start (start included), the shortest path that trouble takes up to it. Of several
// shortest paths it takes the one through the names that sort first, preferring calls over hosting, so the answer does
// not depend on input order. Cycles end where they meet a name again. The map must not be changed.
func (g *Graph) Reach(start string) map[string]Path {
	if r := g.reached.Load(); r != nil && r.start == start {
		return r.paths
	}
	r := &reached{start, g.reach(start)}
	g.reached.Store(r)
	return r.paths
}

func (g *Graph) reach(start string) map[string]Path {
	reach := map[string]Path{}
	if g.components[start] == nil {
		return reach
	}
	reach[start] = Path{Names: []string{start}}
	queue := []string{start}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		p := reach[name]
		next := slices.Clone(g.Carriers(name))
		slices.SortStableFunc(next, func(a, b model.Dependency) int { return cmp.Compare(kindOrder(a.Kind), kindOrder(b.Kind)) })
		for _, d := range next {
			if _, seen := reach[d.To]; seen {
				continue
			}
			reach[d.To] = Path{Names: append(slices.Clone(p.Names), d.To), Via: append(slices.Clone(p.Via), d)}
			queue = append(queue, d.To)
		}
	}
	return reach
}

func kindOrder(k model.DependencyKind) int {
	switch k {
	case model.Calls:
		return 0
	case model.Async:
		return 1
	case model.StoredOn:
		return 2
	default:
		return 3
	}
}

// Upstream lists everything above start (start excluded), sorted: who feels it, and where its load comes from.
func (g *Graph) Upstream(start string) []string {
	seen := map[string]bool{start: true}
	queue := []string{start}
	var out []string
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, d := range g.Dependents(name) {
			if !seen[d.From] {
				seen[d.From] = true
				out = append(out, d.From)
				queue = append(queue, d.From)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Hosts lists what the component runs on or is stored on.
func (g *Graph) Hosts(name string) []string {
	var out []string
	for _, d := range g.below[name] {
		if d.Kind == model.RunsOn || d.Kind == model.StoredOn {
			out = append(out, d.To)
		}
	}
	return out
}
