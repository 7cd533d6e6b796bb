package stream

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// churn is a source of many series of which, at each grid point, one leaves and another is born in its place, as when a
// pod is restarted. The place of the one that goes wanders.
type churn struct {
	labels []labels.Labels
	gone   []bool
	place  []int // refs of the series there are
	now    int64 // Unix milliseconds: each series has one sample a step, until now
}

func newChurn(series int) *churn {
	c := &churn{}
	for i := range series {
		c.place = append(c.place, i)
		c.bear(i)
	}
	return c
}

func (c *churn) bear(place int) {
	c.labels = append(c.labels, labels.FromStrings("__name__", "x", "node", fmt.Sprint(place%100), "pod", fmt.Sprintf("%d-%d", place, len(c.labels))))
	c.gone = append(c.gone, false)
}

// restart replaces the series of a place.
func (c *churn) restart(place int) {
	c.gone[c.place[place]] = true
	c.place[place] = len(c.labels)
	c.bear(place)
}

func (c *churn) Births(since uint64, refs []model.SeriesRef) ([]model.SeriesRef, uint64) {
	for i := since; i < uint64(len(c.labels)); i++ {
		refs = append(refs, model.SeriesRef(i))
	}
	return refs, uint64(len(c.labels))
}

func (c *churn) Labels(ref model.SeriesRef) (labels.Labels, bool) {
	return c.labels[ref], !c.gone[ref]
}

// Samples gives one sample a call, of the time that it is; what was before is lost.
func (c *churn) Samples(ref model.SeriesRef, number uint64, into []model.Point) (n int, first uint64, ok bool) {
	if c.gone[ref] {
		return 0, 0, false
	}
	if uint64(c.now/churnStep.Milliseconds()) < number {
		return 0, number, true
	}
	into[0] = model.Point{TMillis: c.now, Value: float64(c.now + int64(ref))}
	return 1, uint64(c.now / churnStep.Milliseconds()), true
}

const churnStep = 5 * time.Second

// TestChurn replaces series one by one: the values are those of the series there are, rows are seldom made anew, and never
// are there many more of them than of series.
func TestChurn(t *testing.T) {
	const series, restarts = 120, 1000
	src := newChurn(series)
	r := newRunner(t, src, Options{Step: churnStep, Lookback: churnStep}, "count by (node) (x)", "max(x)", "count(x * on(pod) count_over_time(x[20s]))")
	var anew uint64
	for i := range restarts {
		src.now += churnStep.Milliseconds()
		src.restart(i * 7 % series)
		got := map[string]float64{}
		key := func(program int, ls model.Labels) string { return fmt.Sprint(program, " ", ls) }
		if err := r.Advance(t.Context(), src.now, func(out *Output, _ int64, v float64) { got[key(out.Program, out.Labels)] = v }); err != nil {
			t.Fatal(err)
		}
		node99, newest := model.Labels{{Name: "node", Value: "99"}}, float64(src.now)+float64(len(src.labels)-1)
		if len(got) != 100+2 || got[key(0, node99)] != 1 || got[key(1, nil)] != newest || got[key(2, nil)] != series {
			t.Fatalf("after %d restarts: %d values, %v", i, len(got), got)
		}
		for _, n := range r.nodes {
			if len(n.rows) > 2*series+10 {
				t.Fatalf("after %d restarts there are %d rows", i, len(n.rows))
			}
			anew = max(anew, n.version)
		}
	}
	if limit := uint64(restarts/series + 2); anew > limit {
		t.Errorf("rows were made anew %d times in %d restarts, want at most %d", anew, restarts, limit)
	}
}

// BenchmarkChurn is a grid point at which one of 10,000 series under one selector was replaced by another, and the worst
// one beside the median: what is made anew at once is done seldom.
func BenchmarkChurn(b *testing.B) {
	const series = 10_000
	src := newChurn(series)
	r := newRunner(b, src, Options{Step: churnStep, Lookback: churnStep}, "x", "sum by (node) (rate(x[20s]))", "rate(x[20s]) / on(pod) x")
	step := func() time.Duration {
		src.now += churnStep.Milliseconds()
		begin := time.Now()
		if err := r.Advance(b.Context(), src.now, func(*Output, int64, float64) {}); err != nil {
			b.Fatal(err)
		}
		return time.Since(begin)
	}
	for range 10 {
		step()
	}
	var still, took []time.Duration
	place := 0
	for b.Loop() {
		still = append(still, step())
		place = (place + 7919) % series
		src.restart(place)
		took = append(took, step())
	}
	slices.Sort(still)
	slices.Sort(took)
	b.ReportMetric(float64(still[len(still)/2].Microseconds()), "µs/step-without")
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/step-with-p50")
	b.ReportMetric(float64(took[len(took)-1].Microseconds()), "µs/step-with-max")
	b.ReportMetric(0, "ns/op")
}
