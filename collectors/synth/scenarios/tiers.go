package scenarios

import (
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// storageQueue: the balancer fails requests, for the applications are late, for the database is, whose processors idle: its
// volume is full of another's writes.
func storageQueue() synth.Script {
	const from, to = 45 * time.Minute, 56 * time.Minute
	during := func(a, b float64) synth.Course { return synth.Between(from, to, synth.Always(a), synth.Always(b)) }
	w := usual()
	w.iops, w.queue, w.busy = during(140, 1100), during(0.09, 46), during(0.07, 0.998)
	w.storage = during(0.05, 34) // a flush takes as long as the queue
	w.failing = synth.Between(from+30*time.Second, to, synth.Always(0.0004), synth.Always(0.07))
	w.dbCPU = during(0.16, 0.13)
	return synth.Script{
		ID: "storage-queue", Title: "The balancer returns 5xx", Seed: 1, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindErrors, From: from + 30*time.Second, To: to,
		Changes: []synth.ScriptChange{
			{At: 20 * time.Minute, Change: model.Change{ID: "d-311", Kind: model.ChangeDeploy, Component: "was1", Title: "shop 4.18.2", From: "4.18.1", To: "4.18.2", AuthorTeam: "shop-team", Notes: "new footer"}},
			{At: 50 * time.Minute, Change: model.Change{ID: "s-88", Kind: model.ChangeConfig, Component: "db", Title: "max_connections stays, work_mem 8MB", AuthorTeam: "database-team"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "db-volume", Signal: "io_queue_length", Fault: "disk-io-saturation"}}},
		Onset: from, Show: w.show,
	}
}

// periodicLoad: every 20 minutes a partner fetches all that is new, and everybody waits for the database's processors.
func periodicLoad() synth.Script {
	const period, phase, lasting = 20 * time.Minute, 12 * time.Minute, 4 * time.Minute
	w := usual()
	w.underLoad(synth.Every(period, phase, lasting, synth.Always(80), synth.Always(430)))
	w.dbCPU = capped(0.985, w.dbCPU)
	w.txn = times(w.txn, synth.Of(func(v ...float64) float64 { return 1 + 12*synth.Wait(v[0], 4) }, w.dbCPU))
	return synth.Script{
		ID: "periodic-load", Title: "Orders are slow now and then", Seed: 3, Start: start, Duration: 77 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: phase + 3*period, To: phase + 3*period + lasting,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "lb", Signal: "requests", Fault: "traffic-surge"}}},
		Onset: phase + 3*period, Show: w.show,
	}
}

// capped is a course that a limit bounds.
func capped(limit float64, c synth.Course) synth.Course {
	return synth.Of(func(v ...float64) float64 { return min(v[0], limit) }, c)
}

// poolLeak: since its last deploy an application loses a connection now and then, until none is left.
func poolLeak() synth.Script {
	const deployed, full = 22 * time.Minute, 48 * time.Minute
	w := usual()
	w.leaked = synth.From(full, synth.Ramp(deployed, full, 0, poolSize), synth.Ramp(full, time.Hour, poolSize, poolSize+130))
	w.failing = synth.Ramp(full, time.Hour, 0.0004, 0.05)
	return synth.Script{
		ID: "pool-leak", Title: "Orders take seconds", Seed: 11, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: full, To: 59 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: deployed, Change: model.Change{ID: "d-402", Kind: model.ChangeDeploy, Component: "was1", Title: "shop 5.0.0 on was1", From: "4.19.0", To: "5.0.0", AuthorTeam: "shop-team", Notes: "orders are written in a transaction of their own"}},
			{At: 40 * time.Minute, Change: model.Change{ID: "c-17", Kind: model.ChangeConfig, Component: "db", Title: "log_min_duration_statement 500ms", AuthorTeam: "database-team"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "was1", Fault: "connection-pool-exhaustion"}, {Component: "was1", Change: "d-402"}}},
		Onset: deployed, Show: w.show,
	}
}

// gcPause: a report is kept in memory, and collections stop one of the applications.
func gcPause() synth.Script {
	const from = 42 * time.Minute
	w := usual()
	w.heap = synth.From(from, synth.Always(0.45), synth.Always(0.94))
	w.gc = synth.From(from, synth.Always(0.004), synth.Ramp(from, from+2*time.Minute, 0.2, 0.72))
	return synth.Script{
		ID: "gc-pause", Title: "Orders are slow", Seed: 12, Start: start, Duration: 55 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: from, To: 54 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: 46 * time.Minute, Change: model.Change{ID: "d-77", Kind: model.ChangeDeploy, Component: "was2", Title: "shop 4.20.1", From: "4.20.0", To: "4.20.1", AuthorTeam: "shop-team"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "was1", Signal: "gc_time_ratio", Fault: "heap-exhaustion"}}},
		Onset: from, Show: w.show,
	}
}

// doubleTraffic: twice as many come as usual, and are served as well as ever.
func doubleTraffic() synth.Script {
	w := usual()
	w.underLoad(synth.Ramp(38*time.Minute, 42*time.Minute, 80, 160))
	return synth.Script{
		ID: "double-traffic", Title: "Is anything slow?", Seed: 13, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: 43 * time.Minute, To: 59 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: 38 * time.Minute, Change: model.Change{ID: "t-1", Kind: model.ChangeTraffic, Component: "lb", Title: "newsletter sent"}},
		},
		Truth: model.Truth{None: true}, Show: w.show,
	}
}

// monitoringGap: nothing of the database's machine is measured any more, while its transactions are slow.
func monitoringGap() synth.Script {
	const from = 44 * time.Minute
	w := usual()
	w.txn = synth.From(from, synth.Always(0.002), synth.Always(0.09))
	w.dbAlive = func(at time.Duration) bool { return at < from-time.Minute }
	return synth.Script{
		ID: "monitoring-gap", Title: "Orders are slow, and a dashboard is empty", Seed: 14, Start: start, Duration: 55 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: from, To: 54 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "db"}}},
		Onset: from, Show: w.show,
	}
}
