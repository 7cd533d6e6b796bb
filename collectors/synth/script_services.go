package synth

import (
	"math"
	"strconv"
	"time"
)

// Requests is what a server of requests does. Failing is the share of requests that fail, nil = none; Spread is the
// coefficient of variation of their times, 0 = 1.
type Requests struct {
	Rate, Latency Course // a second; mean, seconds
	Failing       Course
	Spread        float64
}

// failed and answered are the rates of either.
func (q Requests) failed() Course {
	if q.Failing == nil {
		return Always(0)
	}
	return Of(func(v ...float64) float64 { return v[0] * v[1] }, q.Rate, q.Failing)
}

func (q Requests) answered() Course {
	return Of(func(v ...float64) float64 { return v[0] - v[1] }, q.Rate, q.failed())
}

// concurrent is how many are served at a time (Little's law).
func (q Requests) concurrent() Course {
	return Of(func(v ...float64) float64 { return v[0] * v[1] }, q.Rate, q.Latency)
}

func (q Requests) spread() float64 {
	if q.Spread == 0 {
		return 1
	}
	return q.Spread
}

// over is what of a course is beyond a limit.
func over(limit float64, c Course) Course {
	return Of(func(v ...float64) float64 { return max(0, v[0]-limit) }, c)
}

// HAProxy is what its own exporter shows of a proxy (2.x). busy is the share of its process's time.
func (t *Target) HAProxy(proxy string, q Requests, busy float64) {
	for _, side := range []string{"frontend", "backend"} {
		t.Events("haproxy_"+side+"_http_responses_total", q.answered(), "proxy", proxy, "code", "2xx")
		t.Events("haproxy_"+side+"_http_responses_total", q.failed(), "proxy", proxy, "code", "5xx")
	}
	t.Events("haproxy_frontend_http_requests_total", q.Rate, "proxy", proxy)
	t.Gauge("haproxy_backend_response_time_average_seconds", latencyNoise, q.Latency, "proxy", proxy)
	t.Gauge("haproxy_backend_total_time_average_seconds", latencyNoise, q.Latency, "proxy", proxy)
	t.Gauge("haproxy_backend_connect_time_average_seconds", 0.1, Always(0.001), "proxy", proxy)
	t.Count("haproxy_backend_current_sessions", q.concurrent(), "proxy", proxy)
	t.Gauge("haproxy_backend_current_queue", 0, Always(0), "proxy", proxy)
	t.Events("haproxy_backend_connection_errors_total", Always(0), "proxy", proxy)
	t.Gauge("haproxy_process_idle_time_percent", 0.005, Always(100*(1-busy)))
}

// Pool is a pool of connections as HikariCP shows it through Micrometer. Held is how many connections are asked for at a
// time, beyond the size those who ask wait.
type Pool struct {
	Name string
	Size float64
	Held Course
	// Taken is how long, in seconds, a connection is used.
	Taken Course
	Rate  Course // of acquisitions, a second
}

func (t *Target) hikari(p *Pool) {
	t.counted("hikaricp_connections_active", p.Size, p.Held, "pool", p.Name)
	t.Gauge("hikaricp_connections_max", 0, Always(p.Size), "pool", p.Name)
	waiting := over(p.Size, p.Held)
	t.Count("hikaricp_connections_pending", waiting, "pool", p.Name)
	t.Events("hikaricp_connections_usage_seconds_count", p.Rate, "pool", p.Name)
	t.Amount("hikaricp_connections_usage_seconds_sum", latencyNoise, Of(product, p.Rate, p.Taken), "pool", p.Name)
	t.Events("hikaricp_connections_acquire_seconds_count", p.Rate, "pool", p.Name)
	t.Amount("hikaricp_connections_acquire_seconds_sum", latencyNoise, Plus(waiting, Times(0.0002, p.Rate)), "pool", p.Name)
	t.Events("hikaricp_connections_timeout_total", Times(1.0/poolTimeout, over(1, waiting)), "pool", p.Name)
}

// poolTimeout is how long HikariCP lets a thread wait for a connection (connectionTimeout), seconds.
const poolTimeout = 30.0

func product(v ...float64) float64 {
	out := 1.0
	for _, x := range v {
		out *= x
	}
	return out
}

// Call is what a service measures of its calls to another.
type Call struct {
	To string
	Requests
}

// JVM is a web service on Tomcat as Micrometer shows it: its requests, threads, pool, heap and calls.
type JVM struct {
	URI string
	Requests
	CPU     Course // share of the processors, 0 to 1
	Threads float64
	Busy    Course // threads at work; nil = by the requests and their times
	GC      Course // share of the time that it stands still for garbage collection; nil = 0.4 %
	Heap    Course // share in use; nil = 45 %
	Pool    *Pool
	Calls   []Call
}

const maxHeapBytes = 4 << 30

