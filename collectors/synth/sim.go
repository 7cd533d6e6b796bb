package synth

import (
	"math"
	"slices"
)

// nodeObs is what can be seen of a component in one step.
type nodeObs struct {
	rate     float64 // requests a second that arrive; of volumes, IOs
	err      float64 // share that fails
	lat      moments // of a request served; of volumes, of an IO
	rho      float64 // utilization of what it is bound by: processors, of volumes the device
	cpu      float64 // cores in use
	sick     float64 // cores in use by the replicas that are sick, of cpu
	mem      float64 // share of heap in use
	gc       float64 // share of time spent collecting garbage
	busy     float64 // threads at work; of databases, sessions
	waiting  float64 // requests that wait for one; of volumes and queues, the length of the queue; of hosts, runnable tasks
	rejected float64 // share turned away
	locks    float64 // sessions that wait for a lock
	io       float64 // sessions that wait for the volume
	hit      float64 // of caches
	stall    float64 // of hosts: share of time in which somebody waits for a processor
}

// edgeObs is what the caller sees of its calls in one step.
type edgeObs struct {
	rate float64 // attempts a second
	err  float64 // share of attempts that fail
	lat  moments // of an attempt
	busy float64 // connections in use
	wait float64 // seconds waited for a connection, a call
	lost float64 // share of packets lost
}

// frame is one step of everything.
type frame struct {
	nodes []nodeObs
	edges []edgeObs
}

// maxWaits: who would wait longer is turned away.
const (
	maxWaitCPU     = 5.0
	maxWaitThreads = 3.0
	maxWaitPool    = 3.0
	maxWaitLock    = 10.0
	maxWaitDisk    = 2.0
)

// state is what carries over from one step to the next.
type state struct {
	cpu, sick, threads, lock, disk []station // by node
	pool                           []station // by edge
	turned                         []float64 // by node: share of requests turned away, smoothed
	throttled                      []float64 // by edge: share that found no connection, smoothed
	attempts                       []float64 // by edge: attempts a call
	backlog                        []float64 // by node: messages in queues
	last                           frame
}

func newState(g *graph) *state {
	n, e := len(g.nodes), len(g.edges)
	s := &state{
		cpu: make([]station, n), sick: make([]station, n), threads: make([]station, n), lock: make([]station, n),
		disk: make([]station, n), pool: make([]station, e), turned: make([]float64, n), throttled: make([]float64, e),
		attempts: make([]float64, e), backlog: make([]float64, n),
		last: frame{make([]nodeObs, n), make([]edgeObs, e)},
	}
	for k := range s.attempts {
		s.attempts[k] = 1
	}
	return s
}

func (s *state) clone() *state {
	c := *s
	for _, p := range []*[]station{&c.cpu, &c.sick, &c.threads, &c.lock, &c.disk, &c.pool} {
		*p = slices.Clone(*p)
	}
	for _, p := range []*[]float64{&c.turned, &c.throttled, &c.attempts, &c.backlog} {
		*p = slices.Clone(*p)
	}
	return &c
}

// sim runs a graph through time.
type sim struct {
	*graph
	dt      float64     // seconds a step
	load    [][]float64 // by step, by entry
	process [][]float64 // by step, by node: by how much service takes longer or shorter just now
	faults  []*fault
	mods    *mods
	state   *state
	stretch []float64 // by host: how much longer a resident's service takes
	demand  []float64 // scratch, by host and volume
}

// smooth is how fast what was turned away in one step is believed in the next; at 1 stations that throttle each other
// would swing.
const smooth = 0.25

// run computes the steps from..to into frames.
func (s *sim) run(frames []frame, from, to int) {
	for t := from; t < to; t++ {
		s.mods.reset()
		for _, f := range s.faults {
			f.apply(s, t)
		}
		out := frames[t]
		s.down(out, t)
		s.hosts(out)
		s.disks(out, t)
		s.up(out, t)
		s.state.last = out
	}
}

