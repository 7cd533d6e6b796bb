package synth

import "math"

// serve computes one component from what it calls.
func (s *sim) serve(out frame, i int, slower float64) {
	n, m, o := &s.nodes[i], &s.mods.node[i], &out.nodes[i]
	own, turned := s.own(i, o, slower)
	well := (1 - n.ownErr) * (1 - m.fail) * (1 - m.sickShare*m.sickFail)
	total := own
	switch n.role {
	case roleEntry:
		var mean, second float64
		for _, k := range n.calls {
			lat, fails := s.callOut(out, k)
			w := s.edges[k].weight
			mean += w * lat.mean
			second += w * (lat.variance + lat.mean*lat.mean)
			well -= w * fails
		}
		total = total.plus(moments{mean, second - mean*mean})
	case roleDB:
		total = total.plus(s.storage(out, i))
	default:
		for _, k := range n.calls {
			e := &s.edges[k]
			if e.to == n.queue {
				continue
			}
			lat, fails := s.callOut(out, k)
			made := e.weight
			if o.rate > 0 {
				made = out.edges[k].rate / (o.rate * max(1-s.state.turned[i], 0.01) * s.state.attempts[k])
			}
			total = total.plus(lat.times(made))
			if fails > 0 {
				well *= power(max(1-fails, 1e-12), made)
			}
		}
	}
	if !math.IsInf(n.workers, 1) && n.workers > 0 {
		wait, rejected, _ := s.state.threads[i].offer(o.rate*(1-turned), total.mean, n.workers, maxWaitThreads, s.dt)
		o.waiting = o.rate * (1 - rejected) * wait
		o.busy = min(n.workers, o.rate*(1-turned)*(1-rejected)*total.mean)
		total = total.plus(moments{wait, wait * wait})
		turned += (1 - turned) * rejected
	} else {
		o.busy = o.rate * (1 - turned) * total.mean
	}
	o.lat = total
	o.rejected = turned
	o.err = 1 - clamp(well, 0, 1)*(1-turned)
	s.state.turned[i] += smooth * (turned - s.state.turned[i])
	if n.role == roleQueue {
		o.waiting = s.state.backlog[i]
	}
}

// own is what the component itself takes: its processors, its lock, and what is on no resource.
func (s *sim) own(i int, o *nodeObs, slower float64) (time moments, turned float64) {
	n, m := &s.nodes[i], &s.mods.node[i]
	o.gc = s.gc(i)
	o.mem = min(1, n.live+m.leak)
	if n.role == roleCache {
		o.hit = n.hit * (1 - m.flushed)
	}
	service := n.cpu * slower * s.stretchOf(i) / (1 - o.gc)
	cores := max(0.03*n.cores, n.cores-m.burn)
	if n.cpu > 0 {
		time, turned = s.processors(i, o, service, cores)
	}
	o.cpu = s.cpuDemand(i, o.rate)
	if n.cores > 0 {
		o.rho = min(1, o.cpu/n.cores)
	}
	time = time.plus(fixed(n.extra*slower*m.slow+m.delay, 0.5))
	if o.gc > 0 { // a pause hits some requests for as long as it lasts
		const pause = 0.1
		time = time.plus(moments{0, o.gc * pause * pause})
	}
	return time, turned
}

// processors is the time a request waits for and uses processors. Sick replicas are a station of their own: balancers
// send them their share as before.
func (s *sim) processors(i int, o *nodeObs, service, cores float64) (moments, float64) {
	m := &s.mods.node[i]
	const cv2 = 0.5 // of service times
	at := func(st *station, rate, service, cores float64) (moments, float64) {
		wait, turned, _ := st.offer(rate, service, cores, maxWaitCPU, s.dt)
		return moments{wait + service, wait*wait + cv2*service*service}, turned
	}
	if m.sickShare == 0 {
		return at(&s.state.cpu[i], o.rate, service*m.cpu, cores)
	}
	f := m.sickShare
	a, ta := at(&s.state.cpu[i], o.rate*(1-f), service*m.cpu, cores*(1-f))
	if f == 1 {
		a = moments{}
	}
	b, tb := at(&s.state.sick[i], o.rate*f, service*m.sickCPU, cores*f)
	o.sick = min(cores*f, o.rate*f*(1-tb)*s.nodes[i].cpu*m.sickCPU)
	mean := (1-f)*a.mean + f*b.mean
	second := (1-f)*(a.variance+a.mean*a.mean) + f*(b.variance+b.mean*b.mean)
	return moments{mean, second - mean*mean}, (1-f)*ta + f*tb
}

