package synth

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// Each plan turns a level (0, 1, 2, ...) into alterations of the model.

func (p *planner) cause(f *fault, node int, signal model.SignalKind, name string) {
	f.causes = append(f.causes, model.TrueCause{Component: p.nodes[node].name, Signal: string(signal), Fault: name})
}

// minutes are steps of some time.
func (p *planner) minutes(m float64) float64 { return max(1, m*60/p.dt) }

func planCPU(p *planner, f *fault) {
	n := &p.nodes[f.node]
	p.cause(f, f.node, model.KindUtilization, "cpu-saturation")
	f.ramp = p.minutes(between(p.rng, 0, 1))
	burn := p.burn(n, f.level)
	f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].burn += x * burn }
}

// burn is how many cores must go for a component to be short of them.
func (p *planner) burn(n *node, level float64) float64 {
	if n.role == roleHost {
		return n.cores * (0.8 + 0.5*level)
	}
	return n.cores - n.rate*n.cpu/(0.9+0.08*level)
}

func planDisk(p *planner, f *fault) {
	n := &p.nodes[f.node]
	p.cause(f, f.node, model.KindSaturation, "disk-io-saturation")
	f.ramp = p.minutes(between(p.rng, 0, 1))
	want, used := 0.85+0.06*f.level, p.ioUse(f.node)
	if p.variant%2 == 0 {
		left := min(1, used/(want*n.iops))
		f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].capacity = 1 - x*(1-left) }
		return
	}
	more := max(0, want*n.iops-used)
	f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].burn += x * more }
}

// ioUse is the usual IOs a second of a volume.
func (p *planner) ioUse(disk int) float64 {
	used := 0.0
	for i := range p.nodes {
		if p.nodes[i].disk == disk {
			used += p.nodes[i].rate * p.nodes[i].ios
		}
	}
	return used
}

func planHang(p *planner, f *fault) {
	p.cause(f, f.node, model.KindLatency, "dependency-hang")
	share := min(1, 0.1+0.15*f.level)
	f.effect = func(s *sim, _, _ float64) { s.mods.node[f.node].hang = share }
}

func planSlowExternal(p *planner, f *fault) {
	p.cause(f, f.node, model.KindLatency, "dependency-slow")
	f.ramp = p.minutes(between(p.rng, 0, 3))
	times := 3 * math.Pow(1.6, f.level)
	f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].slow *= 1 + x*times }
}

// planPool leaks connections until fewer are left than are usually in use.
func planPool(p *planner, f *fault) {
	e := &p.edges[f.edge]
	f.node = e.from
	p.cause(f, e.from, model.KindSaturation, "connection-pool-exhaustion")
	f.ramp = p.minutes(between(p.rng, 2, 6))
	leaked := e.pool - e.use*max(0.5, 1.1-0.1*f.level)
	f.effect = func(s *sim, x, _ float64) { s.mods.edge[f.edge].leaked += x * leaked }
}

func planLock(p *planner, f *fault) {
	n := &p.nodes[f.node]
	p.cause(f, f.node, model.KindSaturation, "lock-contention")
	want := 0.85 + 0.08*f.level
	times := want / (n.rate * n.lockShare * n.lockHold)
	f.ramp = p.minutes(between(p.rng, 0, 1))
	f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].lock *= 1 + x*(times-1) }
}

func planLeak(p *planner, f *fault) {
	n := &p.nodes[f.node]
	p.cause(f, f.node, model.KindUsage, "memory-leak")
	f.ramp = float64(p.steps-f.onset) * between(p.rng, 0.3, 0.6)
	more := min(0.99, 0.95+0.01*f.level) - n.live
	f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].leak += x * more }
}

// A call has two ends, and which one the network's trouble is put down to is a matter of words: either is right.
func planLoss(p *planner, f *fault) {
	e := &p.edges[f.edge]
	p.cause(f, e.to, model.KindErrors, "network-loss")
	p.cause(f, e.from, model.KindErrors, "network-loss")
	loss := min(0.4, 0.02*math.Pow(1.6, f.level))
	f.effect = func(s *sim, _, _ float64) {
		m := &s.mods.edge[f.edge]
		m.loss = 1 - (1-m.loss)*(1-loss)
	}
}

