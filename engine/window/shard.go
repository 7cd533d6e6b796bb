package window

import (
	"strings"
	"sync/atomic"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
)

const (
	// sweepPlaces and sweepLeaving bound a step of a sweep to about a millisecond, most of which is emptying rings.
	sweepPlaces  = 65_536
	sweepLeaving = 256
)

// shard is a Window and the goroutine that owns it.
type shard struct {
	w      *Window
	queues []*ring.Queue[*job] // by lane; the shard consumes
	events *eventLog
	news   []Event // scratch: events of the job at hand

	asleep atomic.Bool   // owner: the shard's goroutine; set before it looks at the queues once more and waits
	wake   chan struct{} // one token: there may be something in a queue
	quit   chan struct{} // closed when all queues are empty for good
}

// run works off the queues, a job of each in turn, until quit is closed.
func (s *shard) run() {
	for {
		worked := false
		for _, q := range s.queues {
			if j, _, ok := q.Pop(); ok {
				s.do(j)
				worked = true
			}
		}
		if worked {
			continue
		}
		// A lane pushes and then looks at asleep; the shard sets asleep and then looks at the queues. One of them sees
		// the other, so no job is left lying.
		s.asleep.Store(true)
		if s.idle() {
			select {
			case <-s.wake:
			case <-s.quit:
				return
			}
		}
		s.asleep.Store(false)
	}
}

func (s *shard) idle() bool {
	for _, q := range s.queues {
		if !q.Empty() {
			return false
		}
	}
	return true
}

// rouse wakes the shard if it sleeps. Any goroutine.
func (s *shard) rouse() {
	if s.asleep.Load() {
		select {
		case s.wake <- struct{}{}:
		default: // A token is there already.
		}
	}
}

// do does a job and says so.
func (s *shard) do(j *job) {
	if j.sweep != nil {
		s.sweep(j.sweep)
	} else {
		s.take(j)
	}
	// What is told of a series can be seen in the window by now.
	s.events.add(s.news)
	clear(s.news)
	s.news = s.news[:0]
	j.done.Done()
}

// take looks the series of a job up, all of them first: loads of one series do not wait for those of another, whereas
// each store of an append waits for all loads before it.
func (s *shard) take(j *job) {
	begin := 0
	for i := range j.items {
		it := &j.items[i]
		if !it.held {
			it.found = s.w.lookup(it.hash, j.keys[begin:it.end])
		}
		begin = it.end
	}
	begin = 0
	for i := range j.items {
		it := &j.items[i]
		of := &j.batch.Series[it.series]
		if series := s.resolve(it, j.keys[begin:it.end], of.Labels); series != nil {
			if series != it.found || !it.held {
				of.Handle = series
			}
			s.append(series, j.batch.Of(of), &j.taken)
		} else if of.N > 0 {
			j.taken.OverBudget += of.N
			if len(j.taken.RefusedSeries) < model.MaxRefusedNames {
				j.taken.RefusedSeries = append(j.taken.RefusedSeries, clone(of.Labels))
			}
		}
		begin = it.end
	}
}

// resolve returns the series of an item, registering it when it is new; nil when there is no room for it.
func (s *shard) resolve(it *item, key []byte, ls model.Labels) *Series {
	if it.found != nil && !it.found.Gone() {
		return it.found
	}
	if it.held {
		s.w.key = appendKey(s.w.key[:0], ls)
		key = s.w.key
	}
	// It may have been registered since, as an earlier item of the job.
	if series := s.w.lookup(it.hash, key); series != nil {
		return series
	}
	if !s.w.budget.take() {
		s.w.refused.Add(1)
		return nil
	}
	return s.w.register(it.hash, ls)
}

// append appends points to a series, counts what became of each, and notes births and deaths.
func (s *shard) append(series *Series, points []model.Point, taken *model.Taken) {
	place := s.w.placeOf(series.ref)
	_, written, _ := series.rings.Newest(place)
	for _, p := range points {
		if !series.rings.Append(place, p.TMillis, p.Value) {
			switch judge(series.rings, place, p.TMillis, p.Value) {
			case duplicate:
				taken.Duplicate++
			case conflict:
				taken.Conflict++
			case outOfOrder, appended:
				taken.OutOfOrder++
			}
			continue
		}
		taken.Appended++
		if written == 0 {
			s.note(Born, series, p.TMillis)
		}
		written++
		if stale := model.IsStale(p.Value); stale != series.ended {
			series.ended = stale
			if stale {
				s.note(Ended, series, p.TMillis)
			} else {
				s.note(Resumed, series, p.TMillis)
			}
		}
	}
}

func (s *shard) note(kind EventKind, series *Series, tMillis int64) {
	s.news = append(s.news, Event{Kind: kind, Series: series, TMillis: tMillis})
}

// sweep takes one step of a search for idle series.
func (s *shard) sweep(sw *sweep) {
	var leaving []*Series
	size := int(s.w.size.Load())
	end := min(sw.next+sweepPlaces, size)
	for ; sw.next < end && len(leaving) < sweepLeaving; sw.next++ {
		series := s.w.series(model.SeriesRef(sw.next))
		if series == nil {
			continue
		}
		if newest, _, _ := series.rings.Newest(s.w.placeOf(series.ref)); newest < sw.before {
			leaving = append(leaving, series)
			s.note(Left, series, newest)
		}
	}
	if sw.next >= size {
		sw.next = -1
	}
	sw.left += len(leaving)
	if len(leaving) > 0 {
		s.w.retire(leaving)
	}
}

// clone copies labels whose strings lie in somebody's buffer.
func clone(ls model.Labels) model.Labels {
	out := make(model.Labels, len(ls))
	for i, l := range ls {
		out[i] = model.Label{Name: strings.Clone(l.Name), Value: strings.Clone(l.Value)}
	}
	return out
}
