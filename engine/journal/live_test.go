package journal

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// live runs a live window until the test ends.
func live(tb testing.TB, opts window.LiveOptions) *window.Live {
	tb.Helper()
	l, err := window.NewLive(opts)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			tb.Error(err)
		}
	})
	return l
}

// held is everything that a live window holds, by series.
func held(l *window.Live) map[string][]model.Point {
	out := map[string][]model.Point{}
	for _, s := range l.Select() {
		ts, vs := make([]int64, 1024), make([]float64, 1024)
		n, _ := s.Since(0, ts, vs)
		points := make([]model.Point, n)
		for i := range points {
			points[i] = model.Point{TMillis: ts[i], Value: vs[i]}
		}
		var ls model.Labels
		s.Labels().Range(func(l labels.Label) { ls = append(ls, model.Label{Name: l.Name, Value: l.Value}) })
		out[ls.String()] = points
	}
	return out
}

// TestLiveWindowSurvives: senders at work at the same time, some of what they send refused; the window after a restart is
// the window before it.
func TestLiveWindowSurvives(t *testing.T) {
	t.Parallel()
	const senders, batches, series = 4, 50, 20
	opts := window.LiveOptions{Options: window.Options{SamplesPerSeries: 64, MaxSeries: senders*series + 5}, Shards: 3}
	before, dir := live(t, opts), t.TempDir()
	j := openJournal(t, Options{Dir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	done := make(chan error)
	go func() { done <- j.Run(ctx, ticker.C) }()
	take := func(b *model.Batch) {
		if _, err := before.Ingest(t.Context(), b); err != nil {
			t.Error(err)
		}
		j.Append(b)
	}
	first := &model.Batch{} // These series have their place in the budget.
	for s := range senders * series {
		add(first, of(1000*(s/series)+s%series), model.Point{TMillis: at(-time.Second)})
	}
	take(first)
	var all sync.WaitGroup
	for sender := range senders {
		all.Go(func() {
			for n := range batches {
				b := &model.Batch{}
				for s := range series {
					// Every tenth batch is sent again, as senders do that got no answer.
					p := model.Point{TMillis: at(0) + int64(n-n%10/9), Value: float64(n - n%10/9)}
					add(b, of(1000*sender+s), p)
				}
				add(b, of(1000*sender+series+n), model.Point{TMillis: at(0) + int64(n), Value: 1}) // most of them over the budget
				take(b)
			}
		})
	}
	all.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if s := j.Stats(); s.Written != s.Samples || s.Synced != s.Samples || s.Failures != 0 {
		t.Errorf("%+v", s)
	}

	opts.MaxSeries = senders * (series + batches) // Which series a budget refuses depends on the order; so here are all.
	after := live(t, opts)
	told := replayed(t, dir, after)
	want, got := held(before), held(after)
	if len(want) != senders*series+5 || len(want[of(0).String()]) == 0 {
		t.Fatalf("the window held %d series", len(want))
	}
	for name, points := range want {
		if diff := cmp.Diff(points, got[name]); diff != "" {
			t.Errorf("%s (-before +after):\n%s", name, diff)
		}
	}
	if told.Taken.Duplicate != senders*series*batches/10 || told.Taken.OutOfOrder+told.Taken.Conflict+told.Taken.Dropped != 0 {
		t.Errorf("told %+v", told)
	}
}
