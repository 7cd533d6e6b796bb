package window

import (
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// feedEvents is how many events a feed takes at a time.
	feedEvents = 256
	// feedSamples is how many samples a feed copies at a time.
	feedSamples = 64
)

// Feed reads a Live series by series under references of its own, which it gives to one series each and never again. It
// learns of series by the Live's events; when it was too slow and some are lost, it looks at what there is. For one
// goroutine, while others write to the Live.
type Feed struct {
	live   *Live
	event  uint64 // next event to take
	series map[model.SeriesRef]*Series
	refs   map[*Series]model.SeriesRef
	next   uint64 // next reference to give out; as many were given
	events []Event
	ts     []int64
	vs     []float64
}

// NewFeed returns a feed that knows of no series yet.
func (l *Live) NewFeed() *Feed {
	return &Feed{
		live: l, series: map[model.SeriesRef]*Series{}, refs: map[*Series]model.SeriesRef{},
		events: make([]Event, feedEvents), ts: make([]int64, feedSamples), vs: make([]float64, feedSamples),
	}
}

// Births appends to refs the series that are there and that the feed learnt of after the given point, in that order, and
// returns the point up to which they are now known. 0 is before the first.
func (f *Feed) Births(since uint64, refs []model.SeriesRef) (born []model.SeriesRef, now uint64) {
	f.learn()
	if f.next-min(since, f.next) <= uint64(len(f.series)) {
		for ref := since; ref < f.next; ref++ {
			if f.series[model.SeriesRef(ref)] != nil {
				refs = append(refs, model.SeriesRef(ref))
			}
		}
		return refs, f.next
	}
	for _, ref := range slices.Sorted(maps.Keys(f.series)) {
		if uint64(ref) >= since {
			refs = append(refs, ref)
		}
	}
	return refs, f.next
}

// learn takes the events that came since it was last called.
func (f *Feed) learn() {
	for {
		n, next, lost := f.live.Events(f.event, f.events)
		f.event = next
		for _, e := range f.events[:n] {
			if e.Kind == Left {
				f.forget(e.Series)
			} else {
				f.meet(e.Series)
			}
		}
		clear(f.events[:n])
		if lost > 0 {
			f.look()
		}
		if n < len(f.events) {
			return
		}
	}
}

// look learns of all series there are, and forgets those that are not.
func (f *Feed) look() {
	for _, s := range f.live.Select() {
		if _, end := s.Bounds(); end > 0 {
			f.meet(s)
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(f.series)) {
		if s := f.series[ref]; s.Gone() {
			f.forget(s)
		}
	}
}

func (f *Feed) meet(s *Series) {
	if _, known := f.refs[s]; known || s.Gone() {
		return
	}
	ref := model.SeriesRef(f.next)
	f.next++
	f.series[ref], f.refs[s] = s, ref
}

func (f *Feed) forget(s *Series) {
	if ref, known := f.refs[s]; known {
		delete(f.series, ref)
		delete(f.refs, s)
	}
}

// Labels returns the labels of a series; ok is false when it is there no more.
func (f *Feed) Labels(ref model.SeriesRef) (ls labels.Labels, ok bool) {
	s := f.series[ref]
	if s == nil || s.Gone() {
		return labels.EmptyLabels(), false
	}
	return s.labels, true
}

// Samples copies samples of a series into the buffer, oldest first, from number on, as Series.Since does: first is the
// number of the first one copied, those between are lost. ok is false, and nothing copied, when the series is there no
// more.
func (f *Feed) Samples(ref model.SeriesRef, number uint64, into []model.Point) (n int, first uint64, ok bool) {
	s := f.series[ref]
	if s == nil {
		return 0, number, false
	}
	first = number
	for n < len(into) {
		room := min(len(into)-n, feedSamples)
		got, at := s.Since(first+uint64(n), f.ts[:room], f.vs[:room])
		if n == 0 {
			first = at
		} else if got > 0 && at != first+uint64(n) {
			break // Some were overwritten meanwhile; they are told of as lost next time.
		}
		for i := range got {
			into[n+i] = model.Point{TMillis: f.ts[i], Value: f.vs[i]}
		}
		n += got
		if got < room {
			break
		}
	}
	if s.Gone() {
		return 0, number, false
	}
	return n, first, true
}
