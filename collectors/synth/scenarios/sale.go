package scenarios

import (
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// ticketSale: everybody signs up at once, each sign-up writes to the primary and sends a mail. The mail server of another
// company hangs, so that threads pile up behind it until none is left; beside that the writes hold locks.
func ticketSale() synth.Script {
	const sale, hang, full = 36 * time.Minute, 38 * time.Minute, 42 * time.Minute
	w := usual()
	w.underLoad(synth.Ramp(sale, sale+2*time.Minute, 80, 150))
	w.locks = synth.Ramp(sale, sale+6*time.Minute, 0.02, 26)
	w.dbCPU = synth.Ramp(sale, sale+6*time.Minute, 0.16, 0.45)
	w.calls = []synth.Call{{To: "mail", Requests: synth.Requests{
		Rate:    synth.From(hang, synth.Times(0.1, w.load), synth.Ramp(hang, full, 12, 3.4)),
		Latency: synth.Ramp(hang, hang+time.Minute, 0.12, 29),
		Failing: synth.Ramp(hang, hang+time.Minute, 0.001, 0.95),
	}}}
	const workers = 50.0
	held := synth.From(hang, synth.Always(0.6), synth.Ramp(hang, full, 2, workers))
	w.also = func(app *synth.Target) { app.Executor("mail", workers, held, synth.Ramp(full, time.Hour, 0, 2400)) }
	w.waits = synth.Ramp(full, full+3*time.Minute, 0, 2.6) // who finds the queue full sends the mail itself
	return synth.Script{
		ID: "ticket-sale", Title: "Sign-ups hang since the sale began", Seed: 9, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology:  shopTopology([]string{"name: mail, kind: external, aliases: [smtp]"}, []string{"from: was1, to: mail, kind: async", "from: was2, to: mail, kind: async"}),
		Component: "lb", Signal: model.KindLatency, From: full, To: 59 * time.Minute,
		Truth: model.Truth{All: true, Causes: []model.TrueCause{{Component: "mail", Fault: "dependency-hang"}, {Component: "db", Fault: "lock-contention"}}},
		Onset: hang, Show: w.show,
	}
}
