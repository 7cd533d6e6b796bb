package synth

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// application records one replica of an application: its server, runtime, threads, pools and calls. Sick replicas differ
// from the others in errors and processor time; the latency shown is that of the whole component.
func (r *recorder) application(i, replica int) {
	n := &r.graph.nodes[i]
	share := 1 / float64(n.replicas)
	s := r.target(i, model.Label{Name: "service", Value: n.name}, model.Label{Name: "instance", Value: r.graph.instance(i, replica)})
	see := func(value func(o *nodeObs) float64) func(int) float64 {
		return func(t int) float64 { return share * value(&r.frames[t].nodes[i]) }
	}
	failed := r.failed(i, replica)
	s.events("http_requests_total", func(t int) float64 { return share * r.frames[t].nodes[i].rate * (1 - failed(t)) }, "code", "200")
	s.events("http_requests_total", func(t int) float64 { return share * r.frames[t].nodes[i].rate * failed(t) }, "code", "500")
	s.histogram("http_request_duration_seconds", see(func(o *nodeObs) float64 { return o.rate }),
		func(t int) moments { return r.frames[t].nodes[i].lat })

	s.amount("process_cpu_seconds_total", gaugeNoise, r.used(i, replica))
	s.gauge("process_resident_memory_bytes", 0.01, see(func(o *nodeObs) float64 { return n.heap * (0.3 + 0.7*o.mem) }))
	s.gauge("process_start_time_seconds", 0, r.started(s))
	s.gauge("jvm_memory_used_bytes", 0.03, see(func(o *nodeObs) float64 { return n.heap * o.mem }), "area", "heap")
	s.gauge("jvm_memory_max_bytes", 0, see(func(*nodeObs) float64 { return n.heap }), "area", "heap")
	const pause = 0.03
	gc := func(t int) float64 { return r.frames[t].nodes[i].gc }
	s.amount("jvm_gc_pause_seconds_sum", 0.1, gc)
	s.events("jvm_gc_pause_seconds_count", func(t int) float64 { return gc(t) / pause })
	s.counted("worker_pool_busy", share*n.workers, see(func(o *nodeObs) float64 { return o.busy }))
	s.gauge("worker_pool_size", 0, see(func(*nodeObs) float64 { return n.workers }))
	s.count("worker_pool_waiting", see(func(o *nodeObs) float64 { return o.waiting }))
	s.events("worker_pool_rejected_total", see(func(o *nodeObs) float64 { return o.rate * o.rejected }))
	for _, k := range n.calls {
		s.dependency(k, share)
	}
}

// failed is the share of a replica's requests that fail.
func (r *recorder) failed(i, replica int) func(t int) float64 {
	for _, f := range r.faults {
		if f.kind != KindDeploy || f.node != i || f.sickFail == 0 {
			continue
		}
		sick, n := float64(f.sick), float64(r.graph.nodes[i].replicas)
		return func(t int) float64 {
			err := r.frames[t].nodes[i].err
			if t < f.onset {
				return err
			}
			// All of what fails beyond the sick replicas' own failures is spread evenly.
			rest := max(0, 1-(1-err)/(1-f.sickFail*sick/n))
			if replica < f.sick {
				return 1 - (1-rest)*(1-f.sickFail)
			}
			return rest
		}
	}
	return func(t int) float64 { return r.frames[t].nodes[i].err }
}

// used is how many cores a replica uses.
func (r *recorder) used(i, replica int) func(t int) float64 {
	n := float64(r.graph.nodes[i].replicas)
	for _, f := range r.faults {
		if f.kind == KindDeploy && f.node == i && f.sickFail == 0 {
			sick := float64(f.sick)
			return func(t int) float64 {
				o := &r.frames[t].nodes[i]
				switch {
				case t < f.onset || sick == n:
					return o.cpu / n
				case replica < f.sick:
					return o.sick / sick
				}
				return max(0, o.cpu-o.sick) / (n - sick)
			}
		}
	}
	return func(t int) float64 { return r.frames[t].nodes[i].cpu / n }
}

// started is when the replica's process began: long ago, or at its restart.
func (r *recorder) started(s *scraped) func(t int) float64 {
	begin := float64(r.opts.Start.Unix()) - 86400
	return func(t int) float64 {
		if s.restart >= 0 && t >= s.restart {
			return float64(r.time(s.restart).Unix())
		}
		return begin
	}
}

// dependency records what a replica sees of one callee, and of its pool of connections.
func (s *scraped) dependency(k int, share float64) {
	e := &s.graph.edges[k]
	if e.async && s.graph.nodes[e.from].role == roleWorker {
		return // it waits for messages, that is no call
	}
	to := s.graph.nodes[e.to].name
	see := func(value func(o *edgeObs) float64) func(int) float64 {
		return func(t int) float64 { return share * value(&s.frames[t].edges[k]) }
	}
	s.events("dependency_request_duration_seconds_count", see(func(o *edgeObs) float64 { return o.rate }), "dependency", to)
	s.amount("dependency_request_duration_seconds_sum", gaugeNoise, see(func(o *edgeObs) float64 { return o.rate * o.lat.mean }), "dependency", to)
	s.events("dependency_errors_total", see(func(o *edgeObs) float64 { return o.rate * o.err }), "dependency", to)
	if math.IsInf(e.pool, 1) {
		return
	}
	s.counted("db_pool_acquired", share*s.poolSize(k, len(s.frames)-1), see(func(o *edgeObs) float64 { return o.busy }), "pool", to)
	s.gauge("db_pool_max", 0, func(t int) float64 { return share * s.poolSize(k, t) }, "pool", to)
	s.amount("db_pool_acquire_wait_seconds_total", 0.05, see(func(o *edgeObs) float64 { return o.rate * o.wait }), "pool", to)
	s.events("db_pool_empty_acquire_total", see(func(o *edgeObs) float64 {
		if o.lat.mean <= 0 {
			return 0
		}
		return o.rate * min(1, 2*o.wait/o.lat.mean)
	}), "pool", to)
}
