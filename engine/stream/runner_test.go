package stream

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

func named(name string, more ...string) labels.Labels {
	return labels.FromStrings(append([]string{"__name__", name}, more...)...)
}

var nan = math.NaN()

// TestChunksDoNotMatter cuts the way of a random world into random calls, with samples read ahead of them or not: what
// comes out is the same to the bit.
func TestChunksDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		var written []string
		for range 3 {
			written = append(written, exprs{t}.vector(2))
		}
		run := func(cuts []int64) []value {
			r, err := New(m, programsOf(t, written...), seconds(5))
			if err != nil {
				t.Fatal(err)
			}
			var c collector
			m.until = 0
			for _, to := range append(cuts, worldSeconds*1000) {
				m.until = min(max(m.until, to+rapid.SampledFrom([]int64{0, 0, 7000, 60000}).Draw(t, "ahead")), worldSeconds*1000)
				if err := r.Advance(t.Context(), to, c.emit); err != nil {
					t.Fatal(err)
				}
			}
			return c.values
		}
		cuts := rapid.SliceOf(rapid.Int64Range(0, worldSeconds*1000)).Draw(t, "cuts")
		slices.Sort(cuts)
		if d := cmp.Diff(run(nil), run(cuts), cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%q, cut at %v: %s", written, cuts, d)
		}
	})
}

