package synth

import (
	"math"
	"strconv"

	"github.com/diagnops/diagnops/engine/model"
)

// instance is the address of a component's replica.
func (g *graph) instance(i, replica int) string {
	n := &g.nodes[i]
	switch n.role {
	case roleHost, roleDisk:
		return n.name + ":9100"
	}
	return n.name + "-" + strconv.Itoa(replica) + ":8080"
}

// device is the block device of every volume, each on an instance of its own.
const device = "nvme1n1"

// selector finds a component's series; nil for what has none.
func (g *graph) selector(i int) map[string]string {
	n := &g.nodes[i]
	switch n.role {
	case roleExternal:
		return nil
	case roleHost:
		return map[string]string{"instance": g.instance(i, 0)}
	case roleDisk:
		return map[string]string{"instance": g.instance(i, 0), "device": device}
	}
	return map[string]string{"service": n.name}
}

// full records what true exporters show.
func (r *recorder) full() {
	for i := range r.graph.nodes {
		n := &r.graph.nodes[i]
		switch n.role {
		case roleExternal:
		case roleHost:
			r.nodeExporter(i)
		case roleDisk:
			r.diskStats(i)
		case roleApp, roleWorker:
			for replica := range n.replicas {
				r.application(i, replica)
			}
		default:
			s := r.target(i, model.Label{Name: "service", Value: n.name}, model.Label{Name: "instance", Value: r.graph.instance(i, 0)})
			see := func(value func(o *nodeObs) float64) func(int) float64 {
				return func(t int) float64 { return value(&r.frames[t].nodes[i]) }
			}
			switch n.role {
			case roleEntry:
				s.haproxy(see)
			case roleDB:
				s.postgres(i, see)
			case roleCache:
				s.redis(see)
			case roleQueue:
				s.rabbitmq(see)
			}
		}
	}
}

type seer = func(func(*nodeObs) float64) func(int) float64

func (s *scraped) haproxy(see seer) {
	s.events("haproxy_frontend_http_requests_total", see(func(o *nodeObs) float64 { return o.rate }), "proxy", "in")
	s.events("haproxy_frontend_http_responses_total", see(func(o *nodeObs) float64 { return o.rate * (1 - o.err) }), "proxy", "in", "code", "2xx")
	s.events("haproxy_frontend_http_responses_total", see(func(o *nodeObs) float64 { return o.rate * o.err }), "proxy", "in", "code", "5xx")
	latency := see(func(o *nodeObs) float64 { return o.lat.mean })
	s.gauge("haproxy_backend_response_time_average_seconds", latencyNoise, latency, "proxy", "out")
	s.gauge("haproxy_backend_total_time_average_seconds", latencyNoise, latency, "proxy", "out")
	s.count("haproxy_backend_current_sessions", see(func(o *nodeObs) float64 { return o.busy }), "proxy", "out")
	s.gauge("haproxy_process_idle_time_percent", gaugeNoise, see(func(o *nodeObs) float64 { return 100 * (1 - o.rho) }))
}

