package window

import "sync"

// EventKind says what happened to a series.
type EventKind int

const (
	// Born says that the first sample came.
	Born EventKind = iota + 1
	// Ended says that a stale marker came: the sender says that the series is no more.
	Ended
	// Resumed says that a sample came after a stale marker.
	Resumed
	// Left says that there was no sample for so long that the window let the series go.
	Left
)

// String returns the kind in one word.
func (k EventKind) String() string {
	switch k {
	case Born:
		return "born"
	case Ended:
		return "ended"
	case Resumed:
		return "resumed"
	case Left:
		return "left"
	}
	return "unknown"
}

// Event is a birth or death of a series.
type Event struct {
	Kind   EventKind
	Series *Series
	// TMillis is the time of the sample that it was: the first, the stale marker, the one after it, or, of a series that
	// left, the newest. Unix milliseconds.
	TMillis int64
}

// eventLog keeps the newest events, numbered from 0. Owners add those of a job at a time, which is seldom: a known series
// makes none. So a mutex is all it needs; it is held for as long as the copying of a few events takes.
type eventLog struct {
	mu   sync.Mutex
	kept []Event // event q is at q mod len; owner: whoever holds mu
	next uint64  // owner: whoever holds mu
}

func newEventLog(size int) *eventLog { return &eventLog{kept: make([]Event, size)} }

func (l *eventLog) add(events []Event) {
	if len(events) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		l.kept[l.next%uint64(len(l.kept))] = e
		l.next++
	}
}

// read is Live.Events.
func (l *eventLog) read(from uint64, into []Event) (n int, next, lost uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := uint64(len(l.kept))
	first := max(from, l.next-min(l.next, size))
	if first > l.next {
		return 0, from, 0
	}
	for q := first; q < l.next && n < len(into); q++ {
		into[n] = l.kept[q%size]
		n++
	}
	return n, first + uint64(n), first - from
}

func (l *eventLog) written() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}
