package window

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// common are expressions in the forms that are computed column by column. What the engine adds up in the order of a map,
// the sum over an operator's result, it cannot repeat itself to the last bit; such are in reordered.
var common = []string{
	`load`, `load{i!="a"}`, `{__name__=~"load|disk"}`, `{i=~".+"}`, `((load))`,
	`rate(load[3s])`, `increase(load[2500ms])`, `changes(load[1001ms])`, `rate({__name__=~"load|disk"}[4s])`,
	`sum(load)`, `avg(load)`, `min(load)`, `max(load)`, `count(load)`, `sum by (job) (load)`, `avg by (job, i) (rate(load[3s]))`,
	`max without (i) (load)`, `sum without (i, job) ({i=~".+"})`, `count by (__name__) ({i=~".+"})`, `min by (nothing) (load)`,
	`sum(max by (job) (load))`, `avg by (le) (sum by (le, i) (rate(load[4s])))`,
	`load + 1`, `1 - load`, `load / 0`, `0 * load`, `load > 1`, `1 > load`, `2 == load`, `load != 0`, `load <= 1`, `1 <= load`,
	`{i=~".+"} > 0`, `{i=~".+"} * 2`,
	`load / disk`, `load - on (i) disk`, `load * ignoring (job) disk`, `load > disk`, `load == on (i, job) disk`,
	`sum(load) / sum(disk)`, `sum by (job) (load) / sum by (job) (disk > 0)`, `1 - avg(load) - avg(disk)`, `load < ignoring (le) disk`,
	`load or disk`, `sum(load) or 0 * sum(disk)`, `(sum(rate(load[3s])) or 0 * sum(disk)) / sum(disk)`, `load or on (job) disk`,
	`load or ignoring (i) disk`, `sum by (i) (load) or sum by (i) (disk)`,
	`histogram_quantile(0.9, load)`, `histogram_quantile(0.5, sum by (le) (rate(load[4s])))`,
	`histogram_quantile(1, sum by (le, job) (load))`, `histogram_quantile(0, {i=~".+"})`,
	`label_replace(load, "to", "x$1", "i", "(.)")`, `label_replace(load, "i", "", "", "")`,
	`label_replace(sum by (job) (load), "job", "$$1", "job", "")`, `label_replace(load, "__name__", "disk", "i", "a")`,
}

var reordered = []string{
	`sum(rate(load[3s]) + rate(disk[3s]))`, `sum(load / disk)`, `avg(load > 0)`, `sum by (job) (load or disk)`,
}

// TestOperatorsAreTheEngine evaluates random series, with gaps, odd times, resets and stale markers, both ways.
func TestOperatorsAreTheEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, grid := anyLocal(t), anyGrid(t)
		expr := rapid.SampledFrom(common).Draw(t, "expr")
		if d := difference(t, q, grid, expr, exact); d != "" {
			t.Fatalf("%s: engine (-) and operators (+) differ: %s", expr, d)
		}
		expr = rapid.SampledFrom(reordered).Draw(t, "expr over results")
		if d := difference(t, q, grid, expr, nearly...); d != "" {
			t.Fatalf("%s: engine (-) and operators (+) differ: %s", expr, d)
		}
	})
}

// exact tells numbers apart by their bits.
var exact = cmp.Comparer(func(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || model.IsGap(a) && model.IsGap(b)
})

// nearly is what sums in another order differ by.
var nearly = []cmp.Option{cmpopts.EquateApprox(1e-9, 1e-12), cmpopts.EquateNaNs()}

// difference asks both ways, errors and warnings included.
func difference(t *rapid.T, q *Local, grid model.Grid, expr string, numbers ...cmp.Option) string {
	if q.eval.parse(expr).op == nil {
		t.Fatalf("%s is in no common form", expr)
	}
	fast, fastErr := q.Query(context.Background(), expr, grid)
	slow, slowErr := q.evaluate(context.Background(), expr, grid)
	if (fastErr == nil) != (slowErr == nil) {
		return cmp.Diff(slowErr, fastErr)
	}
	return cmp.Diff(slow, fast, append(numbers, cmpopts.EquateEmpty())...)
}

