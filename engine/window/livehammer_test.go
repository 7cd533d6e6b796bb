package window

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// TestHammerLive lets senders, readers and the leaving of series run against each other. The value of a sample tells its
// series and its time, so that a sample of another series, of an earlier holder of the place, or a torn one shows by
// itself. Each sender's generations of series follow one another, the earlier one leaving while the later one is born.
func TestHammerLive(t *testing.T) {
	const senders, series, generations, rounds = 3, 40, 6, 30
	l := newLive(t, LiveOptions{Shards: 2, Lanes: 2, Events: 64, Options: Options{SamplesPerSeries: 8, MaxSeries: 2 * senders * series}})
	value := func(id int, tMillis int64) float64 { return float64(int64(id)<<32 + tMillis) }
	check := func(s *Series, tMillis int64, v float64) {
		id, err := strconv.Atoi(s.Labels().Get("id"))
		if err != nil {
			t.Error(err)
		} else if v != value(id, tMillis) {
			t.Errorf("series %d has %v at %d, want %v", id, v, tMillis, value(id, tMillis))
		}
	}

	var stop atomic.Bool
	var readers, writers sync.WaitGroup
	var seen atomic.Uint64
	for range 2 {
		readers.Go(func() {
			ts, vs := make([]int64, 8), make([]float64, 8)
			all := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "__name__", "m")}
			for !stop.Load() {
				for _, s := range l.Select(all...) {
					n, _ := s.Since(0, ts, vs)
					for i := range n {
						check(s, ts[i], vs[i])
					}
					seen.Add(uint64(n))
				}
				c := l.Cut(at(1 << 30))
				for _, s := range c.pick(all) {
					col := c.column(s)
					for i := range col.ts {
						check(s.Series, col.ts[i], col.vs[i])
					}
				}
			}
		})
	}
	// What a reader of events knows is there, is there: births less leavings.
	readers.Go(func() {
		buf := make([]Event, 16)
		next := uint64(0)
		for !stop.Load() {
			n, after, _ := l.Events(next, buf)
			next = after
			for _, e := range buf[:n] {
				if _, end := e.Series.Bounds(); e.Kind == Born && end == 0 && !e.Series.Gone() {
					t.Errorf("%s was born and holds nothing", e.Series.Labels())
				}
			}
			time.Sleep(time.Millisecond)
		}
	})
	var total [senders]model.Taken
	for w := range senders {
		writers.Go(func() {
			for g := range generations {
				b := &model.Batch{}
				for i := range series {
					id := (w*generations+g)*series + i
					b.Series = append(b.Series, model.BatchSeries{
						Labels: lb("__name__", "m", "id", fmt.Sprint(id)), First: i, N: 1,
					})
					b.Points = append(b.Points, model.Point{})
				}
				for r := range rounds {
					for i := range b.Points {
						tMillis := int64(1000*(g*rounds+r) + 1)
						b.Points[i] = model.Point{TMillis: tMillis, Value: value((w*generations+g)*series+i, tMillis)}
					}
					total[w].Add(ingest(t, l, b))
				}
			}
		})
	}
	readers.Go(func() {
		for !stop.Load() {
			// Senders that are half a generation behind the fastest one lose series that they still write to, too.
			if _, err := l.Expire(context.Background(), halfGenerationBack(l)); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	})
	writers.Wait()
	stop.Store(true)
	readers.Wait()

	var sum model.Taken
	for _, of := range total {
		sum.Add(of)
	}
	if all := sum.Appended + sum.OverBudget; all != senders*series*generations*rounds || sum.Appended == 0 {
		t.Errorf("%+v do not add up to %d points", sum, senders*series*generations*rounds)
	}
	if seen.Load() == 0 {
		t.Error("no reader saw a sample: the hammer proves nothing")
	}
	if got := l.Stats(); got.Series != len(l.Select()) {
		t.Errorf("%d series are counted, %d are there", got.Series, len(l.Select()))
	}
}

// halfGenerationBack returns the time half a generation before the newest sample.
func halfGenerationBack(l *Live) time.Time {
	newest := int64(0)
	for _, s := range l.Select() {
		if tMillis, _ := s.newest(); tMillis > newest {
			newest = tMillis
		}
	}
	return model.FromMillis(newest - 15_000)
}
