package stream

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// readAhead is how many samples are copied from the source at a time.
const readAhead = 256

// feed is one series of the source that some selector reads. It is read once, for all of them.
type feed struct {
	ref    model.SeriesRef
	labels labels.Labels
	next   uint64 // number of the first sample not read yet
	lastT  int64  // time of the newest sample read
	gone   bool   // the source has it no more
	taps   []*tap
}

// binder keeps the selectors' series up with the source.
type binder struct {
	source Source
	since  uint64 // in the order of births
	index  selectorIndex
	feeds  []*feed
	byHash map[uint64][]*feed // by hash of the labels
	gone   int                // how many feeds the source has no more

	born    []model.SeriesRef // scratch
	scratch [readAhead]model.Point
	stats   *Stats
}

// births binds the series born since the last call.
func (b *binder) births() {
	b.born, b.since = b.source.Births(b.since, b.born[:0])
	for _, ref := range b.born {
		ls, ok := b.source.Labels(ref)
		if !ok {
			continue
		}
		h := ls.Hash()
		if f := b.find(h, ls); f != nil {
			// The same series again, after it had left: what is remembered of it still counts.
			b.read(f)
			f.ref, f.next = ref, 0
			if f.gone {
				f.gone = false
				b.gone--
			}
			continue
		}
		f := &feed{ref: ref, labels: ls, lastT: minTime}
		for _, s := range b.index.matching(ls) {
			tp := &tap{labels: ls, of: s}
			s.sel().add(tp)
			f.taps = append(f.taps, tp)
		}
		if len(f.taps) > 0 {
			b.feeds = append(b.feeds, f)
			b.byHash[h] = append(b.byHash[h], f)
		}
	}
}

func (b *binder) find(hash uint64, ls labels.Labels) *feed {
	for _, f := range b.byHash[hash] {
		if labels.Equal(f.labels, ls) {
			return f
		}
	}
	return nil
}

// readAll hands the samples that came since the last call to the taps.
func (b *binder) readAll() {
	for _, f := range b.feeds {
		if !f.gone {
			b.read(f)
		}
	}
}

func (b *binder) read(f *feed) {
	for n := readAhead; n == readAhead; {
		var first uint64
		var ok bool
		n, first, ok = b.source.Samples(f.ref, f.next, b.scratch[:])
		if !ok {
			if !f.gone {
				f.gone = true
				b.gone++
			}
			return
		}
		b.stats.Lost += first - f.next
		b.stats.Samples += uint64(n)
		f.next = first + uint64(n)
		b.hand(f, b.scratch[:n])
	}
}

// hand gives samples to the taps, but for those that were read before: a series that came again may begin with them.
func (b *binder) hand(f *feed, points []model.Point) {
	for len(points) > 0 && points[0].TMillis <= f.lastT {
		points = points[1:]
	}
	if len(points) == 0 {
		return
	}
	f.lastT = points[len(points)-1].TMillis
	for _, tp := range f.taps {
		markers := tp.of.sel().markers
		for _, p := range points {
			if (markers || !model.IsStale(p.Value)) && tp.push(p) {
				b.stats.Crowded++
			}
		}
	}
}

// bury lets go of the series that the source has no more and that have nothing left to say after grid point t.
func (b *binder) bury(t int64) {
	if b.gone == 0 {
		return
	}
	b.feeds = slices.DeleteFunc(b.feeds, func(f *feed) bool {
		if !f.gone || slices.ContainsFunc(f.taps, func(tp *tap) bool { return !tp.of.over(tp, t) }) {
			return false
		}
		for _, tp := range f.taps {
			tp.of.sel().bury(tp)
		}
		h := f.labels.Hash()
		if rest := slices.DeleteFunc(b.byHash[h], func(o *feed) bool { return o == f }); len(rest) > 0 {
			b.byHash[h] = rest
		} else {
			delete(b.byHash, h)
		}
		b.gone--
		return true
	})
}

// selectorIndex finds the selectors that a series matches without trying all of them: each selector is filed under one
// label value that it demands.
type selectorIndex struct {
	byLabel map[labels.Label][]selector
	open    []selector // that demand none
}

// file adds a selector, under the least crowded of the label values that it demands: a catalogue asks for the same names
// of every component, and for many names of each.
func (x *selectorIndex) file(s selector) {
	var best *labels.Label
	for _, m := range s.sel().matchers {
		if m.Type != labels.MatchEqual || m.Value == "" {
			continue
		}
		l := labels.Label{Name: m.Name, Value: m.Value}
		if best == nil || len(x.byLabel[l]) < len(x.byLabel[*best]) {
			best = &l
		}
	}
	if best == nil {
		x.open = append(x.open, s)
		return
	}
	x.byLabel[*best] = append(x.byLabel[*best], s)
}

// matching returns the selectors that take the series, in no order that means anything.
func (x *selectorIndex) matching(ls labels.Labels) (found []selector) {
	take := func(candidates []selector) {
		for _, s := range candidates {
			if s.sel().matches(ls) {
				found = append(found, s)
			}
		}
	}
	take(x.open)
	ls.Range(func(l labels.Label) { take(x.byLabel[l]) })
	return found
}
