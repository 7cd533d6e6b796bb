package ring

import (
	"fmt"
	"math"
	"math/bits"
	"sync/atomic"
)

// MaxCapacity is the largest capacity of a ring, in samples: 256 MiB of slots, far above any window that is meant.
const MaxCapacity = 1 << 24

// slot is one sample as two atomic words.
type slot struct {
	t atomic.Int64  // owner: the writer stores between moving reserve and moving commit; readers load
	v atomic.Uint64 // owner: as t; the bits of a float64
}

// Ring is the window of one series. See the package comment for the protocol. It must not be copied.
type Ring struct {
	reserve atomic.Uint64 // owner: the writer; sample numbers below it may have been started
	commit  atomic.Uint64 // owner: the writer; sample numbers below it are complete
	mask    uint64        // owner: nobody after construction; capacity - 1
	slots   []slot        // owner: see slot
}

// New returns an empty ring for capacity samples. A capacity that is not a power of two from 1 to MaxCapacity is a
// programmer's error and panics; Capacity rounds a wish up to one.
func New(capacity int) *Ring { return &NewSlab(1, capacity)[0] }

// NewSlab returns n empty rings whose slots lie one after the other in one allocation. The slab is freed when none of
// its rings is held any more.
func NewSlab(n, capacity int) []Ring {
	if n < 1 || capacity < 1 || capacity > MaxCapacity || capacity&(capacity-1) != 0 {
		panic(fmt.Sprintf("BUG: ring: slab of %d rings with capacity %d: want 1 or more, and a power of two", n, capacity))
	}
	slots := make([]slot, n*capacity)
	rings := make([]Ring, n)
	for i := range rings {
		rings[i].mask = uint64(capacity - 1)
		rings[i].slots = slots[i*capacity : (i+1)*capacity : (i+1)*capacity]
	}
	return rings
}

// Capacity returns the smallest capacity a ring can have that holds samples samples: the next power of two, at least 1
// and at most MaxCapacity.
func Capacity(samples int) int {
	if samples <= 1 {
		return 1
	}
	if samples > MaxCapacity {
		return MaxCapacity
	}
	return 1 << bits.Len(uint(samples-1))
}

// Append writes one sample, over the oldest when the ring is full. Only one goroutine at a time may call it. It
// allocates nothing and never waits.
func (r *Ring) Append(t int64, v float64) {
	q := r.commit.Load()
	s := &r.slots[q&r.mask]
	r.reserve.Store(q + 1)
	s.t.Store(t)
	s.v.Store(math.Float64bits(v))
	r.commit.Store(q + 1)
}

// Snapshot copies the newest samples, oldest first, into ts and vs and returns how many; at most as many as the shorter
// of the two holds. lost is the number of samples ever written before the first one copied that the ring no longer
// holds: overwritten earlier, or by the writer while they were copied. Samples left out only because the buffers are
// short are not lost. Any number of goroutines may call it.
func (r *Ring) Snapshot(ts []int64, vs []float64) (n int, lost uint64) {
	end := r.commit.Load()
	room := min(uint64(min(len(ts), len(vs))), r.mask+1)
	first := end - min(end, room)
	for q := first; q < end; q++ {
		s := &r.slots[q&r.mask]
		ts[q-first] = s.t.Load()
		vs[q-first] = math.Float64frombits(s.v.Load())
	}
	lost = r.oldest(r.reserve.Load())
	if lost <= first {
		return int(end - first), lost
	}
	torn := min(lost, end) - first
	n = int(end - first - torn)
	copy(ts, ts[torn:torn+uint64(n)])
	copy(vs, vs[torn:torn+uint64(n)])
	return n, lost
}

// oldest returns the lowest sample number that is still whole when the writer has reserved up to reserve.
func (r *Ring) oldest(reserve uint64) uint64 {
	return reserve - min(reserve, r.mask+1)
}

// Len returns how many samples the ring holds.
func (r *Ring) Len() int { return int(min(r.commit.Load(), r.mask+1)) }

// Cap returns how many samples the ring can hold.
func (r *Ring) Cap() int { return int(r.mask + 1) }

// Written returns how many samples were ever appended.
func (r *Ring) Written() uint64 { return r.commit.Load() }

// Overwritten returns how many samples the ring no longer holds because newer ones took their place.
func (r *Ring) Overwritten() uint64 { return r.oldest(r.reserve.Load()) }
