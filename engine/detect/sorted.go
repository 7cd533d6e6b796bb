package detect

import "slices"

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