func (s *scraped) postgres(i int, see seer) {
	s.gauge("pg_up", 0, func(int) float64 { return 1 })
	s.events("pg_stat_database_xact_commit", see(func(o *nodeObs) float64 { return o.rate * (1 - o.err) }))
	s.events("pg_stat_database_xact_rollback", see(func(o *nodeObs) float64 { return o.rate * o.err }))
	active := see(func(o *nodeObs) float64 { return o.rate * (1 - o.rejected) * o.lat.mean })
	s.amount("pg_stat_database_active_time_seconds_total", gaugeNoise, active)
	s.count("pg_stat_activity_count", see(func(o *nodeObs) float64 {
		return max(0, o.rate*(1-o.rejected)*o.lat.mean-o.locks-o.io)
	}), "state", "active", "wait_event_type", "Client")
	s.count("pg_stat_activity_count", see(func(o *nodeObs) float64 { return o.locks }), "state", "active", "wait_event_type", "Lock")
	s.count("pg_stat_activity_count", see(func(o *nodeObs) float64 { return o.io }), "state", "active", "wait_event_type", "IO")
	connections := 20.0
	var pools []int
	for _, k := range s.graph.nodes[i].callers {
		if e := &s.graph.edges[k]; !math.IsInf(e.pool, 1) {
			connections += e.pool
			pools = append(pools, k)
		}
	}
	busy := func(t int) float64 {
		sum := 5.0
		for _, k := range pools {
			sum += max(s.frames[t].edges[k].busy, 0.3*s.graph.edges[k].pool) // pools keep some open
		}
		return sum
	}
	s.count("pg_stat_database_numbackends", busy)
	s.gauge("pg_settings_max_connections", 0, func(int) float64 { return math.Ceil(connections) })
	s.events("pg_stat_database_blks_hit", see(func(o *nodeObs) float64 { return 60 * o.rate }))
	s.events("pg_stat_database_blks_read", see(func(o *nodeObs) float64 { return o.rate * s.graph.nodes[i].ios }))
	s.events("pg_stat_database_tup_returned", see(func(o *nodeObs) float64 { return 40 * o.rate }))
	s.amount("container_cpu_usage_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return o.cpu }), "container", "main", "pod", s.graph.nodes[i].name+"-0")
}

func (s *scraped) redis(see seer) {
	s.gauge("redis_up", 0, func(int) float64 { return 1 })
	rate := see(func(o *nodeObs) float64 { return o.rate })
	s.events("redis_commands_processed_total", rate)
	s.events("redis_commands_total", rate, "cmd", "get")
	s.amount("redis_commands_duration_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return o.rate * o.lat.mean }), "cmd", "get")
	s.events("redis_keyspace_hits_total", see(func(o *nodeObs) float64 { return o.rate * o.hit }))
	s.events("redis_keyspace_misses_total", see(func(o *nodeObs) float64 { return o.rate * (1 - o.hit) }))
	s.gauge("redis_connected_clients", gaugeNoise, func(int) float64 { return 64 })
	s.amount("redis_cpu_user_main_thread_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return 0.7 * o.cpu }))
	s.amount("redis_cpu_sys_main_thread_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return 0.3 * o.cpu }))
	s.gauge("redis_memory_used_bytes", 0.002, see(func(o *nodeObs) float64 { return 1e8 + 2e9*o.hit }))
	s.gauge("redis_db_keys", 0.002, see(func(o *nodeObs) float64 { return 1e6 * o.hit }), "db", "db0")
}

func (s *scraped) rabbitmq(see seer) {
	s.count("rabbitmq_queue_messages_ready", see(func(o *nodeObs) float64 { return o.waiting }))
	s.count("rabbitmq_queue_messages_unacked", see(func(o *nodeObs) float64 { return 0.05 * o.rate }))
	s.events("rabbitmq_global_messages_received_total", see(func(o *nodeObs) float64 { return o.rate }))
}

// maxShownCores bounds the processors that a host shows, to keep series few; load is shown for as many.
const maxShownCores = 8

func (r *recorder) nodeExporter(i int) {
	n := &r.graph.nodes[i]
	s := r.target(i, model.Label{Name: "instance", Value: r.graph.instance(i, 0)})
	see := func(value func(o *nodeObs) float64) func(int) float64 {
		return func(t int) float64 { return value(&r.frames[t].nodes[i]) }
	}
	shown := min(maxShownCores, int(n.cores))
	for c := range shown {
		s.amount("node_cpu_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return 1 - o.rho }), "cpu", strconv.Itoa(c), "mode", "idle")
		s.amount("node_cpu_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return o.rho }), "cpu", strconv.Itoa(c), "mode", "user")
	}
	s.gauge("node_load1", 0.1, see(func(o *nodeObs) float64 { return o.waiting * float64(shown) / n.cores }))
	s.amount("node_pressure_cpu_waiting_seconds_total", 0.1, see(func(o *nodeObs) float64 { return o.stall }))
	s.gauge("node_memory_MemTotal_bytes", 0, func(int) float64 { return 64e9 })
	s.gauge("node_memory_MemAvailable_bytes", 0.005, func(int) float64 { return 40e9 })
	again := r.retransmitted(i)
	const segments = 5000.0
	s.events("node_netstat_Tcp_OutSegs", func(int) float64 { return segments })
	s.events("node_netstat_Tcp_RetransSegs", func(t int) float64 { return segments * again(t) })
}

func (r *recorder) diskStats(i int) {
	s := r.target(i, model.Label{Name: "instance", Value: r.graph.instance(i, 0)}, model.Label{Name: "device", Value: device})
	see := func(value func(o *nodeObs) float64) func(int) float64 {
		return func(t int) float64 { return value(&r.frames[t].nodes[i]) }
	}
	const reads = 0.4
	s.amount("node_disk_io_time_seconds_total", gaugeNoise, see(func(o *nodeObs) float64 { return o.rho }))
	s.amount("node_disk_io_time_weighted_seconds_total", 0.05, see(func(o *nodeObs) float64 { return o.waiting }))
	s.count("node_disk_io_now", see(func(o *nodeObs) float64 { return o.waiting }))
	for _, d := range []struct {
		done, time, bytes string
		share             float64
	}{
		{"node_disk_reads_completed_total", "node_disk_read_time_seconds_total", "node_disk_read_bytes_total", reads},
		{"node_disk_writes_completed_total", "node_disk_write_time_seconds_total", "node_disk_written_bytes_total", 1 - reads},
	} {
		s.events(d.done, see(func(o *nodeObs) float64 { return o.rate * d.share }))
		s.amount(d.time, gaugeNoise, see(func(o *nodeObs) float64 { return o.waiting * d.share }))
		s.events(d.bytes, see(func(o *nodeObs) float64 { return o.rate * d.share * 16384 }))
	}
}