func planDelay(p *planner, f *fault) {
	e := &p.edges[f.edge]
	p.cause(f, e.to, model.KindLatency, "network-delay")
	p.cause(f, e.from, model.KindLatency, "network-delay")
	delay := 0.02 * math.Pow(1.8, f.level)
	f.effect = func(s *sim, _, _ float64) { s.mods.edge[f.edge].delay += delay }
}

func planSurge(p *planner, f *fault) {
	p.cause(f, f.node, model.KindTraffic, "traffic-surge")
	f.ramp = p.minutes(between(p.rng, 0.5, 4))
	more := 1 + 0.4*f.level
	f.effect = func(s *sim, x, _ float64) { s.mods.node[f.node].load *= 1 + x*more }
}

func planDeploy(p *planner, f *fault) {
	n := &p.nodes[f.node]
	p.cause(f, f.node, model.KindLatency, "deploy-regression")
	sick := 1
	if n.replicas > 1 {
		sick += p.variant / 2 % (n.replicas - 1)
	}
	f.sick = sick
	share := float64(sick) / float64(n.replicas)
	f.change = &model.Change{Kind: model.ChangeDeploy, Title: "new version", From: "v1.8.2", To: "v1.9.0"}
	for r := range sick {
		f.change.Instances = append(f.change.Instances, p.instance(f.node, r))
	}
	if p.variant%2 == 0 {
		f.sickFail = min(1, 0.1+0.15*f.level)
		f.causes[0].Signal = string(model.KindErrors)
		f.effect = func(s *sim, _, _ float64) {
			m := &s.mods.node[f.node]
			m.sickShare, m.sickFail = share, f.sickFail
		}
		return
	}
	times := 2.5 * math.Pow(1.4, f.level)
	f.effect = func(s *sim, _, _ float64) {
		m := &s.mods.node[f.node]
		m.sickShare, m.sickCPU = share, times
	}
}

func planConfig(p *planner, f *fault) {
	f.change = &model.Change{Kind: model.ChangeConfig, Title: "settings changed"}
	if f.edge >= 0 { // the pool was made too small
		e := &p.edges[f.edge]
		f.node = e.from
		p.cause(f, e.from, model.KindSaturation, "config-regression")
		f.left = e.use / e.pool * max(0.5, 1.1-0.1*f.level)
		f.effect = func(s *sim, _, _ float64) { s.mods.edge[f.edge].pool *= f.left }
		return
	}
	p.cause(f, f.node, model.KindLatency, "config-regression")
	times := 2 * math.Pow(1.35, f.level) // far more is logged
	f.effect = func(s *sim, _, _ float64) { s.mods.node[f.node].cpu *= times }
}

func planFlush(p *planner, f *fault) {
	p.cause(f, f.node, model.KindSaturation, "cache-miss-storm")
	f.change = &model.Change{Kind: model.ChangeCache, Title: "keys flushed"}
	share, tau := min(1, 0.3+0.15*f.level), between(p.rng, 180, 420)*(1+0.1*f.level)
	f.effect = func(s *sim, _, age float64) {
		m := &s.mods.node[f.node]
		m.flushed = max(m.flushed, share*math.Exp(-age/tau))
	}
}

func planBatch(p *planner, f *fault) {
	n := &p.nodes[f.node]
	f.period = int(float64(f.onset) * between(p.rng, 0.55, 0.8))
	f.length = int(p.minutes(between(p.rng, 4, 6)))
	if n.role == roleHost {
		p.cause(f, f.node, model.KindUtilization, "cpu-saturation")
		burn := p.burn(n, f.level)
		f.effect = func(s *sim, _, _ float64) { s.mods.node[f.node].burn += burn }
		return
	}
	p.cause(f, f.node, model.KindSaturation, "disk-io-saturation")
	more := max(0, (0.85+0.06*f.level)*n.iops-p.ioUse(f.node))
	f.effect = func(s *sim, _, _ float64) { s.mods.node[f.node].burn += more }
}

func planSilent(p *planner, f *fault) {
	p.cause(f, f.node, model.KindUtilization, "cpu-saturation")
	burn := p.burn(&p.nodes[f.node], f.level)
	f.effect = func(s *sim, _, _ float64) {
		m := &s.mods.node[f.node]
		m.burn += burn
		m.silent = true
	}
}