// JVM is what it exposes.
func (t *Target) JVM(j JVM) {
	t.Histogram("http_server_requests_seconds", j.answered(), j.Latency, j.spread(), "uri", j.URI, "status", "200", "outcome", "SUCCESS")
	if j.Failing != nil {
		t.Histogram("http_server_requests_seconds", j.failed(), j.Latency, j.spread(), "uri", j.URI, "status", "500", "outcome", "SERVER_ERROR")
	}
	t.Gauge("process_cpu_usage", 0.05, j.CPU)
	busy := j.Busy
	if busy == nil {
		busy = j.concurrent()
	}
	t.counted("tomcat_threads_busy_threads", j.Threads, busy, "name", "http-nio-8080")
	t.Gauge("tomcat_threads_config_max_threads", 0, Always(j.Threads), "name", "http-nio-8080")
	t.Gauge("jvm_memory_max_bytes", 0, Always(maxHeapBytes), "area", "heap", "id", "G1 Old Gen")
	t.Gauge("jvm_memory_used_bytes", 0.06, Times(maxHeapBytes, orAlways(j.Heap, 0.45)), "area", "heap", "id", "G1 Old Gen")
	gc := orAlways(j.GC, 0.004)
	t.Amount("jvm_gc_pause_seconds_sum", 0.15, gc, "action", "end of minor GC")
	t.Events("jvm_gc_pause_seconds_count", Times(1/typicalPause, gc), "action", "end of minor GC")
	if j.Pool != nil {
		t.hikari(j.Pool)
	}
	for _, c := range j.Calls {
		t.call(c)
	}
}

// typicalPause is how long a young collection stops a program, seconds.
const typicalPause = 0.02

// Executor is a pool of threads as Micrometer shows it: those at work, and tasks that wait for one.
func (t *Target) Executor(name string, threads float64, busy, queued Course) {
	t.counted("executor_active_threads", threads, busy, "name", name)
	t.Gauge("executor_pool_max_threads", 0, Always(threads), "name", name)
	t.Count("executor_queued_tasks", queued, "name", name)
}

func orAlways(c Course, v float64) Course {
	if c == nil {
		return Always(v)
	}
	return c
}

// call is what Micrometer shows of calls by HTTP.
func (t *Target) call(c Call) {
	t.Events("http_client_requests_seconds_count", c.answered(), "client_name", c.To, "outcome", "SUCCESS")
	t.Amount("http_client_requests_seconds_sum", latencyNoise, Of(product, c.answered(), c.Latency), "client_name", c.To, "outcome", "SUCCESS")
	if c.Failing != nil {
		t.Events("http_client_requests_seconds_count", c.failed(), "client_name", c.To, "outcome", "UNKNOWN")
		t.Amount("http_client_requests_seconds_sum", latencyNoise, Of(product, c.failed(), c.Latency), "client_name", c.To, "outcome", "UNKNOWN")
	}
}

// Database is a PostgreSQL. Waits are sessions that wait for a lock or for the storage, on average.
type Database struct {
	Name           string
	Transactions   Course // a second
	Time           Course // of a transaction, seconds, without what it waits for
	Locks, Storage Course // sessions that wait; nil = none
	Connections    Course // open; nil = 40
	MaxConnections float64
	BlocksHit      float64 // share of blocks found in memory; 0 = 0.99
	Rows           Course  // read by a transaction; nil = 40
	Writes         Course  // rows written a second; nil = a fifth of the transactions
}

// Postgres is what postgres_exporter shows of it.
func (t *Target) Postgres(d Database) {
	db := []string{"datname", d.Name}
	locks, storage := orAlways(d.Locks, 0), orAlways(d.Storage, 0.05)
	working := Of(product, d.Transactions, d.Time)
	t.Gauge("pg_up", 0, Always(1))
	t.Events("pg_stat_database_xact_commit", d.Transactions, db...)
	t.Events("pg_stat_database_xact_rollback", Times(0.001, d.Transactions), db...)
	t.Amount("pg_stat_database_active_time_seconds_total", latencyNoise, Plus(working, locks, storage), db...)
	for _, w := range []struct {
		kind     string
		sessions Course
	}{{"Client", working}, {"Lock", locks}, {"IO", storage}} {
		t.Count("pg_stat_activity_count", w.sessions, append(db, "state", "active", "wait_event_type", w.kind)...)
	}
	t.Gauge("pg_stat_database_numbackends", 0.03, orAlways(d.Connections, 40), db...)
	t.Gauge("pg_settings_max_connections", 0, Always(d.MaxConnections))
	hit := d.BlocksHit
	if hit == 0 {
		hit = 0.99
	}
	t.Events("pg_stat_database_blks_hit", Times(60*hit, d.Transactions), db...)
	t.Events("pg_stat_database_blks_read", Times(60*(1-hit), d.Transactions), db...)
	t.Events("pg_stat_database_tup_returned", Of(product, d.Transactions, orAlways(d.Rows, 40)), db...)
	writes := d.Writes
	if writes == nil {
		writes = Times(0.2, d.Transactions)
	}
	t.Events("pg_stat_database_tup_updated", writes, db...)
	t.Events("pg_stat_database_tup_inserted", Times(0.2, writes), db...)
	t.Events("pg_stat_database_tup_deleted", Times(0.02, writes), db...)
	t.Events("pg_stat_database_deadlocks", Always(0), db...)
}

