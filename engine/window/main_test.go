package window

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diagnops/diagnops/engine/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lb builds labels from name, value, name, value, ...
func lb(kv ...string) model.Labels {
	m := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return model.NewLabels(m)
}

// at is the time of so many seconds after the epoch.
func at(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func newWindow(tb testing.TB, opts Options) *Window {
	tb.Helper()
	w, err := New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func newEvaluator(tb testing.TB, lookback time.Duration) *Evaluator {
	tb.Helper()
	e, err := NewEvaluator(EvaluatorOptions{LookbackDelta: lookback})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// fill appends values at from, from+step, ... seconds; a gap leaves its sample out.
func fill(tb testing.TB, w *Window, ls model.Labels, from, step int64, values ...float64) model.SeriesRef {
	tb.Helper()
	ref, err := w.Series(ls)
	if err != nil {
		tb.Fatal(err)
	}
	for i, v := range values {
		if model.IsGap(v) && !model.IsStale(v) {
			continue
		}
		w.Append(ref, 1000*(from+int64(i)*step), v)
	}
	return ref
}

// seconds is a grid of one span.
func seconds(from, step int64, n int) model.Grid {
	return model.Grid{
		Step:  time.Duration(step) * time.Second,
		Spans: []model.Span{{StartMillis: 1000 * from, N: n}},
	}
}

func ask(tb testing.TB, q Querier, expr string, grid model.Grid) model.Answer {
	tb.Helper()
	a, err := q.Query(context.Background(), expr, grid)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}