func TestAdvance(t *testing.T) {
	m := &memory{}
	m.add(named("req_total", "host", "b"), 0, 5, 0, 10, 20, 5, 15)
	m.add(named("req_total", "host", "a"), 0, 5, 0, nan, 10, model.StaleMarker())
	r := newRunner(t, m, seconds(5), `sum by (host) (sum_over_time(req_total[11s]))`, `req_total{host="a"} > bool 5`)
	a, b := `{host="a"}`, `{host="b"}`
	want := []value{
		{0, a, 0, 0},
		{0, b, 0, 0},
		{1, a, 0, 0},
		{0, a, 5000, 0},
		{0, b, 5000, 10},
		{1, a, 5000, 0},
		{0, a, 10000, 10},
		{0, b, 10000, 30},
		{1, a, 10000, 1},
		{0, a, 15000, 10},
		{0, b, 15000, 35},
	}
	if got := advance(t, r, m, 15); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r.Next() != 20_000 {
		t.Errorf("next grid point %d", r.Next())
	}
	if again := advance(t, r, m, 19); len(again) != 0 {
		t.Errorf("grid points came twice: %v", again)
	}
	if s := r.Stats(); s.Series != 2 || s.Samples != 7 || s.Lost != 0 || s.Failed != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestNodesAreShared builds programs that have parts in common.
func TestNodesAreShared(t *testing.T) {
	r := newRunner(t, &memory{}, seconds(5), "rate(x[1m])", "(rate(x[1m])) / rate(y[1m])", "sum(rate(x[1m]))", "max(rate(x[1m]))")
	// Two selectors, two rates, a quotient, two aggregates.
	if n := r.Stats().Nodes; n != 7 {
		t.Errorf("%d nodes, want 7", n)
	}
}

// TestRefusals has vectors that do not match for a while: nothing comes out, and afterwards all is right again.
func TestRefusals(t *testing.T) {
	m := &memory{}
	m.add(named("a", "host", "1"), 0, 5, 1, 2, 3, 4, 5, 6, 7)
	m.add(named("b", "host", "1", "try", "1"), 0, 5, 1, 1, 1, model.StaleMarker())
	m.add(named("b", "host", "1", "try", "2"), 0, 5, nan, 2, 2, 2, 2, 2, 2)
	r := newRunner(t, m, seconds(5), "a * ignoring(try) b")
	got := advance(t, r, m, 5)
	if want := []value{{0, `{host="1"}`, 0, 1}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := r.Err(0); !errors.Is(err, errManyOnOneSide) {
		t.Errorf("error %v", err)
	}
	got = advance(t, r, m, 20)
	if want := []value{{0, `{host="1"}`, 15000, 8}, {0, `{host="1"}`, 20000, 10}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if r.Err(0) != nil || r.Stats().Failed != 2 {
		t.Errorf("error %v, %d failed", r.Err(0), r.Stats().Failed)
	}
}

// TestSeriesLeaveAndComeBack holds that a series which the source drops is remembered for as long as it counts, and no
// longer, and that its output stays the same one across a second life.
func TestSeriesLeaveAndComeBack(t *testing.T) {
	m := &memory{}
	s := m.add(named("x"), 0, 5, 1, 2)
	r := newRunner(t, m, seconds(5), "x", "count_over_time(x[20s])")
	var outputs []*Output
	step := func(to float64) (values []float64) {
		m.until = int64(to * 1000)
		err := r.Advance(t.Context(), m.until, func(out *Output, _ int64, v float64) {
			values = append(values, v)
			outputs = append(outputs, out)
		})
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	if got := step(5); !slices.Equal(got, []float64{1, 1, 2, 2}) {
		t.Errorf("alive: %v", got)
	}
	s.gone = true
	if got := step(10); !slices.Equal(got, []float64{2, 2}) {
		t.Errorf("remembered: %v", got)
	}
	m.add(named("x"), 15, 5, 3)
	if got := step(15); !slices.Equal(got, []float64{3, 3}) {
		t.Errorf("back: %v", got)
	}
	if outputs[0] != outputs[len(outputs)-2] || outputs[1] != outputs[len(outputs)-1] {
		t.Error("outputs changed")
	}
	m.series[1].gone = true
	step(35)
	if n := r.Stats().Series; n != 0 || len(r.binder.byHash) != 0 || len(r.nodes[0].rows) != 1 {
		t.Errorf("%d series, %d hashes, %d rows before the next grid point", n, len(r.binder.byHash), len(r.nodes[0].rows))
	}
	if got := step(40); len(got) != 0 || len(r.nodes[0].rows) != 0 {
		t.Errorf("after its end: %v, %d rows", got, len(r.nodes[0].rows))
	}
}

// TestSlowReader reads a source that held samples for too short a time.
func TestSlowReader(t *testing.T) {
	m := &memory{keep: 3}
	m.add(named("x"), 0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	r := newRunner(t, m, seconds(1), "sum_over_time(x[4s])")
	advance(t, r, m, 1)
	got := advance(t, r, m, 9)
	if last := got[len(got)-1]; last.V != 7+8+9 {
		t.Errorf("last %v", last)
	}
	if s := r.Stats(); s.Lost != 5 || s.Samples != 5 {
		t.Errorf("stats %+v", s)
	}
}

// TestByPrometheusEngine leaves to a function what does not compile.
func TestByPrometheusEngine(t *testing.T) {
	const expr = "quantile(0.5, x)"
	if _, err := New(&memory{}, programsOf(t, expr), seconds(5)); err == nil || !strings.Contains(err.Error(), "quantile aggregation (offset 0)") {
		t.Errorf("error %v", err)
	}
	opts := seconds(5)
	refused := errors.New("refused")
	opts.Evaluate = func(_ context.Context, asked string, at int64) (model.Answer, error) {
		if asked != expr {
			t.Errorf("asked %q", asked)
		}
		if at == 5000 {
			return model.Answer{}, refused
		}
		row := func(host string, v float64) model.AnswerSeries {
			return model.AnswerSeries{Labels: model.Labels{{Name: "host", Value: host}}, Values: []float64{v}}
		}
		return model.Answer{Series: []model.AnswerSeries{row("b", float64(at)), row("a", 1)}}, nil
	}
	m := &memory{}
	m.add(named("x"), 0, 5, 1)
	r := newRunner(t, m, opts, expr, "x")
	want := []value{{0, `{host="a"}`, 0, 1}, {0, `{host="b"}`, 0, 0}, {1, "x", 0, 1}, {1, "x", 5000, 1}}
	if got := advance(t, r, m, 5); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !errors.Is(r.Err(0), refused) || r.Stats().Failed != 1 {
		t.Errorf("error %v, stats %+v", r.Err(0), r.Stats())
	}
}

// TestBothWaysAgree has an expression evaluated by Prometheus' engine, as a Runner leaves to it what does not compile,
// beside one that means the same and does.
func TestBothWaysAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		m.until = worldSeconds * 1000
		opts := seconds(5)
		engine, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: opts.Lookback})
		if err != nil {
			t.Fatal(err)
		}
		cut := windowOf(t, m).Cut(time.UnixMilli(m.until))
		opts.Evaluate = func(ctx context.Context, expr string, at int64) (model.Answer, error) {
			grid := model.Grid{Step: opts.Step, Spans: []model.Span{{StartMillis: at, N: 1}}}
			return engine.On(cut).Query(ctx, expr, grid)
		}
		r, err := New(m, programsOf(t, "sum(topk by (host, code) (1, load))", "sum(load)"), opts)
		if err != nil {
			t.Fatal(err)
		}
		var way [2][]value
		err = r.Advance(t.Context(), m.until, func(out *Output, at int64, v float64) {
			way[out.Program] = append(way[out.Program], value{Labels: out.Labels.String(), T: at, V: v})
		})
		if err != nil {
			t.Fatal(err)
		}
		same := func(x, y value) bool { return x.T == y.T && x.Labels == y.Labels && sameNumber(x.V, y.V) }
		if !slices.EqualFunc(way[0], way[1], same) {
			t.Fatalf("by the engine %v, incrementally %v", way[0], way[1])
		}
	})
}

func TestAdvanceEndsWithContext(t *testing.T) {
	r := newRunner(t, &memory{}, seconds(5), "time()")
	ctx, cancel := context.WithCancel(t.Context())
	var c collector
	err := r.Advance(ctx, 20_000, func(out *Output, at int64, v float64) {
		c.emit(out, at, v)
		if at == 5000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(c.values) != 2 || r.Next() != 10_000 {
		t.Errorf("error %v, %v, next %d", err, c.values, r.Next())
	}
}

func TestOptionsValidateListsEverything(t *testing.T) {
	_, err := New(&memory{}, nil, Options{Step: time.Microsecond})
	if err == nil || !strings.Contains(err.Error(), "step (1µs)") || !strings.Contains(err.Error(), "lookback (0s)") {
		t.Errorf("error %v", err)
	}
}