// Host is a machine as node_exporter shows it.
type Host struct {
	Cores   int
	CPU     Course  // share of the processors at work, 0 to 1
	Waiting Course  // share of the time that programs wait for a processor; nil = by the CPU's load
	Memory  float64 // share in use; 0 = 45 %
	Lost    Course  // share of segments sent again; nil = 0.03 %
}

// memoryBytes is how much memory a host has.
const memoryBytes = 64 << 30

// Node is what node_exporter shows of a machine. All its processors are alike.
func (t *Target) Node(h Host) {
	idle := Of(func(v ...float64) float64 { return 1 - v[0] }, h.CPU)
	for c := range h.Cores {
		t.Amount("node_cpu_seconds_total", gaugeNoise, idle, "cpu", strconv.Itoa(c), "mode", "idle")
		t.Amount("node_cpu_seconds_total", gaugeNoise, h.CPU, "cpu", strconv.Itoa(c), "mode", "user")
	}
	cores := float64(h.Cores)
	queue := Of(func(v ...float64) float64 {
		rho := min(v[0], fullAt)
		return cores * rho * (1 + waiting(rho, cores))
	}, h.CPU)
	t.Gauge("node_load1", 0.08, queue)
	pressure := h.Waiting
	if pressure == nil {
		pressure = Of(func(v ...float64) float64 { return min(1, 0.002+waiting(min(v[0], fullAt), cores)) }, h.CPU)
	}
	t.Amount("node_pressure_cpu_waiting_seconds_total", 0.1, pressure)
	used := h.Memory
	if used == 0 {
		used = 0.45
	}
	t.Gauge("node_memory_MemTotal_bytes", 0, Always(memoryBytes))
	t.Gauge("node_memory_MemAvailable_bytes", 0.005, Always((1-used)*memoryBytes))
	const segments = 4000.0
	t.Events("node_netstat_Tcp_OutSegs", Always(segments))
	t.Events("node_netstat_Tcp_RetransSegs", Times(segments, orAlways(h.Lost, cleanLoss)))
}

// Volume is a block device: what is asked of it, and how many requests are in its queue or at work.
type Volume struct {
	Device     string
	IOPS       Course
	Queue      Course
	Busy       Course  // share of the time that it works
	WriteShare float64 // of the requests; 0 = 0.7
}

// Disk is what node_exporter shows of a block device. Time in the queue is its length by the rate (Little's law).
func (t *Target) Disk(v Volume) {
	device := []string{"device", v.Device}
	writes := v.WriteShare
	if writes == 0 {
		writes = 0.7
	}
	t.Amount("node_disk_io_time_seconds_total", gaugeNoise, v.Busy, device...)
	t.Amount("node_disk_io_time_weighted_seconds_total", 0.05, v.Queue, device...)
	t.Count("node_disk_io_now", v.Queue, device...)
	for _, d := range []struct {
		done, time, bytes string
		share             float64
	}{
		{"node_disk_reads_completed_total", "node_disk_read_time_seconds_total", "node_disk_read_bytes_total", 1 - writes},
		{"node_disk_writes_completed_total", "node_disk_write_time_seconds_total", "node_disk_written_bytes_total", writes},
	} {
		t.Events(d.done, Times(d.share, v.IOPS), device...)
		t.Amount(d.time, gaugeNoise, Times(d.share, v.Queue), device...)
		t.Amount(d.bytes, gaugeNoise, Times(d.share*blockBytes, v.IOPS), device...)
	}
}

const blockBytes = 16384

// FileSystem is how much room is left on a device's partition; a share from 0 to 1 of size in bytes.
func (t *Target) FileSystem(device, mount string, size float64, free Course) {
	labels := []string{"device", "/dev/" + device, "fstype", "ext4", "mountpoint", mount}
	t.Gauge("node_filesystem_size_bytes", 0, Always(size), labels...)
	t.Gauge("node_filesystem_avail_bytes", 0, Of(func(v ...float64) float64 { return math.Round(size * clamp(v[0], 0, 1)) }, free), labels...)
}

// HTTPProbe is what a blackbox exporter shows of a probe by HTTPS: seconds by phase, success (1 or 0), and until when the
// certificate is valid.
type HTTPProbe struct {
	Resolve, Connect, TLS, Processing Course
	Success                           Course
	Expiry                            time.Time
}

// Blackbox is what a probe shows.
func (t *Target) Blackbox(p HTTPProbe) {
	t.Marked("probe_success", p.Success)
	total := Plus(p.Resolve, p.Connect, p.TLS, p.Processing)
	t.Gauge("probe_duration_seconds", latencyNoise, total)
	t.Gauge("probe_dns_lookup_time_seconds", latencyNoise, p.Resolve)
	for _, phase := range []struct {
		name string
		time Course
	}{{"resolve", p.Resolve}, {"connect", p.Connect}, {"tls", p.TLS}, {"processing", p.Processing}} {
		t.Gauge("probe_http_duration_seconds", latencyNoise, phase.time, "phase", phase.name)
	}
	if !p.Expiry.IsZero() {
		t.Gauge("probe_ssl_earliest_cert_expiry", 0, Always(float64(p.Expiry.Unix())))
	}
}
