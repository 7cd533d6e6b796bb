package detect

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// step is the grid step of all tests here.
const step = 10 * time.Second

// start is the first point of every test grid.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// lane is a frame in the making: a grid with its phases, and series on it.
type lane struct {
	grid   model.Grid
	phases []model.Phase
	series []*model.Series
	season model.Season
}

// straight is a lane of one span: reference points, a guard before the symptom, and the symptom.
func straight(reference, before, symptom int) *lane {
	l := &lane{}
	l.grid = model.Grid{Step: step, Spans: []model.Span{{StartMillis: model.Millis(start)}}}
	l.run(model.PhaseReference, reference)
	l.run(model.PhaseBefore, before)
	l.run(model.PhaseSymptom, symptom)
	return l
}

// run appends n points of a phase to the last span.
func (l *lane) run(p model.Phase, n int) {
	l.grid.Spans[len(l.grid.Spans)-1].N += n
	for range n {
		l.phases = append(l.phases, p)
	}
}

// jump begins another span, the gap after the end of the last.
func (l *lane) jump(gap time.Duration) {
	last := l.grid.Spans[len(l.grid.Spans)-1]
	end := last.StartMillis + int64(last.N)*step.Milliseconds()
	l.grid.Spans = append(l.grid.Spans, model.Span{StartMillis: end + gap.Milliseconds()})
}

func (l *lane) read() []*model.Reading { return Read(l.series, l.grid, l.phases, l.season, Options{}) }

// add appends a series of a component's signal.
func (l *lane) add(component string, sig *model.Signal, values []float64) *model.Series {
	s := &model.Series{Subject: model.Subject{Component: component}, Signal: sig, Values: values}
	l.series = append(l.series, s)
	return s
}

// symptomStart is the index of the first point of the symptom, or -1.
func (l *lane) symptomStart() int {
	for i, p := range l.phases {
		if p == model.PhaseSymptom {
			return i
		}
	}
	return -1
}

// values writes a course in words: numbers, "_" for a gap, "N*x" for N points of x, "x~d" for x give or take d at
// random, "a..b" for a straight line (with its N*).
func values(t *testing.T, words string, rng *rand.Rand) []float64 {
	t.Helper()
	var out []float64
	for _, word := range strings.Fields(words) {
		n := 1
		if count, rest, ok := strings.Cut(word, "*"); ok {
			c, err := strconv.Atoi(count)
			if err != nil {
				t.Fatalf("course %q: %v", word, err)
			}
			n, word = c, rest
		}
		if word == "_" {
			for range n {
				out = append(out, model.Gap())
			}
			continue
		}
		body, spreadText, _ := strings.Cut(word, "~")
		fromText, toText, line := strings.Cut(body, "..")
		from := number(t, fromText)
		to, spread := from, 0.0
		if line {
			to = number(t, toText)
		}
		if spreadText != "" {
			spread = number(t, spreadText)
		}
		for i := range n {
			v := from
			if n > 1 {
				v += (to - from) * float64(i) / float64(n-1)
			}
			if spread > 0 {
				v += spread * (2*rng.Float64() - 1)
			}
			out = append(out, v)
		}
	}
	return out
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatalf("number %q: %v", s, err)
	}
	return v
}

// said prints the decision on a reading: times are relative to the symptom's first point.
func said(r *model.Reading, l *lane) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", r.Series.Subject, r.Series.Signal.Name, r.State)
	unit := r.Series.Signal.Unit
	zero := l.grid.Time(l.symptomStart())
	rel := func(at time.Time) string {
		if at.IsZero() {
			return "unknown"
		}
		return fmt.Sprintf("%+g s", at.Sub(zero).Seconds())
	}
	switch r.State {
	case model.StateUnknown:
		fmt.Fprintf(&b, " (%s), %d reference and %d symptom points", r.Reason, r.ReferenceN, r.SymptomN)
		if r.Onset.Known() {
			fmt.Fprintf(&b, ", began after %s by %s", rel(r.Onset.Earliest), rel(r.Onset.Latest))
		}
		return b.String()
	case model.StateNormal:
		fmt.Fprintf(&b, ", %s, usually %s", model.FormatValue(r.Observed, unit), model.FormatValue(r.Baseline, unit))
		if r.Drift != 0 {
			fmt.Fprintf(&b, ", but %s just before", model.FormatValue(r.Baseline+r.Drift, unit))
		}
		return b.String()
	}
	b.WriteString(map[int]string{+1: " up", -1: " down"}[r.Sign])
	if r.Bad {
		b.WriteString(" bad")
	}
	fmt.Fprintf(&b, ", %s, usually %s", model.FormatValue(r.Observed, unit), model.FormatValue(r.Baseline, unit))
	fmt.Fprintf(&b, ", began after %s by %s, unusual at", rel(r.Onset.Earliest), rel(r.Onset.Latest))
	b.WriteString(runs(r.Hits, l.symptomStart()))
	return b.String()
}

// runs prints ascending points, counted from zero on, as stretches: " -3..-1 +2".
func runs(points []int, zero int) string {
	var b strings.Builder
	for i := 0; i < len(points); i++ {
		from := i
		for i+1 < len(points) && points[i+1] == points[i]+1 {
			i++
		}
		fmt.Fprintf(&b, " %+d", points[from]-zero)
		if i > from {
			fmt.Fprintf(&b, "..%+d", points[i]-zero)
		}
	}
	return b.String()
}

// finite tells whether v is a number.
func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
