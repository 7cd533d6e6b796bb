package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Recover orders everything, or what the targets need with them, into waves: a component starts when all that it needs
// has, but for dependencies that were given up to break cycles. Who is needed by most comes first within a wave.
func Recover(g *topo.Graph, targets ...string) model.Recovery {
	o := acyclic(g)
	wanted := wantedFor(g, targets)
	r := model.Recovery{Waves: []model.Wave{}, Broken: []model.Broken{}}
	without := map[string][]string{}
	for _, b := range o.given {
		if wanted[b.From] && wanted[b.To] {
			r.Broken = append(r.Broken, model.Broken{
				From: b.From, To: b.To, Kind: b.Kind, Cycle: append([]string{b.From}, b.back[:len(b.back)-1]...), Reason: whyGiven(b.Dependency),
			})
			without[b.From] = append(without[b.From], b.To)
		}
	}
	slices.SortFunc(r.Broken, func(a, b model.Broken) int {
		return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	dependents := o.dependents()
	for _, level := range o.levels() {
		var w model.Wave
		for _, i := range level {
			name := o.names[i]
			if !wanted[name] {
				continue
			}
			s := model.Step{Component: name, Kind: g.Kind(name), Needs: []string{}, Dependents: dependents[i], Checks: checks(g.Component(name))}
			for _, needed := range o.below[i] {
				s.Needs = append(s.Needs, o.names[needed])
			}
			s.Needs, s.Without = sorted(s.Needs), sorted(without[name])
			w.Steps = append(w.Steps, s)
		}
		slices.SortStableFunc(w.Steps, func(a, b model.Step) int { return cmp.Compare(b.Dependents, a.Dependents) })
		if len(w.Steps) > 0 {
			r.Waves = append(r.Waves, w)
		}
	}
	return r
}

// wantedFor is all that the targets need, with them; without targets it is everything.
func wantedFor(g *topo.Graph, targets []string) map[string]bool {
	wanted := make(map[string]bool, len(g.Names()))
	queue := slices.Clone(targets)
	if len(targets) == 0 {
		queue = slices.Clone(g.Names())
	}
	for ; len(queue) > 0; queue = queue[1:] {
		if wanted[queue[0]] {
			continue
		}
		wanted[queue[0]] = true
		for _, d := range g.Below(queue[0]) {
			if orders(d.Kind) {
				queue = append(queue, d.To)
			}
		}
	}
	return wanted
}

func sorted(names []string) []string {
	if names == nil {
		return nil
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func whyGiven(d model.Dependency) model.Message {
	var m model.Message
	switch d.Kind {
	case model.Async:
		m = model.Say("%s only sends to %s and need not wait for an answer: what it sends is late until %s is up", d.From, d.To, d.To)
	case model.Replicates:
		m = model.Say("%s copies %s and can catch up later: until then it has no current data", d.From, d.To)
	case model.Calls:
		m = model.Say("%s starts without %s and answers errors to what needs it, until it is up", d.From, d.To)
	default:
		return model.Say("nothing in this cycle can start without the rest: %s (%s %s) is as good a place to begin as any, by hand", d.From, d.Kind, d.To)
	}
	if d.Confidence < 1 {
		return model.Say("%s; and it is not sure that it needs it (%d %%, from %s)", m, int(100*d.Confidence), d.Source)
	}
	return m
}
