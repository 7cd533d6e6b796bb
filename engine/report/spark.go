package report

import (
	"math"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

var sparkBlocks = []rune("▁▂▃▄▅▆▇█")

const (
	// sparkGap stands where nothing is known: it must not look like a low value.
	sparkGap = '·'
	// flatShare is the share of the baseline below which a course counts as flat, so that the noise of a healthy signal
	// is not blown up to mountains.
	flatShare = 0.1
)

// bounds returns the least and greatest known value.
func bounds(values []float64) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !model.IsGap(v) && !math.IsInf(v, 0) {
			low, high, ok = min(low, v), max(high, v), true
		}
	}
	return low, high, ok
}

// scale returns the bounds to draw a course in: its own, widened by the baseline and to at least flatShare of it.
func (s *spark) scale() (low, high float64) {
	low, high, ok := bounds(s.Values)
	if !ok {
		return 0, 1
	}
	if !bad(s.Baseline) {
		low, high = min(low, s.Baseline), max(high, s.Baseline)
	}
	if least := flatShare * math.Abs(s.Baseline); !bad(least) && high-low < least {
		high = low + least
	}
	return low, high
}

// columns squeezes the course into at most n columns: each shows the point furthest from the baseline, so that a short
// spike stays visible. The second result is the onset's column, -1 = none.
func (s *spark) columns(n int) ([]float64, int) {
	n = min(n, len(s.Values))
	cols := make([]float64, n)
	onset := -1
	for c := range cols {
		from, to := c*len(s.Values)/n, (c+1)*len(s.Values)/n
		cols[c] = s.furthest(s.Values[from:to])
		if s.OnsetIndex >= from && s.OnsetIndex < to {
			onset = c
		}
	}
	return cols, onset
}

func (s *spark) furthest(values []float64) float64 {
	base := s.Baseline
	if bad(base) {
		base = math.Inf(-1)
	}
	best := model.Gap()
	for _, v := range values {
		switch {
		case model.IsGap(v):
		case model.IsGap(best), math.IsInf(base, -1) && v > best, math.Abs(v-base) > math.Abs(best-base):
			best = v
		}
	}
	return best
}

// draw returns the course in at most n characters, and the column of the onset, -1 = none.
func (s *spark) draw(n int) (string, int) {
	cols, onset := s.columns(n)
	low, high := s.scale()
	var b strings.Builder
	for _, v := range cols {
		if model.IsGap(v) {
			b.WriteRune(sparkGap)
			continue
		}
		level := 0.0
		if high > low {
			level = math.Round(height(v, low, high) * float64(len(sparkBlocks)-1))
		}
		b.WriteRune(sparkBlocks[int(level)])
	}
	return b.String(), onset
}

// drawMarked returns the course in at most n characters and, for the line below it, a caret at the onset.
func (s *spark) drawMarked(n int) [2]string {
	course, onset := s.draw(n)
	if onset < 0 {
		return [2]string{course, ""}
	}
	return [2]string{course, strings.Repeat(" ", onset) + "^"}
}

// height is where v lies between low and high, 0 to 1. The halves keep the difference of huge values finite.
func height(v, low, high float64) float64 {
	h := (v/2 - low/2) / (high/2 - low/2)
	if h != h {
		return 0
	}
	return min(max(h, 0), 1)
}