// down sends load from the entries to everything below.
func (s *sim) down(out frame, t int) {
	st := s.state
	for i := range out.nodes {
		out.nodes[i] = nodeObs{}
	}
	for k := range s.edges {
		out.edges[k] = edgeObs{}
		if e := &s.edges[k]; e.back {
			out.edges[k].rate = st.last.nodes[e.from].rate * e.weight
			out.nodes[e.to].rate += out.edges[k].rate
		}
	}
	for k, i := range s.entries {
		out.nodes[i].rate += s.load[t][k] * s.mods.node[i].load
	}
	for _, i := range s.order {
		n := &s.nodes[i]
		if n.role == roleWorker {
			out.nodes[i].rate = s.consume(out, i)
		}
		passed := out.nodes[i].rate * (1 - st.turned[i])
		for _, k := range n.calls {
			e := &s.edges[k]
			switch {
			case e.back:
			case e.to == n.queue:
				out.edges[k].rate = out.nodes[i].rate
			default:
				lost := 0.0
				if e.cache >= 0 {
					lost = s.mods.node[e.cache].flushed
				}
				rate := passed * e.weight * s.missed(e, lost) * st.attempts[k]
				out.edges[k].rate = rate
				out.nodes[e.to].rate += rate * (1 - st.throttled[k])
			}
		}
	}
}

// consume takes messages from a worker's queue: all that came, and of what waits as much as the worker has room for.
func (s *sim) consume(out frame, i int) float64 {
	n := &s.nodes[i]
	q := n.queue
	room := 0.9 * n.cores / n.cpu / max(1, s.stretchOf(i))
	if l := s.state.last.nodes[i].lat.mean; l > 0 && !math.IsInf(n.workers, 1) {
		room = min(room, n.workers/l)
	}
	came := out.nodes[q].rate
	taken := min(came+s.state.backlog[q]/s.dt, room)
	s.state.backlog[q] = max(0, s.state.backlog[q]+(came-taken)*s.dt)
	return taken
}

// hosts shares each host's processors among its residents.
func (s *sim) hosts(out frame) {
	for i := range s.nodes {
		s.demand[i] = 0
	}
	for _, i := range s.order {
		if h := s.nodes[i].host; h >= 0 {
			s.demand[h] += s.cpuDemand(i, out.nodes[i].rate)
		}
	}
	for h := range s.nodes {
		n := &s.nodes[h]
		if n.role != roleHost {
			continue
		}
		want := s.demand[h] + n.other + s.mods.node[h].burn
		rho := want / n.cores
		s.stretch[h] = (1 + waiting(min(rho, 0.95), n.cores)) * max(1, rho/0.95)
		out.nodes[h].rho = min(rho, 1)
		out.nodes[h].cpu = min(want, n.cores)
		out.nodes[h].waiting = min(rho, 1)*n.cores*(1+waiting(min(rho, 0.95), n.cores)) + max(0, want-n.cores)
		out.nodes[h].stall = 1 - 1/s.stretch[h]
	}
}

// cpuDemand is how many cores a component takes for a load, within its limit.
func (s *sim) cpuDemand(i int, rate float64) float64 {
	n, m := &s.nodes[i], &s.mods.node[i]
	perRequest := n.cpu * (m.cpu*(1-m.sickShare) + m.sickCPU*m.sickShare)
	return min(n.cores, rate*(1-s.state.turned[i])*perRequest/(1-min(0.9, s.gc(i)))+m.burn)
}

// gc is the share of time that collecting garbage takes.
func (s *sim) gc(i int) float64 {
	n := &s.nodes[i]
	if n.heap == 0 {
		return 0
	}
	live := min(0.995, n.live+s.mods.node[i].leak)
	return min(0.9, n.gcCost*live/(1-live))
}

// disks computes the volumes' queues.
func (s *sim) disks(out frame, t int) {
	for i := range s.nodes {
		if d := s.nodes[i].disk; d >= 0 {
			s.demand[d] = 0
		}
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.disk >= 0 {
			s.demand[n.disk] += out.nodes[i].rate * n.ios * s.process[t][n.disk]
		}
	}
	for d := range s.nodes {
		n := &s.nodes[d]
		if n.role != roleDisk {
			continue
		}
		m := &s.mods.node[d]
		service := 1 / (n.iops * m.capacity)
		want := s.demand[d] + m.burn
		wait, rejected, rho := s.state.disk[d].offer(want, service, 1, maxWaitDisk, s.dt)
		o := &out.nodes[d]
		o.rate = want * (1 - rejected)
		o.lat = moments{wait + service, wait*wait + service*service*0.25}
		o.waiting = o.rate * o.lat.mean // Little's law
		o.rho = rho
	}
}

func (s *sim) stretchOf(i int) float64 {
	if h := s.nodes[i].host; h >= 0 && s.stretch[h] > 0 {
		return s.stretch[h]
	}
	return 1
}

// up computes latencies and errors, callees first.
func (s *sim) up(out frame, t int) {
	for k := len(s.order) - 1; k >= 0; k-- {
		s.serve(out, s.order[k], s.process[t][s.order[k]])
	}
}
