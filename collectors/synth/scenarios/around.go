package scenarios

import (
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// redis is what redis_exporter shows of a cache; hits is the share of look-ups that it answers.
func redis(t *synth.Target, gets, hits synth.Course) {
	misses := synth.Of(func(v ...float64) float64 { return v[0] * (1 - v[1]) }, gets, hits)
	t.Gauge("redis_up", 0, synth.Always(1))
	t.Events("redis_commands_processed_total", synth.Plus(gets, misses))
	t.Events("redis_commands_total", gets, "cmd", "get")
	t.Amount("redis_commands_duration_seconds_total", 0.03, synth.Times(0.00002, gets), "cmd", "get")
	t.Events("redis_keyspace_hits_total", times(gets, hits))
	t.Events("redis_keyspace_misses_total", misses)
	t.Gauge("redis_connected_clients", 0.02, synth.Always(64))
	t.Gauge("redis_memory_used_bytes", 0.002, synth.Of(func(v ...float64) float64 { return 1e8 + 2e9*v[0] }, hits))
	t.Gauge("redis_db_keys", 0.002, synth.Times(1e6, hits), "db", "db0")
	t.Events("redis_evicted_keys_total", synth.Always(0))
}

// cacheStampede: a deploy gives the cached pages new keys, so that all must be computed again, by the database.
func cacheStampede() synth.Script {
	const deployed = 38 * time.Minute
	w := usual()
	hits := synth.From(deployed, synth.Always(0.94), synth.Ramp(deployed, deployed+40*time.Minute, 0.12, 0.6))
	missed := synth.Of(func(v ...float64) float64 { return (1 - v[0]) / 0.06 }, hits) // what it misses is asked of the database
	w.asked = missed
	w.dbCPU = capped(0.97, synth.Times(0.085, missed))
	w.txn = times(w.txn, synth.Of(func(v ...float64) float64 { return 1 + 4*synth.Wait(v[0], 4) }, w.dbCPU))
	show := func(st *synth.Stage) {
		w.show(st)
		redis(st.Target(nil, "job", "redis", "instance", "cache1:9121"), synth.Times(40, w.load), hits)
	}
	return synth.Script{
		ID: "cache-stampede", Title: "Orders are slow since the deploy", Seed: 31, Start: start, Duration: 55 * time.Minute, Scrape: scrape,
		Topology: shopTopology(
			[]string{`name: page-cache, kind: cache, selector: {instance: "cache1:9121"}`},
			[]string{"from: was1, to: page-cache, kind: calls", "from: was2, to: page-cache, kind: calls"}),
		Component: "lb", Signal: model.KindLatency, From: deployed, To: 54 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: deployed, Change: model.Change{ID: "d-600", Kind: model.ChangeCache, Component: "page-cache", Title: "page keys v7 with shop 6.0.0", From: "v6", To: "v7", AuthorTeam: "shop-team"}},
			{At: 20 * time.Minute, Change: model.Change{ID: "c-55", Kind: model.ChangeConfig, Component: "db", Title: "log_lock_waits on"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "page-cache", Fault: "cache-flushed"}, {Component: "page-cache", Change: "d-600"}}},
		Onset: deployed, Show: show,
	}
}

// replicaLag: orders that were just written are read from a replica that has not got them yet.
func replicaLag() synth.Script {
	const from = 40 * time.Minute
	w := usual()
	w.missing = synth.From(from, synth.Always(0.0004), synth.Ramp(from, from+3*time.Minute, 0.01, 0.11))
	w.failing = w.missing
	show := func(st *synth.Stage) {
		w.show(st)
		replica := st.Target(nil, "job", "postgres", "instance", "db2:9187")
		replica.Postgres(synth.Database{Name: "shop", Transactions: synth.Always(300), Time: synth.Always(0.0016), MaxConnections: 200, Writes: synth.Always(0)})
		replica.Gauge("pg_replication_lag_seconds", 0.1, synth.Between(from-time.Minute, time.Hour, synth.Always(0.04), synth.Ramp(from-time.Minute, 59*time.Minute, 2, 600)))
		replica.Gauge("pg_replication_is_replica", 0, synth.Always(1))
	}
	return synth.Script{
		ID: "replica-lag", Title: "Orders just placed are not found", Seed: 32, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology: shopTopology(
			[]string{`name: db-replica, kind: db, selector: {instance: "db2:9187"}, owner: database-team`},
			[]string{"from: was1, to: db-replica, kind: calls", "from: was2, to: db-replica, kind: calls", "from: db-replica, to: db, kind: replicates"}),
		Component: "lb", Signal: model.KindErrors, From: from, To: 59 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "db-replica", Signal: "replication_lag", Fault: "replication-lag"}}},
		Onset: from, Show: show,
	}
}

