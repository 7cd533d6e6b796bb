// Package scenarios tells incidents as scripts of package synth: what engineers lived through, in the metrics that the true
// exporters would have shown, at plausible rates. They lie as bundles under testdata/scenarios (make scenarios writes them),
// each with an expect.yaml, written by hand, that says what must be answered: which cause comes first, which others are
// ruled out and by which test, which changes are cleared; and the same with the culprit's own metrics left out.
//
// A scenario says what happens (load, times, waits), never what is to be found. What follows from it is computed: times of
// callers from those of callees, connections and threads in use by Little's law, waits by queueing.
package scenarios

import (
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
)

// All are the scenarios, by name.
func All() []synth.Script {
	return []synth.Script{
		storageQueue(), periodicLoad(), ticketSale(), poolLeak(), gcPause(), doubleTraffic(), monitoringGap(),
		clockBackup(), rollbackInVain(), noisyNeighbour(), diskFilling(), cacheStampede(), replicaLag(), slowNames(), certificateExpired(),
		canary(), countryFlag(), kernelOption(), badLot(), flappingBond(), fire(), retryStorm(),
	}
}

// start is when the stories begin: a Tuesday morning.
var start = time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)

const scrape = 30 * time.Second
