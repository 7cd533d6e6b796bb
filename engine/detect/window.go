package detect

import "github.com/diagnops/diagnops/engine/model"

// heldShare is the share of a window's points that must reach a value for it to be "held": two of three, two of five,
// five of twelve.
const heldShare = 0.4

// heldRank is the rank (1 = most extreme) of the held value among n points.
func heldRank(n int) int {
	if n < 3 {
		return 1
	}
	return max(2, int(heldShare*float64(n)+0.5))
}

// statistics of a window in one direction: its extreme, and the value that it held.
type statistics struct{ extreme, held float64 }

// windowStatistics takes the points of one window (reordered); sign +1 looks upward, -1 downward.
func windowStatistics(points []float64, sign int) statistics {
	n := len(points)
	r := heldRank(n)
	if sign > 0 {
		_, hi := minMax(points)
		return statistics{hi, selectNth(points, n-r)}
	}
	lo, _ := minMax(points)
	return statistics{lo, selectNth(points, r-1)}
}

// minFilled is the share of a reference window that must be known for it to count.
const minFilled = 0.6

// referenceWindows slides a window of k grid points over the runs of reference points and returns the statistics of
// each, as distances from center in the direction of sign (never below 0). Windows do not cross excluded stretches.
func referenceWindows(values []float64, phases []model.Phase, k, sign int, center float64, buf *buffers) (extremes, held []float64) {
	extremes, held = buf.extremes[:0], buf.held[:0]
	run := 0
	for i := range values {
		if phases[i] != model.PhaseReference {
			run = 0
			continue
		}
		run++
		if run < k {
			continue
		}
		points := buf.window[:0]
		for _, v := range values[i-k+1 : i+1] {
			if !model.IsGap(v) {
				points = append(points, v)
			}
		}
		if float64(len(points)) < minFilled*float64(k) {
			continue
		}
		s := windowStatistics(points, sign)
		extremes = append(extremes, max(0, float64(sign)*(s.extreme-center)))
		held = append(held, max(0, float64(sign)*(s.held-center)))
	}
	buf.extremes, buf.held = extremes, held
	return extremes, held
}

// buffers are the scratch space of one detection run; one goroutine owns them.
type buffers struct {
	ref, symptom, before, dev []float64
	window, extremes, held    []float64
}
