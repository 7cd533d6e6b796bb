package synth

import (
	"fmt"
	"math"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// leanSpecs are the signals of DetailLean; %s stands for the range of rates.
var leanSpecs = []struct {
	name string
	kind model.SignalKind
	unit string
	bad  model.Direction
	edge bool
	expr string
}{
	{"requests", model.KindTraffic, "req/s", model.BadChange, false, `sum by (node) (rate(service_requests_total[%s]))`},
	{"error_ratio", model.KindErrors, "ratio", model.BadUp, false, `sum by (node) (rate(service_requests_total{code="error"}[%[1]s])) / sum by (node) (rate(service_requests_total[%[1]s]))`},
	{"latency_p50", model.KindLatency, "seconds", model.BadUp, false, `service_latency_seconds{quantile="0.5"}`},
	{"latency_p95", model.KindLatency, "seconds", model.BadUp, false, `service_latency_seconds{quantile="0.95"}`},
	{"latency_p99", model.KindLatency, "seconds", model.BadUp, false, `service_latency_seconds{quantile="0.99"}`},
	{"cpu", model.KindUtilization, "ratio", model.BadUp, false, `cpu_used_ratio`},
	{"load_per_core", model.KindSaturation, "ratio", model.BadUp, false, `load_per_core`},
	{"memory_used_ratio", model.KindUtilization, "ratio", model.BadUp, false, `memory_used_ratio`},
	{"gc_time_ratio", model.KindSaturation, "ratio", model.BadUp, false, `gc_time_ratio`},
	{"worker_pool_used_ratio", model.KindSaturation, "ratio", model.BadUp, false, `worker_pool_used_ratio`},
	{"db_pool_used_ratio", model.KindSaturation, "ratio", model.BadUp, false, `db_pool_used_ratio`},
	{"lock_waiters", model.KindSaturation, "sessions", model.BadUp, false, `lock_waiters`},
	{"io_queue_length", model.KindSaturation, "requests", model.BadUp, false, `io_queue_length`},
	{"io_utilization", model.KindUtilization, "ratio", model.BadUp, false, `io_used_ratio`},
	{"write_await", model.KindLatency, "seconds", model.BadUp, false, `io_await_seconds`},
	{"hit_ratio", model.KindSaturation, "ratio", model.BadDown, false, `cache_hit_ratio`},
	{"messages_ready", model.KindSaturation, "messages", model.BadUp, false, `messages_ready`},
	{"tcp_retransmit_ratio", model.KindErrors, "ratio", model.BadUp, false, `tcp_retransmit_ratio`},
	{"exporter_up", model.KindUsage, "ratio", model.BadDown, false, `up`},
	{"call_rate", model.KindTraffic, "req/s", model.BadChange, true, `call_rate`},
	{"call_latency", model.KindLatency, "seconds", model.BadUp, true, `call_latency_seconds`},
	{"call_error_ratio", model.KindErrors, "ratio", model.BadUp, true, `call_error_ratio`},
}

func leanSignals(o Options) []model.SignalSpec {
	window := (max(2*o.Step, 4*o.ScrapeInterval) + time.Second - 1).Truncate(time.Second)
	out := make([]model.SignalSpec, 0, len(leanSpecs))
	for _, s := range leanSpecs {
		spec := model.SignalSpec{
			Signal: model.Signal{Name: s.name, Kind: s.kind, Unit: s.unit, Bad: s.bad, Source: "topology"}, Expr: s.expr, By: "node",
		}
		if s.kind == model.KindTraffic && !s.edge || s.name == "error_ratio" {
			spec.Expr = fmt.Sprintf(s.expr, fmt.Sprintf("%ds", int(window.Seconds())))
		}
		if s.edge {
			spec.By, spec.Edge = "", &model.EdgeLabels{From: "client", To: "server"}
		}
		out = append(out, spec)
	}
	return out
}

// Relative standard deviations of what gauges show.
const (
	gaugeNoise   = 0.02
	latencyNoise = 0.03
)

// lean records some ten series a component.
func (r *recorder) lean() {
	for i := range r.graph.nodes {
		n := &r.graph.nodes[i]
		if n.role == roleExternal {
			continue
		}
		s := r.target(i, model.Label{Name: "node", Value: n.name})
		see := func(value func(o *nodeObs) float64) func(int) float64 {
			return func(t int) float64 { return value(&r.frames[t].nodes[i]) }
		}
		switch n.role {
		case roleHost:
			s.ratio("cpu_used_ratio", gaugeNoise, see(func(o *nodeObs) float64 { return o.rho }))
			s.gauge("load_per_core", 3*gaugeNoise, see(func(o *nodeObs) float64 { return o.waiting / n.cores }))
			s.gauge("tcp_retransmit_ratio", 0.2, r.retransmitted(i))
			continue
		case roleDisk:
			s.gauge("io_queue_length", 5*gaugeNoise, see(func(o *nodeObs) float64 { return o.waiting }))
			s.ratio("io_used_ratio", gaugeNoise, see(func(o *nodeObs) float64 { return o.rho }))
			s.gauge("io_await_seconds", latencyNoise, see(func(o *nodeObs) float64 { return o.lat.mean }))
			continue
		}
		s.service(see)
		s.resources(n, see)
	}
	r.leanCalls()
}

// service records what every server of requests shows.
func (s *scraped) service(see func(func(*nodeObs) float64) func(int) float64) {
	s.events("service_requests_total", see(func(o *nodeObs) float64 { return o.rate * (1 - o.err) }), "code", "ok")
	s.events("service_requests_total", see(func(o *nodeObs) float64 { return o.rate * o.err }), "code", "error")
	for _, q := range []struct {
		name string
		z    float64
	}{{"0.5", z50}, {"0.95", z95}, {"0.99", z99}} {
		s.gauge("service_latency_seconds", latencyNoise, see(func(o *nodeObs) float64 { return o.lat.quantile(q.z) }), "quantile", q.name)
	}
}

func (s *scraped) resources(n *node, see func(func(*nodeObs) float64) func(int) float64) {
	s.ratio("cpu_used_ratio", gaugeNoise, see(func(o *nodeObs) float64 { return o.rho }))
	switch n.role {
	case roleApp, roleWorker:
		s.ratio("memory_used_ratio", gaugeNoise, see(func(o *nodeObs) float64 { return o.mem }))
		s.ratio("gc_time_ratio", 3*gaugeNoise, see(func(o *nodeObs) float64 { return o.gc }))
		s.ratio("worker_pool_used_ratio", 3*gaugeNoise, see(func(o *nodeObs) float64 { return o.busy / n.workers }))
		for _, k := range n.calls {
			e := &s.graph.edges[k]
			if !math.IsInf(e.pool, 1) {
				s.ratio("db_pool_used_ratio", 3*gaugeNoise, func(t int) float64 { return s.poolShare(k, t) })
				break // an application asks one database
			}
		}
	case roleDB:
		s.count("lock_waiters", see(func(o *nodeObs) float64 { return o.locks }))
	case roleCache:
		s.ratio("cache_hit_ratio", 0.002, see(func(o *nodeObs) float64 { return o.hit }))
	case roleQueue:
		s.count("messages_ready", see(func(o *nodeObs) float64 { return o.waiting }))
	}
}

// poolShare is how much of a pool is in use. A pool that a setting made smaller is measured by its new size.
func (h *history) poolShare(k, t int) float64 {
	return min(1, h.frames[t].edges[k].busy/h.poolSize(k, t))
}

func (h *history) poolSize(k, t int) float64 {
	size := h.graph.edges[k].pool
	for _, f := range h.faults {
		if f.kind == KindConfig && f.edge == k && t >= f.onset {
			size *= f.left
		}
	}
	return size
}

func (r *recorder) leanCalls() {
	for k := range r.graph.edges {
		e := &r.graph.edges[k]
		from, to := &r.graph.nodes[e.from], &r.graph.nodes[e.to]
		if e.async {
			continue
		}
		s := &scraped{
			recorder: r, times: r.times, restart: -1,
			labels: []model.Label{{Name: "client", Value: from.name}, {Name: "server", Value: to.name}},
		}
		if end := r.silentFrom(e.from); end < len(r.times) {
			s.times = r.times[:end:end]
		}
		see := func(value func(o *edgeObs) float64) func(int) float64 {
			return func(t int) float64 { return value(&r.frames[t].edges[k]) }
		}
		s.gauge("call_rate", gaugeNoise, see(func(o *edgeObs) float64 { return o.rate }))
		s.gauge("call_latency_seconds", latencyNoise, see(func(o *edgeObs) float64 { return o.lat.mean }))
		s.ratio("call_error_ratio", 0.15, see(func(o *edgeObs) float64 { return o.err }))
	}
}

// cleanLoss is the share of segments that are sent again on a network that is well.
const cleanLoss = 0.0003

// retransmitted is the share of segments that a host sends again: those of its residents' calls that a fault loses, on
// either end, among all that it sends.
func (r *recorder) retransmitted(host int) func(t int) float64 {
	var touching []int
	for k := range r.graph.edges {
		e := &r.graph.edges[k]
		if r.graph.nodes[e.from].host == host || r.graph.nodes[e.to].host == host {
			touching = append(touching, k)
		}
	}
	return func(t int) float64 {
		sent, again := 0.0, 0.0
		for _, k := range touching {
			o := &r.frames[t].edges[k]
			sent += o.rate
			again += o.rate * o.lost
		}
		if sent == 0 {
			return cleanLoss
		}
		return cleanLoss + again/sent
	}
}
