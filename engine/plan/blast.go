package plan

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Traffic is what reaches each component at its peak, in requests a second; absent = not known.
type Traffic map[string]float64

// Hit finds who is hit when the components named fail together.
func Hit(g *topo.Graph, failed []string, traffic Traffic) model.Blast {
	return follow(g, failed).blast(failed, traffic)
}

// spread is how far a failure has got. What is lost stays lost; what is degraded may still get lost.
type spread struct {
	graph          *topo.Graph
	lost, degraded map[string]hit
	queue          []string
}

// hit is why a component is: a dependency on what failed, or no dependency when it failed itself.
type hit struct {
	model.Dependency
	instead []string // who stands in for what failed
}

func follow(g *topo.Graph, failed []string) *spread {
	s := &spread{graph: g, lost: map[string]hit{}, degraded: map[string]hit{}}
	for _, name := range failed {
		if _, twice := s.lost[name]; !twice && g.Component(name) != nil {
			s.lost[name] = hit{}
			s.queue = append(s.queue, name)
		}
	}
	for ; len(s.queue) > 0; s.queue = s.queue[1:] {
		for _, d := range g.Above(s.queue[0]) {
			s.reach(d)
		}
	}
	return s
}

// reach takes the failure, or the degradation, of what is needed to who needs it.
func (s *spread) reach(d model.Dependency) {
	if s.isLost(d.From) || !orders(d.Kind) { // who watches or switches over does not suffer
		return
	}
	_, degraded := s.degraded[d.From]
	hard := s.isLost(d.To) && d.Kind != model.Async && d.Kind != model.Replicates
	var instead []string
	if hard {
		instead = s.substitutes(d)
	}
	switch {
	case hard && len(instead) == 0:
		s.lost[d.From] = hit{Dependency: d}
		delete(s.degraded, d.From)
	case degraded:
		return
	default:
		s.degraded[d.From] = hit{Dependency: d, instead: instead}
	}
	s.queue = append(s.queue, d.From)
}

func (s *spread) isLost(name string) bool {
	_, lost := s.lost[name]
	return lost
}

// affected says how the failure reached a component.
func (s *spread) affected(name string, h hit) model.Affected {
	a := model.Affected{Component: name, Via: []string{name}}
	if h.To == "" {
		return a
	}
	switch {
	case !s.isLost(h.To):
		a.Reason = model.Say("%s works with less or later", h.To)
	case h.Kind == model.Async:
		a.Reason = model.Say("what it sends to %s waits or gets lost", h.To)
	case h.Kind == model.Replicates:
		a.Reason = model.Say("it gets no new data from %s", h.To)
	case len(h.instead) > 0:
		a.Reason = model.Say("%s stands in for %s", strings.Join(h.instead, ", "), h.To)
	default:
		a.Reason = model.Say("%s %s %s, and nothing stands in for it", name, h.Kind, h.To)
	}
	for seen := map[string]bool{name: true}; h.To != "" && !seen[h.To]; {
		seen[h.To] = true
		a.Via = append(a.Via, h.To)
		next, lost := s.lost[h.To]
		if !lost {
			next = s.degraded[h.To]
		}
		h = next
	}
	return a
}

// substitutes are those that still stand in for what is lost: its standby, where somebody is left to switch over; for
// what passes requests on, other callees of its kind; for what runs on several machines, the other ones.
func (s *spread) substitutes(d model.Dependency) []string {
	out := s.standbys(d.To)
	for _, other := range s.graph.Below(d.From) {
		alike := s.graph.Kind(other.To) == s.graph.Kind(d.To)
		instead := other.Kind == d.Kind && alike && (d.Kind == model.RunsOn || model.PassThrough(s.graph.Kind(d.From)))
		if instead && !s.isLost(other.To) {
			out = append(out, other.To)
		}
	}
	return sorted(out)
}

// standbys are those that may be switched over to, and are there.
func (s *spread) standbys(name string) []string {
	if switchers := controllers(s.graph, name); len(switchers) > 0 && !slices.ContainsFunc(switchers, func(c string) bool { return !s.isLost(c) }) {
		return nil
	}
	var out []string
	for _, d := range s.graph.Below(name) {
		if standsIn(s.graph, d) && !s.isLost(d.To) {
			out = append(out, d.To)
		}
	}
	return out
}

// standsIn tells whether the needed side of a dependency takes over from the dependent.
func standsIn(g *topo.Graph, d model.Dependency) bool {
	return d.Kind == model.FailsOver && g.Kind(d.From) == g.Kind(d.To)
}

// controllers are those that switch a component over.
func controllers(g *topo.Graph, name string) []string {
	return above(g, name, func(d model.Dependency) bool { return d.Kind == model.FailsOver && !standsIn(g, d) })
}

func watchers(g *topo.Graph, name string) []string {
	return above(g, name, func(d model.Dependency) bool { return d.Kind == model.Monitors })
}

func above(g *topo.Graph, name string, match func(model.Dependency) bool) []string {
	var out []string
	for _, d := range g.Above(name) {
		if match(d) {
			out = append(out, d.From)
		}
	}
	return out
}

func (s *spread) blast(failed []string, traffic Traffic) model.Blast {
	b := model.Blast{Failed: sorted(slices.Clone(failed)), Lost: []model.Affected{}, Degraded: []model.Affected{}, Functions: []string{}}
	for _, name := range s.graph.Names() {
		if h, ok := s.lost[name]; ok && h.To != "" {
			b.Lost = append(b.Lost, s.affected(name, h))
		}
		if h, ok := s.degraded[name]; ok {
			b.Degraded = append(b.Degraded, s.affected(name, h))
		}
	}
	b.Functions = s.functions()
	b.TrafficShare = s.share(traffic)
	return b
}

// functions are what users lose.
func (s *spread) functions() []string {
	out := []string{}
	for name := range s.lost {
		out = append(out, s.graph.Component(name).Serves...)
	}
	return sorted(out)
}

// share is the lost part of what comes in from outside: at components that nobody else of the graph calls.
func (s *spread) share(traffic Traffic) *float64 {
	lost, all := 0.0, 0.0
	for _, name := range s.graph.Names() {
		v, known := traffic[name]
		if !known || len(s.graph.Dependents(name)) > 0 {
			continue
		}
		all += v
		if s.isLost(name) {
			lost += v
		}
	}
	if all == 0 {
		return nil
	}
	share := lost / all
	return &share
}
