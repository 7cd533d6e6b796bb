package scenarios

import (
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// clockBackup: every half hour a backup is written to the database's own volume, and each time everybody waits for it.
func clockBackup() synth.Script {
	const period, phase, lasting = 30 * time.Minute, 10 * time.Minute, 5 * time.Minute
	during := func(a, b float64) synth.Course {
		return synth.Every(period, phase, lasting, synth.Always(a), synth.Always(b))
	}
	w := usual()
	w.iops, w.queue, w.busy, w.storage = during(140, 900), during(0.09, 38), during(0.07, 0.997), during(0.05, 22)
	job := func(n int, id string) synth.ScriptChange {
		return synth.ScriptChange{At: phase + time.Duration(n)*period, Change: model.Change{
			ID: id, Kind: model.ChangeJob, Component: "db-volume", Title: "pg_basebackup", AuthorTeam: "database-team",
		}}
	}
	return synth.Script{
		ID: "clock-backup", Title: "Orders are slow at ten past and twenty to", Seed: 21, Start: start, Duration: 80 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: phase + 2*period, To: phase + 2*period + lasting,
		Changes: []synth.ScriptChange{job(0, "j-1"), job(1, "j-2"), job(2, "j-3")},
		Truth:   model.Truth{Causes: []model.TrueCause{{Component: "db-volume", Signal: "io_queue_length", Fault: "disk-io-saturation"}}},
		Onset:   phase + 2*period, Show: w.show,
	}
}

// rollbackInVain: a setting was changed an hour before the trouble; it is put back, and nothing gets better, for a session
// that holds locks is what everybody waits for.
func rollbackInVain() synth.Script {
	const from = 40 * time.Minute
	w := usual()
	w.locks = synth.Ramp(from, from+2*time.Minute, 0.02, 30)
	return synth.Script{
		ID: "rollback-in-vain", Title: "Orders are slow, and rolling back did not help", Seed: 22, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: from, To: 59 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: 30 * time.Minute, Change: model.Change{ID: "c-40", Kind: model.ChangeConfig, Component: "lb", Title: "maxconn 4000 to 6000", From: "4000", To: "6000", AuthorTeam: "edge-team"}},
			{At: 48 * time.Minute, Change: model.Change{ID: "c-41", Kind: model.ChangeConfig, Component: "lb", Title: "back to maxconn 4000", From: "6000", To: "4000", AuthorTeam: "edge-team"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "db", Signal: "lock_waiters", Fault: "lock-contention"}}},
		Onset: from, Show: w.show,
	}
}

// noisyNeighbour: reports are computed on the machine of the database.
func noisyNeighbour() synth.Script {
	const from = 38 * time.Minute
	w := usual()
	w.dbCPU = synth.From(from, synth.Always(0.16), synth.Always(0.985))
	w.txn = synth.From(from, synth.Always(0.002), synth.Always(0.019))
	show := func(st *synth.Stage) {
		w.show(st)
		batch := st.Target(nil, "job", "reports", "instance", "db1:9404")
		batch.Amount("process_cpu_seconds_total", 0.03, synth.From(from, synth.Always(0.04), synth.Always(3.3)))
		batch.Gauge("process_resident_memory_bytes", 0.02, synth.Always(700<<20))
		batch.Gauge("process_start_time_seconds", 0, synth.Always(float64(start.Add(-200*time.Hour).Unix())))
	}
	return synth.Script{
		ID: "noisy-neighbour", Title: "Orders are slow", Seed: 23, Start: start, Duration: 55 * time.Minute, Scrape: scrape,
		Topology: shopTopology(
			[]string{`name: reports, kind: job, selector: {instance: "db1:9404"}, owner: analytics-team`},
			[]string{"from: reports, to: db-host, kind: runs_on"}),
		Component: "lb", Signal: model.KindLatency, From: from, To: 54 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "reports"}, {Component: "db-host", Fault: "cpu-saturation"}}},
		Onset: from, Show: show,
	}
}

// diskFilling: nobody suffers yet, but the database's file system will be full in less than three hours.
func diskFilling() synth.Script {
	w := usual()
	w.room = synth.Ramp(0, 75*time.Minute, 0.30, 0.09)
	return synth.Script{
		ID: "disk-filling", Title: "Is anything slow?", Seed: 24, Start: start, Duration: 75 * time.Minute, Scrape: scrape,
		Topology:  shopTopology(nil, nil),
		Component: "lb", Signal: model.KindLatency, From: 60 * time.Minute, To: 75 * time.Minute,
		Truth: model.Truth{None: true}, Show: w.show,
	}
}
