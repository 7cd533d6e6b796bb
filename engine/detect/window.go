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

// windowStatistics of the points of one window, at least one; sign +1 looks upward, -1 downward.
func windowStatistics(points sorted, sign int) statistics {
	last, r := len(points)-1, heldRank(len(points))
	if sign > 0 {
		return statistics{points[last], points[last+1-r]}
	}
	return statistics{points[0], points[r-1]}
}

// minFilled is the share of a reference window that must be known for it to count.
const minFilled = 0.6

// referenceWindows slides a window of k points over the reference points and returns the statistics of each, as
// distances from center in the direction of sign (never below 0). Excluded stretches are skipped, not bounds: with an
// incident every few minutes no quiet run would be long enough.
func referenceWindows(values []float64, phases []model.Phase, k, sign int, center float64, buf *buffers) (extremes, held []float64) {
	extremes, held = buf.extremes[:0], buf.held[:0]
	buf.course = buf.course[:0]
	for i, v := range values {
		if phases[i] == model.PhaseReference {
			buf.course = append(buf.course, v)
		}
	}
	buf.ends = buf.ends[:0]
	eachWindow(buf.course, k, sign, buf, func(end int, s statistics) {
		extremes = append(extremes, max(0, float64(sign)*(s.extreme-center)))
		held = append(held, max(0, float64(sign)*(s.held-center)))
		buf.ends = append(buf.ends, end)
	})
	buf.extremes, buf.held = extremes, held
	return withoutEpisodes(extremes, held, buf.ends, k)
}

// eachWindow slides a window of k points over a course and yields the statistics of each that is filled enough, with the
// point after its last.
func eachWindow(course []float64, k, sign int, buf *buffers, yield func(end int, s statistics)) {
	points := buf.window[:0]
	for i, v := range course {
		if i >= k {
			points.remove(course[i-k])
		}
		points.insert(v)
		if end := i + 1; end >= k && float64(len(points)) >= minFilled*float64(k) {
			yield(end, windowStatistics(points, sign))
		}
	}
	buf.window = points
}

const (
	// maxEpisodes is how many rare episodes are left out of a reference at most.
	maxEpisodes = 3
	// windowsPerEpisode is how many reference windows there must be for each of them, so that they are rare.
	windowsPerEpisode = 20
	// isolated is how many times worse than all the rest an episode must be.
	isolated = 4.0
)

// withoutEpisodes leaves out the windows around the few worst, where these are far worse than all the rest: what
// happened two or three times in the whole reference and nothing in between was trouble that nobody wrote down, not the
// usual. A heavy tail has no such gap, and keeps all its windows.
func withoutEpisodes(extremes, held []float64, ends []int, k int) (e, h []float64) {
	allowed := min(maxEpisodes, len(held)/windowsPerEpisode)
	var around []int
	for len(around) < allowed {
		worst := -1
		for i := range held {
			if !near(ends[i], around, k) && (worst < 0 || held[i] > held[worst]) {
				worst = i
			}
		}
		around = append(around, ends[worst])
		rest := 0.0
		for i := range held {
			if !near(ends[i], around, k) {
				rest = max(rest, held[i])
			}
		}
		if held[worst] >= isolated*rest {
			return keep(extremes, held, ends, around, k)
		}
	}
	return extremes, held
}

func near(end int, around []int, k int) bool {
	for _, at := range around {
		if end > at-2*k && end < at+2*k {
			return true
		}
	}
	return false
}

func keep(extremes, held []float64, ends, around []int, k int) (e, h []float64) {
	n := 0
	for i, end := range ends {
		if !near(end, around, k) {
			extremes[n], held[n] = extremes[i], held[i]
			n++
		}
	}
	return extremes[:n], held[:n]
}

// buffers are the scratch space of one detection run; one goroutine owns them.
type buffers struct {
	stretches        []stretch // of the phases
	ref, before, dev []float64
	now, scratch     []float64 // the symptom's points, as they came, and room to put them in order
	symptom          sorted    // the same, ascending
	window           sorted
	extremes, held   []float64
	course           []float64 // the reference points with their gaps
	ends             []int     // the last point of each reference window
}
