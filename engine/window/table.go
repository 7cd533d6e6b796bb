package window

import "github.com/diagnops/diagnops/engine/model"

// table finds series by the hash of their labels: open addressing with linear probing, 8 bytes a slot, so that a look-up
// is one cache line in most cases. Different series may have one hash; the caller looks at the labels. For one goroutine.
type table struct {
	slots []tableSlot // a power of two
	used  int
}

// tableSlot holds a hash and a ref plus one; 0 is an empty slot.
type tableSlot struct{ hash, ref1 uint32 }

// minTable is the size of an empty table.
const minTable = 16

// find returns the first series of the hash that is the right one.
func (t *table) find(hash uint32, is func(model.SeriesRef) bool) (model.SeriesRef, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	for i := t.home(hash); ; i = t.after(i) {
		s := t.slots[i]
		if s.ref1 == 0 {
			return 0, false
		}
		if s.hash == hash && is(model.SeriesRef(s.ref1-1)) {
			return model.SeriesRef(s.ref1 - 1), true
		}
	}
}

// add puts in a series that is not there yet.
func (t *table) add(hash uint32, ref model.SeriesRef) {
	if 4*(t.used+1) > 3*len(t.slots) {
		old := t.slots
		t.slots = make([]tableSlot, max(minTable, 2*len(old)))
		for _, s := range old {
			if s.ref1 != 0 {
				t.put(s)
			}
		}
	}
	t.put(tableSlot{hash, uint32(ref) + 1})
	t.used++
}

func (t *table) put(s tableSlot) {
	i := t.home(s.hash)
	for t.slots[i].ref1 != 0 {
		i = t.after(i)
	}
	t.slots[i] = s
}

// remove takes out a series that is there. It moves later slots of the run back, so that there are no tombstones
// (Knuth, The Art of Computer Programming, vol. 3, section 6.4, algorithm R).
func (t *table) remove(hash uint32, ref model.SeriesRef) {
	hole := t.home(hash)
	for t.slots[hole].ref1 != uint32(ref)+1 {
		hole = t.after(hole)
	}
	for i := t.after(hole); t.slots[i].ref1 != 0; i = t.after(i) {
		// A slot may move into the hole unless its home lies cyclically behind the hole and not behind itself.
		mask := len(t.slots) - 1
		if home := t.home(t.slots[i].hash); (i-home)&mask >= (i-hole)&mask {
			t.slots[hole] = t.slots[i]
			hole = i
		}
	}
	t.slots[hole] = tableSlot{}
	t.used--
}

func (t *table) home(hash uint32) int { return int(hash) & (len(t.slots) - 1) }

func (t *table) after(i int) int { return (i + 1) & (len(t.slots) - 1) }
