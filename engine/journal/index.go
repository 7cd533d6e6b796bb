package journal

import (
	"bytes"
	"hash/maphash"
	"math"
)

// index numbers the series that a segment names, by all of their labels.
type index struct {
	seed maphash.Seed
	mask uint64 // all ones; tests narrow it to make hashes clash

	// slots are an open-addressing table of series: a look-up begins at the hash modulo the length, a power of two, and
	// goes on up to a slot that is empty. At most half of them are taken.
	slots  []slot
	series []indexed // by reference
	keys   []byte    // spelled labels of all series, one after the other
}

// slot is eight bytes, so that a look-up among more series than the cache holds waits for memory once.
type slot struct {
	tag   uint32 // the upper half of the hash: other series are passed over without a look at their labels
	taken uint32 // the reference plus one; 0 = empty
}

type indexed struct {
	hash uint64
	end  int // of its key in keys; it begins where that of the one before ends
}

// minSlots is the length of a table of few series.
const minSlots = 1024

func newIndex() index {
	return index{seed: maphash.MakeSeed(), mask: math.MaxUint64, slots: make([]slot, minSlots)}
}

// hash may be called while others use the index: it reads what never changes.
func (x *index) hash(key []byte) uint64 { return maphash.Bytes(x.seed, key) & x.mask }

// find returns the reference of the series with these spelled labels, of that hash.
func (x *index) find(key []byte, hash uint64) (ref uint32, ok bool) {
	last, tag := uint64(len(x.slots)-1), uint32(hash>>32)
	for i := hash & last; ; i = (i + 1) & last {
		s := x.slots[i]
		if s.taken == 0 {
			return 0, false
		}
		if s.tag == tag && bytes.Equal(x.key(s.taken-1), key) {
			return s.taken - 1, true
		}
	}
}

func (x *index) key(ref uint32) []byte {
	begin := 0
	if ref > 0 {
		begin = x.series[ref-1].end
	}
	return x.keys[begin:x.series[ref].end]
}

// add numbers a series that find does not know.
func (x *index) add(key []byte, hash uint64) (ref uint32) {
	ref = uint32(len(x.series))
	x.keys = append(x.keys, key...)
	x.series = append(x.series, indexed{hash: hash, end: len(x.keys)})
	if 2*len(x.series) <= len(x.slots) {
		x.file(ref)
		return ref
	}
	x.slots = make([]slot, 2*len(x.slots))
	for r := range x.series {
		x.file(uint32(r))
	}
	return ref
}

// file enters a series into the table.
func (x *index) file(ref uint32) {
	hash, last := x.series[ref].hash, uint64(len(x.slots)-1)
	i := hash & last
	for x.slots[i].taken != 0 {
		i = (i + 1) & last
	}
	x.slots[i] = slot{tag: uint32(hash >> 32), taken: ref + 1}
}

// reset forgets all series and keeps the space.
func (x *index) reset() {
	clear(x.slots)
	x.series, x.keys = x.series[:0], x.keys[:0]
}
