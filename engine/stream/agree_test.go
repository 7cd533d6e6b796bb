package stream

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// tolerance is how much the two ways of evaluating may differ, relative to the greater value.
const tolerance = 1e-9

// windowOf fills a window with what a memory holds.
func windowOf(t fataler, m *memory) *window.Window {
	w, err := window.New(window.Options{SamplesPerSeries: 1024})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.series {
		ref, err := w.Series(modelLabels(s.labels))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range s.points {
			w.Append(ref, p.TMillis, p.Value)
		}
	}
	return w
}

// newPromql is Prometheus' engine itself: a window's evaluator knows shorter ways for common expressions.
func newPromql(lookback time.Duration) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples: window.DefaultMaxSamples, Timeout: window.DefaultTimeout, LookbackDelta: lookback,
		Parser: parser.NewParser(parser.Options{}),
	})
}

// byPromql evaluates an expression at one grid point with Prometheus' engine; refused tells that it would not.
func byPromql(t interface{ Context() context.Context }, e *promql.Engine, c *window.Cut, expr string, at int64) (values []value, refused bool) {
	q, err := e.NewInstantQuery(t.Context(), c, nil, expr, model.FromMillis(at))
	if err != nil {
		return nil, true
	}
	defer q.Close()
	switch v := q.Exec(t.Context()).Value.(type) {
	case promql.Vector:
		for _, s := range v {
			values = append(values, value{Labels: modelLabels(s.Metric).String(), T: at, V: s.F})
		}
	case promql.Scalar:
		values = append(values, value{Labels: model.Labels{}.String(), T: at, V: v.V})
	default:
		return nil, true
	}
	return values, false
}

func sameNumber(a, b float64) bool {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return math.IsNaN(a) && math.IsNaN(b)
	case math.IsInf(a, 0) || math.IsInf(b, 0):
		return a == b
	default:
		return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
	}
}

// sameValues compares what came out at a grid point, whatever the order.
func sameValues(a, b []value) bool {
	byLabels := func(x, y value) int { return strings.Compare(x.Labels, y.Labels) }
	slices.SortFunc(a, byLabels)
	slices.SortFunc(b, byLabels)
	return slices.EqualFunc(a, b, func(x, y value) bool { return x.Labels == y.Labels && sameNumber(x.V, y.V) })
}

// TestAgreesWithPromql holds random expressions over random series against Prometheus' engine, at every grid point.
// Series die, and their second lives come under other refs, so that binding and burying take part.
func TestAgreesWithPromql(t *testing.T) {
	points, valued, refusals := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		step := time.Duration(rapid.SampledFrom([]int{5, 10, 15}).Draw(t, "step")) * time.Second
		lookback := time.Duration(rapid.SampledFrom([]int{12, 30, 60}).Draw(t, "lookback")) * time.Second
		var programs []*Program
		for range 4 {
			expr := exprs{t}.vector(rapid.IntRange(0, 3).Draw(t, "depth"))
			p, err := Compile(expr)
			if err != nil {
				t.Fatal(err)
			}
			if p.Unsupported != nil {
				t.Fatalf("%s: %v", expr, p.Unsupported)
			}
			programs = append(programs, p)
		}
		engine := newPromql(lookback)
		cut := windowOf(t, m).Cut(time.UnixMilli(worldSeconds * 1000))
		r, err := New(m, programs, Options{Step: step, Lookback: lookback})
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(0); at < worldSeconds*1000; at += step.Milliseconds() {
			m.until = at
			var c collector
			if err := r.Advance(t.Context(), at, c.emit); err != nil {
				t.Fatal(err)
			}
			m.dropSilent()
			for i, p := range programs {
				got := slices.DeleteFunc(slices.Clone(c.values), func(v value) bool { return v.Program != i })
				want, refused := byPromql(t, engine, cut, p.Expr, at)
				if err := r.Err(i); (err != nil) != refused {
					t.Fatalf("%s at %d: refused: %v, by promql: %v", p.Expr, at, err, refused)
				}
				if !sameValues(got, want) {
					t.Fatalf("%s at %d:\n got %v\nwant %v", p.Expr, at, got, want)
				}
				points++
				if len(want) > 0 {
					valued++
				}
				if refused {
					refusals++
				}
			}
		}
	})
	t.Logf("%d grid points compared, %d with values, %d refused by both", points, valued, refusals)
	if valued*4 < points {
		t.Errorf("only %d of %d grid points had values: the test compares nothing", valued, points)
	}
}

// dropSilent takes out the series of which every sample has come.
func (m *memory) dropSilent() {
	for _, s := range m.series {
		if s.points[len(s.points)-1].TMillis <= m.until {
			s.gone = true
		}
	}
}

// cancelled is what may be left, relative to the values that were added up, where large ones cancel: both ways carry
// twice the 53 bits of a number.
const cancelled = 1e-28

// TestSumsOfAnySize holds functions that put sums together from parts against Prometheus' engine, for values of any
// size: what is left after a large one has passed must be right.
func TestSumsOfAnySize(t *testing.T) {
	number := rapid.OneOf(rapid.Float64Range(-1, 1), rapid.Float64Range(-1e12, 1e12), rapid.Just(1e300), rapid.Just(-1e300),
		rapid.Float64Range(0, 1e-9))
	rapid.Check(t, func(t *rapid.T) {
		m := &memory{until: math.MaxInt64}
		s := &stored{labels: labels.FromStrings("__name__", "x")}
		for i := range 60 {
			s.points = append(s.points, model.Point{TMillis: int64(i) * 1000, Value: number.Draw(t, "value")})
		}
		m.series = append(m.series, s)
		exprs := []string{"sum_over_time(x[9s])", "avg_over_time(x[4s])", "increase(x[7s])"}
		r, err := New(m, programsOf(t, exprs...), Options{Step: time.Second, Lookback: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		engine := newPromql(time.Minute)
		cut := windowOf(t, m).Cut(time.UnixMilli(60_000))
		var c collector
		if err := r.Advance(t.Context(), 59_000, c.emit); err != nil {
			t.Fatal(err)
		}
		for _, got := range c.values {
			want, _ := byPromql(t, engine, cut, exprs[got.Program], got.T)
			size := 0.0
			for _, p := range s.points {
				if p.TMillis > got.T-9000 && p.TMillis <= got.T {
					size += math.Abs(p.Value)
				}
			}
			if len(want) != 1 || !sameNumber(got.V, want[0].V) && math.Abs(got.V-want[0].V) > cancelled*size {
				t.Fatalf("%s at %d: %v, want %v", exprs[got.Program], got.T, got.V, want)
			}
		}
	})
}
