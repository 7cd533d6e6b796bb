package ring

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// window is what the hammer strikes: the ring itself, and the variants below.
type window interface {
	Append(t int64, v float64) bool
	Snapshot(ts []int64, vs []float64) (n int, lost uint64)
	Cap() int
}

// fault is what is wrong with a variant of the protocol.
type fault int

const (
	faultNone      fault = iota // right
	faultNoCheck                // the reader believes whatever it copied
	faultNoEnd                  // the reader takes every reserved number for complete
	faultTimeFirst              // the writer stores the time before the value
	faultLate                   // the writer reserves when it is through
)

// faults are the wrong ones.
var faults = map[string]fault{
	"no check": faultNoCheck, "no end": faultNoEnd, "time stored first": faultTimeFirst, "late reserve": faultLate,
}

// variant is the ring's protocol written once more, with two differences: something can be wrong with it, and both sides
// give way in the middle of their work. Giving way makes the rare interleavings common, also on one processor; it adds
// none that could not happen. That the right variant passes the same hammer shows that it is the fault that is caught.
type variant struct {
	reserve      atomic.Uint64
	next, stride uint64
	slots        []slot
	fault        fault
}

func newVariant(rows int, stride uint64, f fault) *variant {
	return &variant{slots: make([]slot, rows), stride: stride, fault: f}
}

func (r *variant) Cap() int { return len(r.slots) }

func (r *variant) at(q uint64) *slot { return &r.slots[q%uint64(len(r.slots))] }

func (r *variant) Append(t int64, v float64) bool {
	q := r.next
	r.next++
	reserve := func() {
		if q%r.stride == 0 {
			r.reserve.Store(q + r.stride)
		}
	}
	if r.fault != faultLate {
		reserve()
	}
	first, second := func() { r.at(q).v.Store(math.Float64bits(v)) }, func() { r.at(q).t.Store(code(t)) }
	if r.fault == faultTimeFirst {
		first, second = second, first
	}
	first()
	runtime.Gosched()
	second()
	if r.fault == faultLate {
		reserve()
	}
	return true
}

func (r *variant) Snapshot(ts []int64, vs []float64) (int, uint64) {
	size, reserve := uint64(len(r.slots)), r.reserve.Load()
	end := r.end(reserve)
	first := min(end, reserve-min(reserve, size))
	for q := first; q < end; q++ {
		ts[q-first] = decode(r.at(q).t.Load())
		if end%3 != 0 { // Always giving way would always let the writer finish.
			runtime.Gosched()
		}
		vs[q-first] = math.Float64frombits(r.at(q).v.Load())
	}
	kept := first
	if r.fault != faultNoCheck {
		reserve = r.reserve.Load()
		kept = min(max(first, reserve-min(reserve, size)), end)
	}
	n := copy(ts, ts[kept-first:end-first])
	copy(vs, vs[kept-first:end-first])
	return n, kept
}

func (r *variant) end(reserve uint64) uint64 {
	if r.fault == faultNoEnd {
		return reserve
	}
	q := reserve - min(reserve, r.stride)
	before := int64(never)
	if q > 0 {
		before = decode(r.at(q - 1).t.Load())
	}
	for ; q < reserve; q++ {
		t := decode(r.at(q).t.Load())
		if t <= before {
			break
		}
		before = t
	}
	return q
}

// strike lets one writer run against readers for at most the given time and returns the first lie a reader was told,
// nil if none. Sample q is written as (q, -q): a torn sample, one out of order or one out of place shows by itself.
// It also returns how many samples readers got, so that a test can insist that the hammer struck anything.
func strike(w window, readers int, limit time.Duration) (seen uint64, lie error) {
	var (
		stop  atomic.Bool
		told  atomic.Pointer[error]
		total atomic.Uint64
		wg    sync.WaitGroup
	)
	for range readers {
		wg.Go(func() {
			ts, vs := make([]int64, w.Cap()), make([]float64, w.Cap())
			last := int64(-1)
			for !stop.Load() {
				n, lost := w.Snapshot(ts, vs)
				if err := doubt(ts[:n], vs[:n], lost, &last); err != nil {
					told.CompareAndSwap(nil, &err)
					stop.Store(true)
				}
				total.Add(uint64(n))
			}
		})
	}
	deadline := time.Now().Add(limit)
	for q := int64(0); !stop.Load(); q++ {
		w.Append(q, float64(-q))
		if q%64 == 0 {
			// A pause lets a reader on the same processor in, and makes windows that nobody overwrites.
			runtime.Gosched()
			if time.Now().After(deadline) {
				stop.Store(true)
			}
		}
	}
	wg.Wait()
	if e := told.Load(); e != nil {
		return total.Load(), *e
	}
	return total.Load(), nil
}

// doubt says what is wrong with a snapshot. last is the newest number that the same reader saw before.
func doubt(ts []int64, vs []float64, lost uint64, last *int64) error {
	for i, q := range ts {
		switch {
		case vs[i] != float64(-q):
			return fmt.Errorf("torn: time %d with value %v", q, vs[i])
		case i > 0 && q != ts[i-1]+1:
			return fmt.Errorf("out of order: %d after %d", q, ts[i-1])
		case uint64(q) < lost:
			return fmt.Errorf("number %d although %d were lost", q, lost)
		}
	}
	if len(ts) > 0 {
		newest := ts[len(ts)-1]
		if newest < *last {
			return fmt.Errorf("back in time: %d after %d", newest, *last)
		}
		*last = newest
	}
	return nil
}

// hammerFor is long enough to see the broken variants fail thousands of times over.
const hammerFor = 150 * time.Millisecond

func TestHammerRing(t *testing.T) {
	for _, keep := range []int{1, 2, 3, 8, 240, 256} {
		t.Run(fmt.Sprintf("keep=%d", keep), func(t *testing.T) {
			seen, lie := strike(New(keep), 2, hammerFor)
			if lie != nil {
				t.Fatal(lie)
			}
			if keep > 1 && seen == 0 {
				t.Fatal("no reader saw a sample: the hammer proves nothing")
			}
		})
	}
}

// shapes are rows and strides of the variants, the stride at most half the rows.
var shapes = []struct {
	rows   int
	stride uint64
}{{2, 1}, {4, 2}, {8, 4}}

func TestHammerPassesTheRightVariant(t *testing.T) {
	for _, s := range shapes {
		seen, lie := strike(newVariant(s.rows, s.stride, faultNone), 2, hammerFor)
		if lie != nil {
			t.Errorf("%d rows, stride %d: %v", s.rows, s.stride, lie)
		}
		if seen == 0 {
			t.Errorf("%d rows, stride %d: no reader saw a sample", s.rows, s.stride)
		}
	}
}

func TestHammerCatchesTheBrokenVariants(t *testing.T) {
	for name, f := range faults {
		for _, s := range shapes {
			t.Run(fmt.Sprintf("%s/rows=%d", name, s.rows), func(t *testing.T) {
				// The time is a bound for the worst machine; a lie ends the strike at once.
				if _, lie := strike(newVariant(s.rows, s.stride, f), 2, 20*time.Second); lie == nil {
					t.Error("not caught")
				}
			})
		}
	}
}
