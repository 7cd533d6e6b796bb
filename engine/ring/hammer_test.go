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
	Append(t int64, v float64)
	Snapshot(ts []int64, vs []float64) (n int, lost uint64)
	Cap() int
}

// check is what a reader of a variant loads last, to know what was overwritten while it copied.
type check int

const (
	checkReserve check = iota // right
	checkCommit               // wrong: the writer may be between the cursors
	checkNothing              // wrong: whatever was copied is believed
)

// variant is the ring's protocol written once more, with two differences: the check can be chosen, and both sides give
// way in the middle of their work. Giving way makes the rare interleavings common, also on one processor; it adds none
// that could not happen. That the right check passes the same hammer shows that it is the check that is caught.
type variant struct {
	reserve, commit atomic.Uint64
	slots           []slot
	check           check
}

func newVariant(capacity int, c check) *variant {
	return &variant{slots: make([]slot, capacity), check: c}
}

func (r *variant) Cap() int { return len(r.slots) }

func (r *variant) Append(t int64, v float64) {
	q := r.commit.Load()
	s := &r.slots[q%uint64(len(r.slots))]
	r.reserve.Store(q + 1)
	s.t.Store(t)
	runtime.Gosched()
	s.v.Store(math.Float64bits(v))
	r.commit.Store(q + 1)
}

func (r *variant) Snapshot(ts []int64, vs []float64) (int, uint64) {
	size := uint64(len(r.slots))
	end := r.commit.Load()
	first := end - min(end, size)
	for q := first; q < end; q++ {
		s := &r.slots[q%size]
		ts[q-first] = s.t.Load()
		vs[q-first] = math.Float64frombits(s.v.Load())
		if q == first {
			runtime.Gosched()
		}
	}
	kept := first
	switch r.check {
	case checkReserve:
		kept = r.reserve.Load()
	case checkCommit:
		kept = r.commit.Load()
	case checkNothing:
		return int(end - first), first
	}
	kept -= min(kept, size)
	torn := min(max(kept, first), end) - first
	n := copy(ts, ts[torn:end-first])
	copy(vs, vs[torn:end-first])
	return n, kept
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
	for _, capacity := range []int{1, 2, 8, 256} {
		t.Run(fmt.Sprintf("capacity=%d", capacity), func(t *testing.T) {
			seen, lie := strike(New(capacity), 2, hammerFor)
			if lie != nil {
				t.Fatal(lie)
			}
			if capacity > 1 && seen == 0 {
				t.Fatal("no reader saw a sample: the hammer proves nothing")
			}
		})
	}
}

func TestHammerPassesTheRightVariant(t *testing.T) {
	for _, capacity := range []int{2, 8} {
		seen, lie := strike(newVariant(capacity, checkReserve), 2, hammerFor)
		if lie != nil {
			t.Errorf("capacity %d: %v", capacity, lie)
		}
		if seen == 0 {
			t.Errorf("capacity %d: no reader saw a sample", capacity)
		}
	}
}

func TestHammerCatchesTheBrokenVariants(t *testing.T) {
	for name, c := range map[string]check{"commit": checkCommit, "nothing": checkNothing} {
		t.Run(name, func(t *testing.T) {
			// The time is a bound for the worst machine; a lie ends the strike at once.
			if _, lie := strike(newVariant(2, c), 2, 20*time.Second); lie == nil {
				t.Error("not caught")
			}
		})
	}
}
