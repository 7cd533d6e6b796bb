package window

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// Cut is one read-only view of a Window at an event time. Any number of goroutines may use it.
type Cut struct {
	w       *Window
	atMs    int64
	series  []entry                  // registered when the cut was made
	columns []atomic.Pointer[column] // by ref; owner: whoever first swaps it from nil, then nobody
}

// column is the samples of one series in a cut, ascending in time; it never changes.
type column struct {
	ts   []int64
	vs   []float64
	lost uint64 // older samples that the ring no longer held
}

// Cut makes a view of all series as of the given time: samples later than at are not in it. Any goroutine.
func (w *Window) Cut(at time.Time) *Cut {
	series := w.snapshot()
	return &Cut{w: w, atMs: model.Millis(at), series: series, columns: make([]atomic.Pointer[column], len(series))}
}

// At returns the time of the cut.
func (c *Cut) At() time.Time { return model.FromMillis(c.atMs) }

// column copies a series' samples, once.
func (c *Cut) column(ref model.SeriesRef) *column {
	slot := &c.columns[ref]
	if col := slot.Load(); col != nil {
		return col
	}
	r := c.series[ref].ring
	// The owner may append between here and the copying; without room to spare its sample would push out the oldest.
	n := min(r.Len()+2, r.Cap())
	col := &column{ts: make([]int64, n), vs: make([]float64, n)}
	n, col.lost = r.Snapshot(col.ts, col.vs)
	end, _ := slices.BinarySearch(col.ts[:n], c.atMs+1)
	col.ts, col.vs = col.ts[:end:end], col.vs[:end:end]
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
	for ref := range c.series {
		n := c.samples(model.SeriesRef(ref))
		samples += n
		if n > 0 {
			series++
		}
	}
	return series, samples
}

// samples counts a series' samples in the cut without copying them in the common case that all are.
func (c *Cut) samples(ref model.SeriesRef) int {
	if col := c.columns[ref].Load(); col != nil {
		return len(col.ts)
	}
	var newest [1]int64
	var value [1]float64
	if n, _ := c.series[ref].ring.Snapshot(newest[:], value[:]); n == 1 && newest[0] <= c.atMs {
		return c.series[ref].ring.Len()
	}
	return len(c.column(ref).ts)
}

// Lost counts the samples of the series asked for so far that the rings no longer held when they were copied: how much
// further back the cut would reach with longer rings.
func (c *Cut) Lost() uint64 {
	var n uint64
	for i := range c.columns {
		if col := c.columns[i].Load(); col != nil {
			n += col.lost
		}
	}
	return n
}

// selectRefs returns the series that satisfy every matcher, ascending by ref.
func (c *Cut) selectRefs(ms []*labels.Matcher) []model.SeriesRef {
	c.w.mu.RLock()
	cands, ok := c.w.index.candidates(ms)
	c.w.mu.RUnlock()
	if !ok {
		cands = make([]model.SeriesRef, len(c.series))
		for i := range cands {
			cands[i] = model.SeriesRef(i)
		}
	}
	// Series registered since the cut was made are not in it.
	end, _ := slices.BinarySearch(cands, model.SeriesRef(len(c.series)))
	refs := make([]model.SeriesRef, 0, end)
	for _, ref := range cands[:end] {
		if matches(c.series[ref].labels, ms) {
			refs = append(refs, ref)
		}
	}
	return refs
}

func matches(ls labels.Labels, ms []*labels.Matcher) bool {
	for _, m := range ms {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return true
}
