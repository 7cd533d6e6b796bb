package scenarios

import (
	"fmt"
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// flappingBond: one link of the bond of the database's machine drops out now and then, and what was on its way is sent
// again.
func flappingBond() synth.Script {
	const from = 42 * time.Minute
	flaps := func(a, b float64) synth.Course {
		return synth.From(from, synth.Always(a), synth.Every(3*time.Minute, 0, time.Minute, synth.Always((3*a+b)/4), synth.Always(b)))
	}
	w := usual()
	w.lost = flaps(0.0003, 0.06)
	w.waits = flaps(0, 0.55) // three transactions a request, each sent again after 200 ms or more
	w.machine = func(host *synth.Target) {
		host.Gauge("node_bonding_slaves", 0, synth.Always(2), "master", "bond0")
		host.Gauge("node_bonding_active", 0, flaps(2, 1), "master", "bond0")
		for i := range 2 {
			lost, device := synth.Always(0), fmt.Sprintf("ens%df0", i+1)
			if i == 1 {
				lost = flaps(0, 0.05)
			}
			host.Events("node_network_carrier_changes_total", lost, "device", device)
			host.Events("node_network_receive_errs_total", synth.Times(400, lost), "device", device)
			host.Events("node_network_transmit_errs_total", synth.Always(0), "device", device)
			host.Events("node_network_receive_drop_total", synth.Times(100, lost), "device", device)
			host.Events("node_network_transmit_drop_total", synth.Always(0), "device", device)
		}
	}
	statements := synth.Times(queries/2, w.load)
	w.also = func(app *synth.Target) { // as the database's driver measures it, by OpenTelemetry
		app.Events("db_client_operation_duration_seconds_count", statements, "server_address", "db", "db_system_name", "postgresql")
		app.Amount("db_client_operation_duration_seconds_sum", 0.03,
			times(statements, synth.Plus(w.taken(), synth.Times(1/queries, w.waits))), "server_address", "db", "db_system_name", "postgresql")
	}
	return synth.Script{
		ID: "flapping-bond", Title: "Orders are slow now and then", Seed: 51, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: from, To: 59 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: 47 * time.Minute, Change: model.Change{ID: "c-90", Kind: model.ChangeConfig, Component: "db", Title: "shared_buffers stays, effective_io_concurrency 200"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "db-host", Fault: "link-flapping"}}},
		Onset: from, Show: w.show,
	}
}

// fire: a zone is gone at once, with the primary of the database and what would have failed it over. The other zone's
// applications are well, and have nobody to ask.
func fire() synth.Script {
	const from = 40 * time.Minute
	w := usual()
	w.dbAlive = func(at time.Duration) bool { return at < from }
	w.missing = synth.From(from, synth.Always(0.0004), synth.Always(0.97))
	w.failing = w.missing
	show := func(st *synth.Stage) {
		w.show(st)
		keeper := st.Target(w.dbAlive, "job", "patroni", "instance", "keeper1:8008")
		keeper.Gauge("patroni_primary", 0, synth.Always(1), "scope", "shop", "name", "db1")
		keeper.Gauge("patroni_postgres_running", 0, synth.Always(1), "scope", "shop", "name", "db1")
	}
	return synth.Script{
		ID: "zone-fire", Title: "Nothing can be ordered", Seed: 52, Start: start, Duration: 55 * time.Minute, Scrape: scrape,
		Topology: `version: 1
components:
- {name: lb, kind: lb, selector: {instance: "lb1:8404"}, domain: {zone: b}, owner: edge-team, serves: [order]}
- {name: was1, kind: app, selector: {instance: "was1:8080"}, domain: {zone: b}, owner: shop-team}
- {name: was2, kind: app, selector: {instance: "was2:8080"}, domain: {zone: b}, owner: shop-team}
- {name: db, kind: db, selector: {instance: "db1:9187"}, domain: {zone: a}, owner: database-team}
- {name: db-host, kind: host, selector: {instance: "db1:9100"}, domain: {zone: a}, owner: platform-team}
- {name: db-volume, kind: disk, selector: {instance: "db1:9100", device: nvme1n1}, domain: {zone: a}, owner: storage-team}
- {name: failover, kind: app, selector: {instance: "keeper1:8008"}, domain: {zone: a}, owner: database-team}
dependencies:
- {from: lb, to: was1, kind: calls}
- {from: lb, to: was2, kind: calls}
- {from: was1, to: db, kind: calls}
- {from: was2, to: db, kind: calls}
- {from: db, to: db-host, kind: runs_on}
- {from: db, to: db-volume, kind: stored_on}
- {from: failover, to: db, kind: fails_over}
`,
		Component: "lb", Signal: model.KindErrors, From: from + 3*time.Minute, To: 54 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "db-host"}, {Component: "db"}}},
		Onset: from, Show: show,
	}
}

// retryStorm: the stock service was slow for a minute and a half; since then its callers ask it again and again, and it does
// not come to itself though no more users come than usual.
func retryStorm() synth.Script {
	const from, over = 40 * time.Minute, 40*time.Minute + 90*time.Second
	const cores = 4.0
	tries := synth.Between(over, time.Hour, synth.Between(from, over, synth.Always(1), synth.Always(2.2)), synth.Always(2.9))
	asked := synth.Times(80, tries)
	work := synth.Between(from, over, synth.Always(0.018), synth.Always(0.09)) // a collection, once
	busy := synth.Of(func(v ...float64) float64 { return min(0.985, v[0]*v[1]/cores) }, asked, work)
	latency := synth.Of(func(v ...float64) float64 { return v[0] * (1 + 8*synth.Wait(v[1], cores)) }, work, busy)
	failing := synth.From(from, synth.Always(0.0005), synth.Always(0.31))
	w := usual()
	w.waits = latency
	w.missing = synth.From(from, synth.Always(0.0004), synth.Always(0.08))
	w.failing = w.missing
	w.calls = []synth.Call{{To: "stock", Requests: synth.Requests{Rate: asked, Latency: latency, Failing: failing}}}
	show := func(st *synth.Stage) {
		w.show(st)
		st.Target(nil, "job", "stock", "instance", "stock1:8080").JVM(synth.JVM{
			URI: "/stock", Requests: synth.Requests{Rate: asked, Latency: latency, Failing: failing}, CPU: busy, Threads: threads,
			GC: synth.Between(from, over, synth.Always(0.004), synth.Always(0.7)),
		})
	}
	return synth.Script{
		ID: "retry-storm", Title: "Orders are slow and some fail", Seed: 53, Start: start, Duration: 57 * time.Minute, Scrape: scrape,
		Topology: shopTopology(
			[]string{`name: stock, kind: app, selector: {instance: "stock1:8080"}, owner: stock-team`},
			[]string{"from: was1, to: stock, kind: calls", "from: was2, to: stock, kind: calls"}),
		Component: "lb", Signal: model.KindLatency, From: from, To: 56 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "stock"}}},
		Onset: from, Show: show,
	}
}