// slowNames: looking names up takes seconds, so that every call outside does.
func slowNames() synth.Script {
	const from = 41 * time.Minute
	w := usual()
	lookup := synth.From(from, synth.Always(0.002), synth.Always(1.8))
	w.waits = synth.Times(0.5, lookup) // every second call opens a connection
	w.calls = []synth.Call{{To: "payment", Requests: synth.Requests{Rate: synth.Times(0.3, w.load), Latency: synth.Plus(synth.Always(0.09), w.waits)}}}
	show := func(st *synth.Stage) {
		w.show(st)
		dns := st.Target(nil, "job", "coredns", "instance", "dns1:9153")
		dns.Histogram("coredns_dns_request_duration_seconds", synth.Always(90), lookup, 0.8, "server", "dns://:53", "zone", ".", "type", "A")
		dns.Events("coredns_dns_requests_total", synth.Always(90), "server", "dns://:53", "zone", ".", "type", "A", "proto", "udp")
		dns.Events("coredns_dns_responses_total", synth.Always(89.8), "server", "dns://:53", "zone", ".", "rcode", "NOERROR")
		dns.Events("coredns_dns_responses_total", synth.Always(0.2), "server", "dns://:53", "zone", ".", "rcode", "SERVFAIL")
		dns.Events("coredns_panics_total", synth.Always(0))
	}
	return synth.Script{
		ID: "slow-names", Title: "Payments are slow", Seed: 33, Start: start, Duration: 58 * time.Minute, Scrape: scrape,
		Topology: shopTopology(
			[]string{`name: payment, kind: external`, `name: resolver, kind: dns, aliases: [coredns], selector: {instance: "dns1:9153"}, owner: network-team`},
			[]string{"from: was1, to: payment, kind: calls", "from: was2, to: payment, kind: calls", "from: was1, to: resolver, kind: calls", "from: was2, to: resolver, kind: calls"}),
		Component: "lb", Signal: model.KindLatency, From: from, To: 57 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "resolver"}}},
		Onset: from, Show: show,
	}
}

// certificateExpired: the certificate of a partner's interface ends, and calls fail at the handshake.
func certificateExpired() synth.Script {
	const ends = 40 * time.Minute
	w := usual()
	w.missing = synth.From(ends, synth.Always(0.0004), synth.Always(0.29))
	w.failing = w.missing
	failed := synth.From(ends, synth.Always(0.001), synth.Always(1))
	w.calls = []synth.Call{{To: "partner", Requests: synth.Requests{Rate: synth.Times(0.3, w.load), Latency: synth.From(ends, synth.Always(0.09), synth.Always(0.03)), Failing: failed}}}
	show := func(st *synth.Stage) {
		w.show(st)
		st.Target(nil, "job", "blackbox", "instance", "https://partner.example").Blackbox(synth.HTTPProbe{
			Resolve: synth.Always(0.003), Connect: synth.Always(0.011), TLS: synth.Always(0.024),
			Processing: synth.From(ends, synth.Always(0.05), synth.Always(0)),
			Success:    synth.From(ends, synth.Always(1), synth.Always(0)), Expiry: start.Add(ends),
		})
	}
	return synth.Script{
		ID: "certificate-expired", Title: "A third of the orders fail", Seed: 34, Start: start, Duration: 58 * time.Minute, Scrape: scrape,
		Topology: shopTopology(
			[]string{`name: partner, kind: external, selector: {instance: "https://partner.example"}`},
			[]string{"from: was1, to: partner, kind: calls", "from: was2, to: partner, kind: calls"}),
		Component: "lb", Signal: model.KindErrors, From: ends, To: 57 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: 33 * time.Minute, Change: model.Change{ID: "d-610", Kind: model.ChangeDeploy, Component: "was1", Title: "shop 6.1.0 on was1", From: "6.0.2", To: "6.1.0", AuthorTeam: "shop-team"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "partner", Signal: "certificate_expired", Fault: "certificate-expired"}}},
		Onset: ends, Show: show,
	}
}
