package rules

// watched is a product that real exporters tell of, and what is known of the signals that do not answer.
type watched struct {
	title string
	kind  string // of component
	// jobs are what it is scraped as; where there are two, the second is a replica's, and tells what only a replica can.
	jobs []string
	// busiest is a label and a metric: of the label's values the one of which the metric counts most is looked at; nil = all.
	busiest  *[2]string
	versions []versionOf // what decides which metrics there are
	setup    string      // what is switched on beside the defaults
	// cannot says why these versions, set up so, do not give a signal.
	cannot map[string]string
	// machine says what a signal needs that not every machine has.
	machine map[string]dependence
}

// versionOf is how a version is told: a label of a metric, of which the first parts between dots count.
type versionOf struct {
	of, metric, label string
	parts             int
}

// dependence is what a machine must have to give a signal.
type dependence struct {
	where string // in words
	sign  string // an expression, as in packs, that has a value on a machine which has it: there the signal must answer
}

const (
	noWaits     = "pg_stat_activity_count has its label wait_event_type since postgres_exporter 0.17"
	noEthtool   = "the collector `ethtool` is off by default"
	noProcesses = "the collector `processes` is off by default"
)

var (
	pressure   = dependence{"the kernel accounts for pressure", `{__name__=~"node_pressure_.+"}`}
	onAnyDisk  = dependence{"file systems lie on disks", `node_filesystem_size_bytes{fstype=~"ext.|xfs|btrfs"}`}
	onDisk     = dependence{"one of the file systems lies on the disk", `node_filesystem_size_bytes{device=~".*${device}.*"}`}
	diskReads  = dependence{"the disk is read from while it is looked at", `rate(node_disk_reads_completed_total[$range]) > 0`}
	diskWrites = dependence{"the disk is written to while it is looked at", `rate(node_disk_writes_completed_total[$range]) > 0`}
	diskSyncs  = dependence{"the disk is flushed while it is looked at", `rate(node_disk_flush_requests_total[$range]) > 0`}
)

// watchedByExporters is what is started, in the order of the page.
var watchedByExporters = []watched{
	{
		title: "HAProxy", kind: "lb", jobs: []string{"haproxy"},
		versions: []versionOf{{"HAProxy", "haproxy_process_build_info", "version", 2}},
		setup:    "its own `/metrics`, a backend with a health check",
	},
	{
		title: "nginx", kind: "lb", jobs: []string{"nginx"},
		versions: []versionOf{{"nginx-prometheus-exporter", "nginxexporter_build_info", "version", 2}},
		setup:    "`stub_status`",
	},
	{
		title: "PostgreSQL", kind: "db", jobs: []string{"postgres", "postgres-standby"},
		versions: []versionOf{
			{"postgres_exporter", "postgres_exporter_build_info", "version", 2}, {"PostgreSQL", "pg_static", "short_version", 1},
		},
		setup: "`track_io_timing`, a replication slot, a standby, and `--extend.query-path` with the `queries.yaml` that the exporter comes with",
		cannot: map[string]string{
			"lock_waiters":   noWaits,
			"io_waiters":     noWaits,
			"lwlock_waiters": noWaits,
			"statement_time": "the query of that queries.yaml asks for a column that PostgreSQL 13 renamed; a collector of the exporter's own came with 0.13",
			"role_changes":   "the metric came with the replication collector of postgres_exporter 0.13",
			"log_size":       "the metric comes of a collector of the log, which postgres_exporter 0.11 does not have",
		},
	},
	{
		title: "MySQL, MariaDB", kind: "db", jobs: []string{"mysql", "mysql-replica"},
		versions: []versionOf{
			{"mysqld_exporter", "mysqld_exporter_build_info", "version", 2}, {"MariaDB", "mysql_version_info", "version", 2},
		},
		setup:  "`performance_schema`, a replica, `--collect.perf_schema.eventsstatements`, `--collect.info_schema.innodb_metrics`",
		cannot: map[string]string{"metadata_lock_waiters": "the list of threads is off by default (`--collect.info_schema.processlist`)"},
	},
	{
		title: "Redis", kind: "cache", jobs: []string{"redis", "redis-replica"},
		versions: []versionOf{
			{"redis_exporter", "redis_exporter_build_info", "version", 2}, {"Redis", "redis_instance_info", "redis_version", 2},
		},
		setup:  "`appendonly`, `maxmemory`, a replica",
		cannot: map[string]string{"event_loop_busy": "INFO of Redis 7.0 has no such field"},
	},
	{
		title: "Prometheus", kind: "monitoring", jobs: []string{"prometheus"},
		versions: []versionOf{{"Prometheus", "prometheus_build_info", "version", 2}},
		setup:    "a rule",
		cannot: map[string]string{
			"scheduler_latency_p95": "client_golang gives the scheduler's histogram only where a program asks for it",
			"notifications_dropped": "failures are counted for each Alertmanager, and none is configured",
		},
	},
	{
		title: "Blackbox exporter", kind: "probe", jobs: []string{"blackbox"},
		versions: []versionOf{{"blackbox_exporter", "blackbox_exporter_build_info", "version", 2}},
		setup:    "a probe by HTTPS",
	},
	{
		title: "Hosts", kind: "host", jobs: []string{"node"},
		versions: []versionOf{{"node_exporter", "node_exporter_build_info", "version", 2}},
		setup:    "nothing",
		cannot: map[string]string{
			"numa_miss_ratio":               "the collector `meminfo_numa` is off by default",
			"local_ports_ratio":             "the collector `sysctl` is off by default",
			"tcp_receive_queue_drops":       "not among the fields that node_exporter 1.5 passes on by default (`--collector.netstat.fields`)",
			"bandwidth_allowance_exceeded":  noEthtool,
			"packet_allowance_exceeded":     noEthtool,
			"connection_allowance_exceeded": noEthtool,
			"link_local_allowance_exceeded": noEthtool,
			"pids_ratio":                    noProcesses,
			"thread_limit_ratio":            noProcesses,
		},
		machine: map[string]dependence{
			"run_queue_wait":         {"the kernel accounts for its scheduler (CONFIG_SCHEDSTATS)", `{__name__=~"node_schedstat_.+"}`},
			"thermal_throttling":     {"the processor counts it: bare metal", `{__name__=~"node_cpu_.*throttles_total"}`},
			"cpu_pressure":           pressure,
			"memory_pressure":        pressure,
			"io_pressure":            pressure,
			"io_stalled":             pressure,
			"network_used_ratio":     {"a link has a speed: bare metal", `node_network_speed_bytes{device!="lo"} > 0`},
			"conntrack_ratio":        {"connections are tracked (nf_conntrack)", `{__name__=~"node_nf_conntrack_.+"}`},
			"bond_members_ratio":     {"links are bonded", `{__name__=~"node_bonding_.+"}`},
			"filesystem_free_ratio":  onAnyDisk,
			"filesystems_unreadable": onAnyDisk,
		},
	},
	{
		title: "Disks", kind: "disk", jobs: []string{"node"}, busiest: &[2]string{"device", "node_disk_writes_completed_total"},
		versions: []versionOf{{"node_exporter", "node_exporter_build_info", "version", 2}},
		setup:    "nothing; the disk that is written to most",
		machine: map[string]dependence{
			"read_await":            diskReads,
			"write_await":           diskWrites,
			"flush_await":           diskSyncs,
			"filesystem_free_ratio": onDisk,
			"inodes_free_ratio":     onDisk,
			"filesystem_readonly":   onDisk,
		},
	},
}
