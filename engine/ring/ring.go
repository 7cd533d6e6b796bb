package ring

import (
	"fmt"
	"math"
	"math/bits"
	"sync/atomic"
)

const (
	// MaxCapacity is the most samples a ring can be asked to keep: 256 MiB of slots, far above any window that is meant.
	MaxCapacity = 1 << 24
	// maxStride is how many numbers are reserved at a time, at most: the reserve cursor's share of an append is a
	// sixteenth of a locked store then, and fifteen slots of 256 stand by.
	maxStride = 16
	// never is the time of a slot that nobody wrote; Append takes later ones only.
	never = math.MinInt64
)

// slot is one sample as two atomic words.
type slot struct {
	v atomic.Uint64 // owner: the writer stores it first; the bits of a float64
	t atomic.Uint64 // owner: the writer stores it second, and by that the sample is complete; a time, see code
}

// code turns a time into the bits kept in a slot, so that memory fresh from the allocator reads as never.
func code(t int64) uint64 { return uint64(t) ^ 1<<63 }

// decode is the inverse of code.
func decode(w uint64) int64 { return int64(w ^ 1<<63) }

// head is what the writer alone knows of a ring.
type head struct {
	newest int64  // owner: the writer; time of the newest sample
	next   uint64 // owner: the writer; number of the next sample
}

// Slab is the slots of many rings, row by row: slot k of every ring, then slot k+1 of every ring. See the package
// comment for why, and for the protocol.
type Slab struct {
	width   int             // rings; owner: nobody after construction
	mask    uint64          // rows - 1; owner: nobody after construction
	stride  uint64          // numbers reserved at a time, a power of two; owner: nobody after construction
	slots   []slot          // [row*width + ring]; owner: see slot
	reserve []atomic.Uint64 // by ring; owner: the writer; numbers from it on have not been started; a multiple of stride
	heads   []head          // by ring; owner: the writer
}

// Ring is one ring of a slab: a handle of two words, to be passed by value.
type Ring struct {
	slab  *Slab
	index int
}

// New returns an empty ring alone in its slab that keeps at least keep samples.
func New(keep int) Ring { return NewSlab(1, keep).Ring(0) }

// NewSlab returns a slab of empty rings, each of which keeps at least its keep newest samples. Fewer than one ring, or a
// number of samples that is not from 1 to MaxCapacity, is a programmer's error and panics.
func NewSlab(rings, keep int) *Slab {
	if rings < 1 || keep < 1 || keep > MaxCapacity {
		panic(fmt.Sprintf("BUG: ring: slab of %d rings of %d samples: want 1 or more, and 1 to %d", rings, keep, MaxCapacity))
	}
	rows, stride := shape(keep)
	return &Slab{
		width: rings, mask: rows - 1, stride: stride,
		slots:   make([]slot, rings*int(rows)),
		reserve: make([]atomic.Uint64, rings),
		heads:   newHeads(rings),
	}
}

func newHeads(n int) []head {
	heads := make([]head, n)
	for i := range heads {
		heads[i].newest = never
	}
	return heads
}

// shape returns the rows of a slab and the stride of its reserve cursors: the smallest power of two that holds keep
// samples, at least 2, and the largest stride that leaves keep of them whole. Up to stride-1 slots are reserved but not
// written yet, so that many fewer samples than rows are kept. The stride is at most half the rows: what a reserved slot
// is compared with, the number before the reserved ones, must not lie among them.
func shape(keep int) (rows, stride uint64) {
	rows = 2
	if keep > 2 {
		rows = 1 << bits.Len(uint(keep-1))
	}
	stride = min(maxStride, rows/2)
	for stride > 1 && rows-(stride-1) < uint64(keep) {
		stride /= 2
	}
	return rows, stride
}

// Bytes returns what a slab of the given size takes, in bytes: slots, cursors and all.
func Bytes(rings, keep int) int {
	rows, _ := shape(keep)
	const perSlot, perRing = 16, 8 + 16
	return rings * (int(rows)*perSlot + perRing)
}

// Ring returns a handle of ring i.
func (s *Slab) Ring(i int) Ring { return Ring{s, i} }

// Rings returns how many rings the slab has.
func (s *Slab) Rings() int { return s.width }

// at returns the slot of a number of a ring.
func (s *Slab) at(i int, q uint64) *slot { return &s.slots[int(q&s.mask)*s.width+i] }

// Append writes one sample to ring i, over the oldest when the ring is full, and tells whether it did: a time that is
// not later than the ring's newest is refused. Only one goroutine at a time may call it for a slab. It allocates
// nothing and never waits.
func (s *Slab) Append(i int, t int64, v float64) bool {
	h := &s.heads[i]
	if t <= h.newest {
		return false
	}
	q := h.next
	h.newest, h.next = t, q+1
	if q&(s.stride-1) == 0 {
		s.reserve[i].Store(q + s.stride)
	}
	w := s.at(i, q)
	w.v.Store(math.Float64bits(v))
	w.t.Store(code(t))
	return true
}

// Newest returns the time of the newest sample of ring i and how many were ever appended; ok is false when there is
// none. For the writer.
func (s *Slab) Newest(i int) (t int64, written uint64, ok bool) {
	h := &s.heads[i]
	return h.newest, h.next, h.next > 0
}

// Find returns the value that ring i holds at exactly the time t. For the writer.
func (s *Slab) Find(i int, t int64) (v float64, ok bool) {
	h := &s.heads[i]
	lo, hi := s.oldest(s.reserve[i].Load()), h.next
	for lo < hi {
		mid := lo + (hi-lo)/2
		if decode(s.at(i, mid).t.Load()) < t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == h.next || decode(s.at(i, lo).t.Load()) != t {
		return 0, false
	}
	return math.Float64frombits(s.at(i, lo).v.Load()), true
}

// Reset empties ring i for another series; numbers begin at 0 again. For the writer. What a reader copies while a ring
// is reset means nothing: before, the writer must have told readers in a way they look at after copying that the ring
// is no longer what they think.
func (s *Slab) Reset(i int) {
	for row := range s.mask + 1 {
		s.at(i, row).t.Store(code(never))
	}
	s.reserve[i].Store(0)
	s.heads[i] = head{newest: never}
}

// oldest returns the lowest number that is whole when numbers below reserve may have been started.
func (s *Slab) oldest(reserve uint64) uint64 { return reserve - min(reserve, s.mask+1) }

// end returns the number after the newest complete sample of ring i, given its reserve cursor.
//
// Numbers below reserve-stride are complete. Of the others one is complete when its time is later than that of the
// number before it: until it is written, its slot holds an earlier time, or never.
func (s *Slab) end(i int, reserve uint64) uint64 {
	if reserve == 0 {
		return 0
	}
	q, before := reserve-s.stride, int64(never)
	if q > 0 {
		before = decode(s.at(i, q-1).t.Load())
	}
	for ; q < reserve; q++ {
		t := decode(s.at(i, q).t.Load())
		if t <= before {
			break
		}
		before = t
	}
	return q
}
