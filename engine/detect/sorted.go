package detect

import (
	"math"
	"slices"
)

// sorted is a multiset of numbers in ascending order: the known points of a window that slides. A point that comes or
// goes moves those above it; a window is rarely longer than some hundred points, and moving these costs less than keeping
// a tree or two heaps.
type sorted []float64

// insert adds v, unless it is unknown.
func (s *sorted) insert(v float64) {
	if known(v) {
		*s = slices.Insert(*s, s.find(v), v)
	}
}

// remove takes out one v, which must have been inserted; what is unknown never was.
func (s *sorted) remove(v float64) {
	if known(v) {
		i := s.find(v)
		*s = slices.Delete(*s, i, i+1)
	}
}

// exchange takes one number out, as remove does, and puts another in, as insert does; changed tells whether the multiset
// is another one now. Only what lies between the two moves.
func (s *sorted) exchange(out, in float64) (changed bool) {
	switch {
	case out == in:
		return false
	case !known(out) || !known(in):
		n := len(*s)
		s.remove(out)
		s.insert(in)
		return len(*s) != n
	}
	xs := *s
	from, to := xs.find(out), xs.find(in)
	if from < to {
		to-- // the place once out is gone
		copy(xs[from:to], xs[from+1:to+1])
	} else {
		copy(xs[to+1:from+1], xs[to:from])
	}
	xs[to] = in
	return true
}

// find is the place of the first number that is not below v.
func (s sorted) find(v float64) int {
	lo, hi := 0, len(s)
	for lo < hi {
		if mid := (lo + hi) / 2; s[mid] < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// medianDeviation is the median distance from the middle: the same rank of |x - middle| that quantile takes, found by
// halving in the two ordered halves instead of by selection.
func (s sorted) medianDeviation(middle float64) float64 {
	split := s.find(middle) // below it smaller ones, from it on the others
	below := func(i int) float64 { return middle - s[split-1-i] }
	above := func(i int) float64 { return s[split+i] - middle }
	nBelow, nAbove := split, len(s)-split
	rank := rankOf(len(s), 0.5)
	// The smallest rank+1 distances are the first i below and the first rank+1-i above, for one i.
	lo, hi := max(0, rank+1-nAbove), min(rank+1, nBelow)
	for lo < hi {
		i := (lo + hi) / 2
		if below(i) < above(rank-i) {
			lo = i + 1
		} else {
			hi = i
		}
	}
	d := math.Inf(-1)
	if lo > 0 {
		d = below(lo - 1)
	}
	if j := rank - lo; j >= 0 {
		d = max(d, above(j))
	}
	return d
}
