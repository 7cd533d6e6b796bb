package detect

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
