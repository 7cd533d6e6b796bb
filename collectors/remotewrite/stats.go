package remotewrite

import (
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/diagnops/diagnops/engine/model"
)

// Stats are the counters of a Handler since it was made. For every sample decoded:
//
//	Samples = plain samples Appended, OutOfOrder, Duplicate, Conflict, OverBudget or Dropped + Refused + Limited + Failed
//
// A histogram becomes several points, which are in Taken too.
type Stats struct {
	Answers      []Count // requests by status code
	Bytes        uint64  // of bodies read, compressed
	DecodedBytes uint64

	Samples, Histograms, Exemplars, Metadata uint64 // in well-formed messages

	Taken   Taken
	Refused []Count // samples and histograms refused for good, by reason
	Limited uint64  // samples and histograms answered with 429: the sender may send them again
	Failed  uint64  // points that the sink was given, or would have been, when it failed or was too busy

	Known    int    // series remembered as they are spelled
	NotKnown uint64 // series that Options.Known left no room to remember; they are looked up by their labels

	Senders []SenderStats // those remembered, by name
}

// Taken adds up model.Taken over all requests.
type Taken struct{ Appended, OutOfOrder, Duplicate, Conflict, OverBudget, Dropped uint64 }

func (t *Taken) add(o *model.Taken) {
	t.Appended += uint64(o.Appended)
	t.OutOfOrder += uint64(o.OutOfOrder)
	t.Duplicate += uint64(o.Duplicate)
	t.Conflict += uint64(o.Conflict)
	t.OverBudget += uint64(o.OverBudget)
	t.Dropped += uint64(o.Dropped)
}

// Count is a counter with a label.
type Count struct {
	Label string
	N     uint64
}

// SenderStats are the counters of one sender, since it was last forgotten.
type SenderStats struct {
	Name                string
	Requests, Refused   uint64 // Refused: answered with 4xx or 5xx
	Samples, Histograms uint64
	ActiveSeries        int // counted only where they are limited
}

// tallies is the part of Stats that requests add to, a lock a request.
type tallies struct {
	mu      sync.Mutex
	stats   Stats
	answers map[int]uint64
	refused [numReasons]uint64
}

func (t *tallies) add(a *answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.answers == nil {
		t.answers = map[int]uint64{}
	}
	t.answers[a.status]++
	s := &t.stats
	s.Bytes += uint64(a.bytes)
	s.DecodedBytes += uint64(a.decodedBytes)
	s.Samples += uint64(a.seen.Samples)
	s.Histograms += uint64(a.seen.Histograms)
	s.Exemplars += uint64(a.seen.Exemplars)
	s.Metadata += uint64(a.seen.Metadata)
	s.Taken.add(&a.taken)
	s.Limited += uint64(a.limited)
	s.Failed += uint64(a.failed)
	for i := range a.refuse {
		t.refused[i] += uint64(a.refuse[i].n)
	}
}

func (t *tallies) snapshot() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stats
	for _, status := range slices.Sorted(maps.Keys(t.answers)) {
		s.Answers = append(s.Answers, Count{strconv.Itoa(status), t.answers[status]})
	}
	for why, n := range t.refused {
		if n > 0 {
			s.Refused = append(s.Refused, Count{reason(why).String(), n})
		}
	}
	return s
}
