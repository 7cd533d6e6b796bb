package window

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestFeedModel lets series come, go and come again, more of them than the log of events holds, and holds what a feed
// learns against what was sent.
func TestFeedModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, err := NewLive(LiveOptions{Shards: 2, Lanes: 1, Events: 3, Options: Options{SamplesPerSeries: 4}})
		if err != nil {
			rt.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- l.Run(ctx) }()
		defer func() {
			stop()
			if err := <-done; err != nil {
				rt.Error(err)
			}
		}()

		feed := l.NewFeed()
		point := uint64(0)
		now := int64(0)
		there := map[string][]int64{}         // times by name
		known := map[model.SeriesRef]string{} // names the feed gave references to, those that left included
		rt.Repeat(map[string]func(*rapid.T){
			"send": func(t *rapid.T) {
				b := &model.Batch{}
				now++
				for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, 7), 1, 8, rapid.ID).Draw(t, "series") {
					name := fmt.Sprint("m", i)
					put(b, lb("__name__", name), now, float64(-now))
					there[name] = append(there[name], now)
				}
				if _, err := l.Ingest(ctx, b); err != nil {
					t.Fatal(err)
				}
			},
			"expire": func(t *rapid.T) {
				before := now - rapid.Int64Range(0, 3).Draw(t, "age")
				for name, times := range there {
					if times[len(times)-1] < before {
						delete(there, name)
					}
				}
				if _, err := l.Expire(ctx, at(before)); err != nil {
					t.Fatal(err)
				}
			},
			"births": func(t *rapid.T) {
				var born []model.SeriesRef
				since := point
				born, point = feed.Births(since, nil)
				for _, ref := range born {
					ls, ok := feed.Labels(ref)
					if _, given := known[ref]; given || !ok || uint64(ref) < since {
						t.Fatalf("reference %d since %d: given before %v, there %v", ref, since, given, ok)
					}
					known[ref] = ls.Get("__name__")
				}
				all, _ := feed.Births(0, nil)
				names := map[string]model.SeriesRef{}
				for _, ref := range all {
					names[known[ref]] = ref
				}
				if len(names) != len(there) || len(all) != len(there) {
					t.Fatalf("the feed knows %v, want %v", names, there)
				}
				for name, times := range there {
					from := rapid.IntRange(0, len(times)).Draw(t, "from")
					into := make([]model.Point, rapid.IntRange(1, 10).Draw(t, "room"))
					n, first, ok := feed.Samples(names[name], uint64(from), into)
					wantFirst := max(from, len(times)-4)
					if from == len(times) {
						wantFirst = from
					}
					want := times[wantFirst:min(len(times), wantFirst+len(into))]
					got := make([]int64, n)
					for i, p := range into[:n] {
						got[i] = p.TMillis / 1000
					}
					if !ok || int(first) != wantFirst || !slices.Equal(got, want) {
						t.Fatalf("%s from %d: %v from %d, %v, want %v from %d", name, from, got, first, ok, want, wantFirst)
					}
				}
				for ref, name := range known {
					if names[name] == ref && there[name] != nil {
						continue
					}
					if _, _, ok := feed.Samples(ref, 0, make([]model.Point, 1)); ok {
						t.Fatalf("reference %d of %s, which left, still has samples", ref, name)
					}
				}
			},
		})
	})
}
