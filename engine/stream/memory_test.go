package stream

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// memory is a Source that a test fills by hand. A ref is an index into series.
type memory struct {
	series []*stored
	until  int64 // samples later than this have not come yet
	keep   int   // newest samples that are still held; 0 = all
}

// stored is one life of a series.
type stored struct {
	labels labels.Labels
	points []model.Point
	gone   bool
}

func (m *memory) Births(since uint64, refs []model.SeriesRef) ([]model.SeriesRef, uint64) {
	for i := since; i < uint64(len(m.series)); i++ {
		if s := m.series[i]; len(s.points) > 0 && s.points[0].TMillis > m.until {
			return refs, i
		}
		refs = append(refs, model.SeriesRef(i))
	}
	return refs, uint64(len(m.series))
}

func (m *memory) Labels(ref model.SeriesRef) (labels.Labels, bool) {
	return m.series[ref].labels, !m.series[ref].gone
}

func (m *memory) Samples(ref model.SeriesRef, number uint64, into []model.Point) (n int, first uint64, ok bool) {
	s := m.series[ref]
	if s.gone {
		return 0, 0, false
	}
	end, _ := slices.BinarySearchFunc(s.points, m.until+1, func(p model.Point, t int64) int { return cmp.Compare(p.TMillis, t) })
	first = number
	if m.keep > 0 && end > m.keep {
		first = max(first, uint64(end-m.keep))
	}
	return copy(into, s.points[min(first, uint64(end)):end]), first, true
}

// add puts in a series, with values a step apart in seconds from a time on; NaN is no sample.
func (m *memory) add(ls labels.Labels, from, step float64, values ...float64) *stored {
	s := &stored{labels: ls}
	for i, v := range values {
		if model.IsStale(v) || !model.IsGap(v) {
			s.points = append(s.points, model.Point{TMillis: int64((from + float64(i)*step) * 1000), Value: v})
		}
	}
	m.series = append(m.series, s)
	return s
}

// value is something that came out.
type value struct {
	Program int
	Labels  string
	T       int64
	V       float64
}

// collector remembers what comes out.
type collector struct{ values []value }

func (c *collector) emit(out *Output, t int64, v float64) {
	c.values = append(c.values, value{out.Program, out.Labels.String(), t, v})
}

// fataler is what a test and a property have in common.
type fataler interface{ Fatal(args ...any) }

// programsOf compiles expressions.
func programsOf(t fataler, exprs ...string) []*Program {
	var out []*Program
	for _, expr := range exprs {
		p, err := Compile(expr)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// seconds is a grid of steps of that many seconds from time 0 on, with a lookback of three.
func seconds(step int) Options {
	d := time.Duration(step) * time.Second
	return Options{Step: d, Lookback: 3 * d}
}

// newRunner sets up programs.
func newRunner(tb testing.TB, src Source, opts Options, exprs ...string) *Runner {
	tb.Helper()
	r, err := New(src, programsOf(tb, exprs...), opts)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// advance evaluates up to a time in seconds.
func advance(tb testing.TB, r *Runner, src *memory, to float64) []value {
	tb.Helper()
	var c collector
	src.until = max(src.until, int64(to*1000))
	if err := r.Advance(tb.Context(), int64(to*1000), c.emit); err != nil {
		tb.Fatal(err)
	}
	return c.values
}
