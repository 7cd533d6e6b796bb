package window

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// Cut is one read-only view of a Window, or of all shards of a Live, at an event time. Any number of goroutines may use
// it.
type Cut struct {
	atMs  int64
	parts []part
}

// part is what a cut sees of one Window.
type part struct {
	w       *Window
	slabs   []*slab                        // made when the cut was
	size    int                            // refs given out when the cut was made
	born    uint64                         // series registered until then
	columns []atomic.Pointer[[]columnSlot] // by slab; owner: whoever first swaps it from nil
}

// columnSlot holds the column of one ref; owner: whoever first swaps it from nil, then nobody.
type columnSlot = atomic.Pointer[column]

// column is the samples of one series in a cut, ascending in time; it never changes.
type column struct {
	ts   []int64
	vs   []float64
	lost uint64 // older samples that the ring no longer held
}

// picked is a series as a cut sees it.
type picked struct {
	*Series
	part *part
}

// Cut makes a view of all series as of the given time: samples later than at are not in it. Any goroutine.
func (w *Window) Cut(at time.Time) *Cut { return cutOf(at, w) }

func cutOf(at time.Time, windows ...*Window) *Cut {
	c := &Cut{atMs: model.Millis(at), parts: make([]part, len(windows))}
	for i, w := range windows {
		c.parts[i] = w.part()
	}
	return c
}

// part returns what there is to see of the window now. Any goroutine.
func (w *Window) part() part {
	p := part{w: w, born: w.born.Load(), size: int(w.size.Load())}
	if slabs := w.published.Load(); slabs != nil {
		p.slabs = *slabs
	}
	p.columns = make([]atomic.Pointer[[]columnSlot], len(p.slabs))
	return p
}

// At returns the time of the cut.
func (c *Cut) At() time.Time { return model.FromMillis(c.atMs) }

// series returns the series in a place; nil when there is none, or one that was registered after the cut was made.
func (p *part) series(ref model.SeriesRef) *Series {
	if int(ref) >= p.size {
		return nil
	}
	s := p.slabs[p.w.slabOf(ref)].series[p.w.placeOf(ref)].Load()
	if s == nil || s.born > p.born {
		return nil
	}
	return s
}

// slot returns where the column of a place is kept. At most one series of a place is in a cut: what comes into it later
// was registered after the cut was made.
func (p *part) slot(ref model.SeriesRef) *columnSlot {
	of := &p.columns[p.w.slabOf(ref)]
	slots := of.Load()
	if slots == nil {
		fresh := make([]columnSlot, p.w.width)
		if !of.CompareAndSwap(nil, &fresh) {
			slots = of.Load()
		} else {
			slots = &fresh
		}
	}
	return &(*slots)[p.w.placeOf(ref)]
}

// column copies a series' samples, once.
func (c *Cut) column(s picked) *column {
	slot := s.part.slot(s.ref)
	if col := slot.Load(); col != nil {
		return col
	}
	r := s.ring()
	// The owner may append between here and the copying; without room to spare its sample would push out the oldest.
	oldest, end := r.Bounds()
	n := min(int(end-oldest)+2, r.Cap())
	col := &column{ts: make([]int64, n), vs: make([]float64, n)}
	n, col.lost = r.Snapshot(col.ts, col.vs)
	if s.Gone() {
		n, col.lost = 0, 0
	}
	upTo, _ := slices.BinarySearch(col.ts[:n], c.atMs+1)
	col.ts, col.vs = col.ts[:upTo:upTo], col.vs[:upTo:upTo]
	if !slot.CompareAndSwap(nil, col) {
		return slot.Load()
	}
	return col
}

// between returns the samples with from <= time <= to, in milliseconds.
func (col *column) between(from, to int64) ([]int64, []float64) {
	lo, _ := slices.BinarySearch(col.ts, from)
	hi, found := slices.BinarySearch(col.ts, to)
	if found {
		hi++
	}
	if hi < lo {
		hi = lo
	}
	return col.ts[lo:hi], col.vs[lo:hi]
}

// Raw counts the series with at least one sample in the cut, and their samples.
func (c *Cut) Raw() (series, samples int) {
	for i := range c.parts {
		p := &c.parts[i]
		for ref := range model.SeriesRef(p.size) {
			if s := p.series(ref); s != nil {
				n := c.samples(picked{s, p})
				samples += n
				series += min(n, 1)
			}
		}
	}
	return series, samples
}

// samples counts a series' samples in the cut without copying them in the common case that all are.
func (c *Cut) samples(s picked) int {
	if newest, held := s.newest(); held == 0 || newest <= c.atMs {
		return held
	}
	return len(c.column(s).ts)
}

// Lost counts the samples of the series asked for so far that the rings no longer held when they were copied: how much
// further back the cut would reach with longer rings.
func (c *Cut) Lost() uint64 {
	var n uint64
	for i := range c.parts {
		for k := range c.parts[i].columns {
			slots := c.parts[i].columns[k].Load()
			if slots == nil {
				continue
			}
			for j := range *slots {
				if col := (*slots)[j].Load(); col != nil {
					n += col.lost
				}
			}
		}
	}
	return n
}

// pick returns the series that satisfy every matcher, in the order of their places.
func (c *Cut) pick(ms []*labels.Matcher) []picked {
	var out []picked
	for i := range c.parts {
		p := &c.parts[i]
		refs, ok := p.w.postings.candidates(ms)
		if ok {
			refs = slices.Clone(refs)
			slices.Sort(refs)
			refs = slices.Compact(refs)
		} else {
			refs = make([]model.SeriesRef, p.size)
			for k := range refs {
				refs[k] = model.SeriesRef(k)
			}
		}
		for _, ref := range refs {
			if s := p.series(ref); s != nil && matches(s.labels, ms) {
				out = append(out, picked{s, p})
			}
		}
	}
	return out
}

// handles returns the series that satisfy every matcher, sorted by labels.
func (c *Cut) handles(ms []*labels.Matcher) []*Series {
	found := c.sorted(ms)
	out := make([]*Series, len(found))
	for i := range found {
		out[i] = found[i].Series
	}
	return out
}

func matches(ls labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return true
}