// anyLocal draws a window of series that share labels in every way, and a cut of it.
func anyLocal(t *rapid.T) *Local {
	w, err := New(Options{SamplesPerSeries: rapid.SampledFrom([]int{4, 64}).Draw(t, "capacity")})
	if err != nil {
		t.Fatal(err)
	}
	odd := rapid.IntRange(0, 3).Draw(t, "odd values") == 0
	label := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	for range rapid.IntRange(1, 8).Draw(t, "series") {
		ref, err := w.Series(lb("__name__", label("name", "load", "load", "disk"), "i", label("i", "a", "b"),
			"job", label("job", "x", "y"), "le", label("le", "1", "2", "+Inf", "1", "1.0", "")))
		if err != nil {
			t.Fatal(err)
		}
		now := int64(0)
		for range rapid.IntRange(0, 20).Draw(t, "samples") {
			now += rapid.SampledFrom([]int64{1, 999, 1000, 1000, 1000, 1001, 3000, 9000}).Draw(t, "later")
			w.Append(ref, now, anyValue(t, odd))
		}
	}
	e, err := NewEvaluator(EvaluatorOptions{
		LookbackDelta: time.Duration(rapid.SampledFrom([]int64{1, 1000, 2500, 10_000}).Draw(t, "lookback")) * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e.On(w.Cut(model.FromMillis(rapid.SampledFrom([]int64{5000, 1 << 40}).Draw(t, "at"))))
}

func anyValue(t *rapid.T, odd bool) float64 {
	values := rapid.OneOf(rapid.Float64Range(0, 50), rapid.Float64Range(-5, 5), rapid.Map(rapid.IntRange(0, 3), func(i int) float64 { return float64(i) }),
		rapid.Just(model.StaleMarker()))
	if odd {
		values = rapid.OneOf(values, rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.Copysign(0, -1)}))
	}
	return values.Draw(t, "value")
}

func anyGrid(t *rapid.T) model.Grid {
	step := rapid.SampledFrom([]int64{1, 500, 1000, 2500}).Draw(t, "step")
	grid := model.Grid{Step: time.Duration(step) * time.Millisecond}
	start := int64(0)
	for range rapid.IntRange(1, 3).Draw(t, "spans") {
		start += rapid.Int64Range(0, 9000).Draw(t, "start")
		n := rapid.IntRange(1, 12).Draw(t, "points")
		grid.Spans = append(grid.Spans, model.Span{StartMillis: start, N: n})
		start += int64(n) * step
	}
	return grid
}

// TestCompile tells the forms that the engine is needed for.
func TestCompile(t *testing.T) {
	e := newEvaluator(t, time.Second)
	for _, expr := range []string{
		"a offset 1m", "a offset -1m", "a @ 5", "a @ end()", "rate(a[1m] offset 1m)", "rate(a[1m:5s])", "-a", "1", "1 + 1", `"a"`,
		"sum_over_time(a[1m])", "irate(a[1m])", "topk(2, a)", "quantile(0.5, a)", "stddev(a)", "abs(a)", "a ^ 2", "a and b", "a unless b",
		"a == bool 1", "a * on (i) group_left b", "a + ignoring (__name__) b", "histogram_quantile(2, a)", "histogram_quantile(scalar(b), a)",
		"sum(abs(a))", "1 + abs(a)", "abs(a) + 1", "a + abs(a)", "abs(a) + a", `label_replace(abs(a), "b", "", "", "")`,
		"histogram_quantile(0.5, abs(a))", "time()", "(1 + 2) + a", "a + (1 + 2)", "(1 + 2) * (3 + 4)", "(1 + 2) > bool 3",
	} {
		if p := e.parse(expr); p.err != nil || p.op != nil {
			t.Errorf("%s: error %v, in a common form %v", expr, p.err, p.op != nil)
		}
	}
}

// TestBounds: what the engine refuses is refused however the expression is evaluated.
func TestBounds(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "load"), 0, 1, 1, 2, 3, 4, 5, 6, 7, 8)
	e, err := NewEvaluator(EvaluatorOptions{LookbackDelta: time.Second, MaxSamples: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, expr := range []string{"sum_over_time(load[8s])", "rate(load[8s])", "load", "sum(load)"} {
		_, err := e.On(w.Cut(at(20))).Query(context.Background(), expr, seconds(1, 1, 8))
		if err == nil || !strings.Contains(err.Error(), "too many samples") {
			t.Errorf("%s: error %v", expr, err)
		}
	}
	e, err = NewEvaluator(EvaluatorOptions{LookbackDelta: time.Second, Timeout: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.On(w.Cut(at(20))).Query(context.Background(), "load", seconds(1, 1, 8)); err == nil {
		t.Error("no error over the time")
	}
}