// storage is what a database waits for beside its processors: its volume and its lock.
func (s *sim) storage(out frame, i int) moments {
	n, o := &s.nodes[i], &out.nodes[i]
	var time moments
	if n.disk >= 0 {
		io := out.nodes[n.disk].lat.times(n.ios)
		o.io = o.rate * io.mean
		time = time.plus(io)
	}
	hold := n.lockHold * s.mods.node[i].lock
	wait, rejected, _ := s.state.lock[i].offer(o.rate*n.lockShare, hold, 1, maxWaitLock, s.dt)
	o.locks = o.rate * n.lockShare * (1 - rejected) * wait
	o.rejected = rejected
	return time.plus(moments{n.lockShare * (wait + hold), n.lockShare * (1 - n.lockShare + 1) * wait * wait})
}

// retransmission is how long a lost packet delays a call: the least time-out of TCP on Linux (RFC 6298 allows a second).
const retransmission = 0.2

// packets is how many packets of a call can be lost and delay it.
const packets = 4

// callOut computes an edge and returns how long a call takes with its repetitions, and the share of calls that fail.
func (s *sim) callOut(out frame, k int) (moments, float64) {
	e, m, o := &s.edges[k], &s.mods.edge[k], &out.edges[k]
	callee := out.nodes[e.to]
	if e.back {
		callee = s.state.last.nodes[e.to]
	}
	lat := callee.lat.plus(fixed(e.net+m.delay, 0.3))
	lossy := 0.0
	if m.loss > 0 {
		hit := 1 - math.Pow(1-m.loss, packets)
		lat = lat.plus(moments{hit * retransmission, hit * retransmission * retransmission})
		lossy = m.loss * m.loss // the repetition is lost too, and the connection given up
	}
	o.lost = m.loss
	late := 1 - lat.below(e.timeout)
	if lat.mean > e.timeout {
		lat = moments{e.timeout, 0.01 * e.timeout * e.timeout}
	}
	fails := 1 - (1-callee.err)*(1-late)*(1-lossy)
	if h := s.mods.node[e.to].hang; h > 0 { // these calls get no answer: each takes the time-out
		rest := e.timeout - lat.mean
		lat = moments{lat.mean + h*rest, (1-h)*lat.variance + h*(1-h)*rest*rest}
		fails = 1 - (1-fails)*(1-h)
	}
	if pool := e.pool * m.pool; !math.IsInf(e.pool, 1) && e.pool > 0 {
		held := max(0.2, pool-m.leaked)
		wait, rejected, _ := s.state.pool[k].offer(o.rate, lat.mean, held, maxWaitPool, s.dt)
		o.busy = min(pool, min(held, o.rate*(1-rejected)*lat.mean)+m.leaked)
		o.wait = wait
		s.state.throttled[k] += smooth * (rejected - s.state.throttled[k])
		lat = lat.plus(moments{wait, wait * wait})
		fails = 1 - (1-fails)*(1-rejected)
	} else {
		o.busy = o.rate * lat.mean
	}
	o.lat, o.err = lat, fails
	attempts, left := 1.0, fails
	for range e.retries {
		attempts += left
		left *= fails
	}
	s.state.attempts[k] += smooth * (attempts - s.state.attempts[k])
	return lat.times(attempts), left
}
