package ring

import "math"

// Append is Slab.Append.
func (r Ring) Append(t int64, v float64) bool { return r.slab.Append(r.index, t, v) }

// Snapshot copies the newest samples, oldest first, into ts and vs and returns how many; at most as many as the shorter
// of the two holds. lost is the number of samples ever written that the ring no longer holds: overwritten earlier, by
// the writer while they were copied, or about to be. Samples left out only because the buffers are short are not lost.
// Any number of goroutines may call it.
func (r Ring) Snapshot(ts []int64, vs []float64) (n int, lost uint64) {
	s := r.slab
	reserve := s.reserve[r.index].Load()
	end := s.end(r.index, reserve)
	room := uint64(min(len(ts), len(vs)))
	first := max(end-min(end, room), min(end, s.oldest(reserve)))
	n, _, lost = r.copy(first, end, ts, vs)
	return n, lost
}

// Since copies samples from number from on, oldest first, into ts and vs, as many as there are and as the shorter of
// the two holds. first is the number of the first one copied; it is above from when the numbers between are lost. Ask
// next for first+n. A from that is not reached yet gives nothing. Any number of goroutines may call it.
func (r Ring) Since(from uint64, ts []int64, vs []float64) (n int, first uint64) {
	s := r.slab
	reserve := s.reserve[r.index].Load()
	end := s.end(r.index, reserve)
	if from >= end {
		return 0, from
	}
	first = max(from, s.oldest(reserve))
	end = min(end, first+uint64(min(len(ts), len(vs))))
	n, first, _ = r.copy(first, end, ts, vs)
	return n, first
}

// copy copies the numbers from first to end-1, all complete when it is called, and drops what the writer may have begun
// to overwrite since. kept is the number of the first one left; oldest is the lowest number that the ring still holds.
func (r Ring) copy(first, end uint64, ts []int64, vs []float64) (n int, kept, oldest uint64) {
	s := r.slab
	for q := first; q < end; q++ {
		w := s.at(r.index, q)
		ts[q-first] = decode(w.t.Load())
		vs[q-first] = math.Float64frombits(w.v.Load())
	}
	oldest = s.oldest(s.reserve[r.index].Load())
	kept = min(max(first, oldest), end)
	if torn := kept - first; torn > 0 {
		copy(ts, ts[torn:end-first])
		copy(vs, vs[torn:end-first])
	}
	return int(end - kept), kept, oldest
}

// Bounds returns the number of the oldest sample that the ring holds and the number after the newest, which is how many
// were ever appended. Any number of goroutines may call it.
func (r Ring) Bounds() (oldest, end uint64) {
	reserve := r.slab.reserve[r.index].Load()
	end = r.slab.end(r.index, reserve)
	return min(end, r.slab.oldest(reserve)), end
}

// Cap returns how many samples the ring can hold at most.
func (r Ring) Cap() int { return int(r.slab.mask + 1) }
