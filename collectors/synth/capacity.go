package synth

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// place puts components on hosts and databases on volumes; some share.
func (b *builder) place() {
	for _, i := range b.order {
		n := &b.nodes[i]
		if n.role == roleExternal || b.rng.IntN(10) == 0 {
			continue
		}
		n.host = b.near(roleHost, i)
		if n.host >= 0 {
			n.domain = b.nodes[n.host].domain
		}
	}
	for _, i := range b.byRole[roleDB] {
		b.nodes[i].disk = b.near(roleDisk, i)
	}
	b.useDisks()
}

// useDisks gives every volume a database: one that nothing is stored on would be no part of the system. There are more
// databases than volumes.
func (b *builder) useDisks() {
	stored := map[int]int{}
	for _, i := range b.byRole[roleDB] {
		stored[b.nodes[i].disk]++
	}
	for _, d := range b.byRole[roleDisk] {
		for _, i := range b.byRole[roleDB] {
			if stored[d] == 0 && stored[b.nodes[i].disk] > 1 {
				stored[b.nodes[i].disk]--
				b.nodes[i].disk = d
				stored[d]++
			}
		}
	}
}

// loads draws the usual load and sizes everything so that usual utilizations are those of a system that is well.
func (b *builder) loads() {
	b.base = make([]float64, len(b.entries))
	for k := range b.base {
		b.base[k] = between(b.rng, 60, 300)
	}
	for i := range b.nodes {
		b.demand(&b.nodes[i])
	}
	b.usual()
	for _, i := range b.order {
		b.size(&b.nodes[i])
	}
	for _, i := range b.byRole[roleHost] {
		b.sizeHost(i)
	}
	for _, i := range b.byRole[roleDisk] {
		b.sizeDisk(i)
	}
}

// demand draws what one request takes.
func (b *builder) demand(n *node) {
	r := b.rng
	n.ownErr = between(r, 0.00003, 0.0002)
	switch n.role {
	case roleEntry:
		n.cpu, n.extra = between(r, 0.0001, 0.0003), 0.0005
	case roleApp, roleWorker:
		n.cpu, n.extra = between(r, 0.002, 0.012), between(r, 0.001, 0.008)
		n.replicas = 1 + r.IntN(4)
		n.heap = math.Round(between(r, 5, 40)) * 1e8 * float64(n.replicas)
		n.live = between(r, 0.35, 0.55)
		n.gcCost = between(r, 0.005, 0.015) * (1 - n.live) / n.live
	case roleCache:
		n.cpu, n.extra = between(r, 0.00005, 0.0002), 0.0001
		n.hit = between(r, 0.92, 0.985)
	case roleDB:
		n.cpu, n.extra = between(r, 0.001, 0.004), 0.0003
		n.ios = between(r, 0.3, 1.5)
		n.lockShare = between(r, 0.1, 0.4)
	case roleQueue:
		n.cpu, n.extra = 0.0001, between(r, 0.001, 0.003)
	case roleExternal:
		n.extra = between(r, 0.03, 0.15)
	}
}

// usual computes the mean load of everything, cycles included.
func (b *builder) usual() {
	for range 3 { // the loads that cycles add fall by their weight each round
		rate := make([]float64, len(b.nodes))
		for k, i := range b.entries {
			rate[i] = b.base[k]
		}
		for k := range b.edges {
			if e := &b.edges[k]; e.back {
				rate[e.to] += b.nodes[e.from].rate * e.weight
			}
		}
		for _, i := range b.order {
			n := &b.nodes[i]
			if n.role == roleWorker {
				rate[i] = rate[n.queue]
			}
			n.rate = rate[i]
			for _, k := range n.calls {
				if e := &b.edges[k]; !e.back && e.to != n.queue {
					rate[e.to] += n.rate * e.weight * b.missed(e, 0)
				}
			}
		}
	}
}

// missed is the share of an edge's calls that are made at all when its cache has lost part of its hits.
func (g *graph) missed(e *edge, lost float64) float64 {
	if e.cache < 0 {
		return 1
	}
	hit := g.nodes[e.cache].hit * (1 - lost)
	return 1 - e.cached*hit
}

func (b *builder) size(n *node) {
	n.cores = max(0.05, n.rate*n.cpu/between(b.rng, 0.12, 0.4))
	if n.role == roleCache {
		n.cores = 1 // one thread serves all commands
		n.cpu = min(n.cpu, between(b.rng, 0.1, 0.3)/max(n.rate, 1))
	}
	if n.role == roleDB && n.rate > 0 {
		n.lockHold = between(b.rng, 0.01, 0.06) / (n.rate * n.lockShare)
	}
}

// sizeHost gives a host processors for its residents, which use their limits only in part.
func (b *builder) sizeHost(h int) {
	used := 0.0
	for i := range b.nodes {
		if n := &b.nodes[i]; n.host == h {
			used += n.rate * n.cpu
		}
	}
	host := &b.nodes[h]
	host.other = between(b.rng, 0.05, 0.3)
	host.cores = max(2, math.Ceil((used+host.other)/between(b.rng, 0.2, 0.4)))
}

func (b *builder) sizeDisk(d int) {
	used := 0.0
	for i := range b.nodes {
		if n := &b.nodes[i]; n.disk == d {
			used += n.rate * n.ios
		}
	}
	b.nodes[d].iops = max(100, used/between(b.rng, 0.1, 0.35))
}

// topology returns the graph as the engine gets it.
func (g *graph) topology(o Options) *model.Topology {
	t := &model.Topology{}
	for i := range g.nodes {
		n := &g.nodes[i]
		c := model.Component{Name: n.name, Kind: n.kind, Domain: n.domain}
		if n.replicas > 1 {
			c.Replicas = n.replicas
		}
		if o.Detail == DetailFull {
			c.Selector = g.selector(i)
		}
		t.Components = append(t.Components, c)
	}
	add := func(from, to int, kind model.DependencyKind) {
		t.Dependencies = append(t.Dependencies, model.Dependency{
			From: g.nodes[from].name, To: g.nodes[to].name, Kind: kind, Source: "topology", Confidence: 1,
		})
	}
	for k := range g.edges {
		e := &g.edges[k]
		kind := model.Calls
		if e.async {
			kind = model.Async
		}
		add(e.from, e.to, kind)
	}
	for i := range g.nodes {
		if h := g.nodes[i].host; h >= 0 {
			add(i, h, model.RunsOn)
		}
		if d := g.nodes[i].disk; d >= 0 {
			add(i, d, model.StoredOn)
		}
	}
	if o.Detail == DetailLean {
		t.Signals = leanSignals(o)
	}
	return t
}
