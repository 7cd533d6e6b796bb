package detect

import (
	"math"
	"slices"
)

// quantile returns the p-quantile (nearest rank on the lower side) of xs, which it reorders: a quickselect, because a
// frame asks for some ten thousand of them and sorting is ten times as dear. p is 0..1; xs must not be empty, no NaN.
func quantile(xs []float64, p float64) float64 {
	return selectNth(xs, rankOf(len(xs), p))
}

// rankOf is the nearest rank (0-based) of the p-quantile of n values.
func rankOf(n int, p float64) int { return int(p*float64(n-1) + 0.5) }

// selectNth returns the k-th smallest (0-based) value of xs, which it reorders (Hoare's selection, middle pivot).
func selectNth(xs []float64, k int) float64 {
	lo, hi := 0, len(xs)-1
	for lo < hi {
		pivot := xs[lo+(hi-lo)/2]
		i, j := lo, hi
		for i <= j {
			for xs[i] < pivot {
				i++
			}
			for xs[j] > pivot {
				j--
			}
			if i <= j {
				xs[i], xs[j] = xs[j], xs[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return xs[k]
		}
	}
	return xs[k]
}

// maxShelves is how many stretches order lays values out in at most: some ten values each of the longest reference.
const maxShelves = 256

// crowded is how many values on one shelf are too many for insertions.
const crowded = 24

// order returns xs, no NaN, in ascending order, in xs itself or in scratch, which is as long; the other of the two then
// holds the values in any order. A bucket sort, in linear time where the values are spread over their range and in n log n
// where they crowd. Half a dozen order statistics of a reference are had sooner so than by as many selections.
func order(xs, scratch []float64) sorted {
	if len(xs) < 2 {
		return xs
	}
	lo, hi := span(xs)
	shelves := min(len(xs), maxShelves)
	perUnit := float64(shelves-1) / (hi - lo)
	if !(perUnit > 0) || math.IsInf(perUnit, 0) { // all alike, or infinitely far apart
		slices.Sort(xs)
		return xs
	}
	var ends [maxShelves]int32 // of each shelf; while it is filled, the place of its next value
	for _, v := range xs {
		ends[int((v-lo)*perUnit)]++
	}
	place := int32(0)
	for i := range ends[:shelves] {
		n := ends[i]
		ends[i] = place
		place += n
	}
	for _, v := range xs {
		shelf := int((v - lo) * perUnit)
		scratch[ends[shelf]] = v
		ends[shelf]++
	}
	from := int32(0)
	for _, end := range ends[:shelves] {
		if end > from+1 {
			sortShelf(scratch[from:end])
		}
		from = end
	}
	return scratch[:len(xs)]
}

// span is the least and the largest of xs, none of which is NaN: both in one pass, and without slices.Min's care for NaN.
func span(xs []float64) (lo, hi float64) {
	lo, hi = xs[0], xs[0]
	for _, v := range xs[1:] {
		if v < lo {
			lo = v
		} else if v > hi {
			hi = v
		}
	}
	return lo, hi
}

func sortShelf(xs []float64) {
	if len(xs) > crowded {
		slices.Sort(xs)
		return
	}
	for i := 1; i < len(xs); i++ {
		v, k := xs[i], i
		for ; k > 0 && xs[k-1] > v; k-- {
			xs[k] = xs[k-1]
		}
		xs[k] = v
	}
}
