package promapi

import (
	"sync"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// PollStats are the counters of a Poller since it was made.
type PollStats struct {
	Rounds, Failed uint64 // polls and fills, and those of them that ended with an error
	Paused         uint64 // polls at which nothing was asked for, after failures
	Queries        uint64 // questions; Stats.Requests counts attempts
	Bytes          uint64 // of answers, after decompression
	Cut            uint64 // questions that were too much, and asked again in parts

	Samples, Histograms uint64 // handed to the sink; a histogram becomes several points
	Repeated            uint64 // samples that were passed on before: the overlap
	Refused             uint64 // samples later than asked for, and histograms that are none
	// Unread is the time, added up over groups of metrics, that was further back than PollOptions.Backfill when the source could
	// be asked again.
	Unread time.Duration
	// Warnings of the source, a partial answer among them: what it left out then is asked for again only within the overlap.
	Warnings    uint64
	LastWarning string

	Taken model.Taken // by the sink
}

// pollTally is a PollStats that several readers add to.
type pollTally struct {
	mu    sync.Mutex
	stats PollStats
}

func (t *pollTally) count(add func(*PollStats)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	add(&t.stats)
}

// add counts a batch and what became of it.
func (t *pollTally) add(b *pollBatch, taken *model.Taken) {
	t.count(func(s *PollStats) {
		s.Samples += b.samples
		s.Histograms += b.histograms
		s.Repeated += b.repeated
		s.Refused += b.refused
		s.Taken.Add(*taken)
	})
}

func (t *pollTally) snapshot() PollStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	s.Taken.RefusedSeries = append([]model.Labels(nil), s.Taken.RefusedSeries...)
	return s
}
