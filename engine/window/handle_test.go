package window

import (
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// TestHandles brings batches whose series have handles: of the window, of a series that has left it, and of another window.
func TestHandles(t *testing.T) {
	l, other := newLive(t, LiveOptions{Shards: 2}), newLive(t, LiveOptions{Shards: 2})
	b := &model.Batch{}
	put(b, lb("__name__", "x"), 0, 1)
	put(b, lb("__name__", "y"), 0, 1)
	again := func(to *Live, handles ...model.SeriesHandle) {
		t.Helper()
		for i := range b.Points {
			b.Points[i].TMillis += 1000
		}
		for i, h := range handles {
			b.Series[i].Handle = h
		}
		if taken := ingest(t, to, b); taken.Appended != 2 {
			t.Fatalf("%+v, want both appended", taken)
		}
		for i := range b.Series {
			s, ok := b.Series[i].Handle.(*Series)
			if !ok || s.Gone() || s.Labels().Get(model.MetricName) != b.Series[i].Labels.Get(model.MetricName) {
				t.Fatalf("the handle of %v is %v", b.Series[i].Labels, b.Series[i].Handle)
			}
			if n := len(to.Select()); to.shards[s.home.shard].w != s.home || n != 2 {
				t.Fatalf("the handle is of another window; %d series, want 2", n)
			}
		}
	}
	again(l, nil, nil)
	first := b.Series[0].Handle
	again(l)
	if b.Series[0].Handle != first {
		t.Error("a handle that was good was replaced")
	}
	again(other)
	again(l, first, nil)
	if left, err := l.Expire(t.Context(), time.UnixMilli(1<<50)); err != nil || left != 2 {
		t.Fatal(left, err)
	}
	again(l, first, nil)
	if b.Series[0].Handle == first {
		t.Error("the handle of a series that left was kept")
	}
}
