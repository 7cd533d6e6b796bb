package synth

import (
	"math/rand/v2"

	"github.com/diagnops/diagnops/engine/model"
)

// fault is one thing that goes wrong. Steps count from the beginning of the window.
type fault struct {
	kind   Kind
	node   int // the component; of a call, the callee
	edge   int // of faults on a call or its pool; -1 = none
	level  float64
	causes []model.TrueCause // filled in with names by truth
	change *model.Change     // the event that goes with it; nil = none

	left     float64 // of a pool made too small: share of its size
	sick     int     // of a bad deploy: replicas
	sickFail float64 // and the share of requests that fail there; 0 = they are slow

	onset  int
	ramp   float64 // steps until it is there in full
	period int     // steps from one run to the next, of which there were some before onset; 0 = once
	length int     // steps of one run
	// effect alters the model; x is how much of the fault is there, 0 to 1, and age the seconds since it began.
	effect func(s *sim, x, age float64)
}

// apply puts the fault's alterations of step t.
func (f *fault) apply(s *sim, t int) {
	age := t - f.onset
	if f.period > 0 {
		if age < 0 {
			age = (age%f.period + f.period) % f.period
		}
		if age >= f.length {
			return
		}
	}
	if age < 0 {
		return
	}
	f.effect(s, clamp(float64(age+1)/max(f.ramp, 1), 0, 1), float64(age)*s.dt)
}

// recipe is how a kind of fault is drawn.
type recipe struct {
	kind Kind
	// targets lists where it can happen: nodes, or edges.
	targets func(g *graph) []target
	// plan fills in the rest for a target and a level; a higher level is a worse fault, 0 one that may hardly show.
	plan func(p *planner, f *fault)
}

// target is a component, or a call (its callee, and the edge).
type target struct{ node, edge int }

// planner is what a recipe may use.
type planner struct {
	*graph
	rng     *rand.Rand
	steps   int // of the whole window
	dt      float64
	variant int // drawn once a target, so that a higher level is the same fault, worse
}

// recipes is the table of all faults; a new one is a line here.
var recipes = []recipe{
	{KindCPU, or(roles(roleApp, roleDB, roleCache), roles(roleHost)), planCPU},
	{KindDisk, roles(roleDisk), planDisk},
	{KindHang, roles(roleExternal), planHang},
	{KindSlowExternal, roles(roleExternal), planSlowExternal},
	{KindPool, calls(roleDB), planPool},
	{KindLock, roles(roleDB), planLock},
	{KindLeak, roles(roleApp), planLeak},
	{KindLoss, calls(roleApp, roleDB), planLoss},
	{KindDelay, calls(roleApp, roleDB, roleExternal), planDelay},
	{KindSurge, roles(roleEntry), planSurge},
	{KindDeploy, roles(roleApp), planDeploy},
	{KindConfig, or(roles(roleApp), calls(roleDB)), planConfig},
	{KindFlush, readThroughCaches, planFlush},
	{KindBatch, or(roles(roleHost), roles(roleDisk)), planBatch},
	{KindSilent, roles(roleApp, roleDB), planSilent},
}

func recipeOf(k Kind) recipe {
	for _, r := range recipes {
		if r.kind == k {
			return r
		}
	}
	panic("BUG: a kind of fault without a recipe: " + string(k))
}

func roles(rs ...role) func(*graph) []target {
	return func(g *graph) (out []target) {
		for i := range g.nodes {
			for _, r := range rs {
				if g.nodes[i].role == r {
					out = append(out, target{i, -1})
				}
			}
		}
		return out
	}
}

// calls lists the calls of applications to components of the roles; pools are of those to databases.
func calls(rs ...role) func(*graph) []target {
	return func(g *graph) (out []target) {
		for k := range g.edges {
			e := &g.edges[k]
			for _, r := range rs {
				if g.nodes[e.from].role == roleApp && g.nodes[e.to].role == r && !e.back {
					out = append(out, target{e.to, k})
				}
			}
		}
		return out
	}
}

func readThroughCaches(g *graph) (out []target) {
	seen := map[int]bool{}
	for k := range g.edges {
		if c := g.edges[k].cache; c >= 0 && !seen[c] && g.nodes[g.edges[k].from].role == roleApp {
			seen[c] = true
			out = append(out, target{c, -1})
		}
	}
	return out
}

func or(lists ...func(*graph) []target) func(*graph) []target {
	return func(g *graph) (out []target) {
		for _, l := range lists {
			out = append(out, l(g)...)
		}
		return out
	}
}

// visits is how many times a request that comes in at each entry reaches each component, cycles apart; of hosts and
// volumes, how many times it reaches something that needs them.
func (g *graph) visits() [][]float64 {
	out := make([][]float64, len(g.entries))
	for p, entry := range g.entries {
		v := make([]float64, len(g.nodes))
		v[entry] = 1
		for _, i := range g.order {
			for _, k := range g.nodes[i].calls {
				if e := &g.edges[k]; !e.back && !e.async {
					v[e.to] += v[i] * e.weight * g.missed(e, 0)
				}
			}
		}
		for _, i := range g.order {
			for _, under := range []int{g.nodes[i].host, g.nodes[i].disk} {
				if under >= 0 {
					v[under] += v[i]
				}
			}
		}
		out[p] = v
	}
	return out
}
