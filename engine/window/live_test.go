package window

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// newLive runs a live window until the test ends.
func newLive(tb testing.TB, opts LiveOptions) *Live {
	tb.Helper()
	l, err := NewLive(opts)
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

// put adds a series with points at from, from+1, ... seconds to a batch.
func put(b *model.Batch, ls model.Labels, from int64, values ...float64) {
	b.Series = append(b.Series, model.BatchSeries{Labels: ls, First: len(b.Points), N: len(values)})
	for i, v := range values {
		b.Points = append(b.Points, model.Point{TMillis: 1000 * (from + int64(i)), Value: v})
	}
}

func ingest(tb testing.TB, l *Live, b *model.Batch) model.Taken {
	tb.Helper()
	taken, err := l.Ingest(context.Background(), b)
	if err != nil {
		tb.Fatal(err)
	}
	return taken
}

// one is a batch of one series.
func one(ls model.Labels, from int64, values ...float64) *model.Batch {
	b := &model.Batch{}
	put(b, ls, from, values...)
	return b
}

// samples returns all that a series holds as "time=value", seconds.
func samples(s *Series) (out []string) {
	ts, vs := make([]int64, 4), make([]float64, 4)
	for from := uint64(0); ; {
		n, first := s.Since(from, ts, vs)
		if n == 0 {
			return out
		}
		for i := range n {
			out = append(out, fmt.Sprintf("%d=%v", ts[i]/1000, vs[i]))
		}
		from = first + uint64(n)
	}
}

func TestLiveOptionsValidateListsEverything(t *testing.T) {
	_, err := NewLive(LiveOptions{Options: Options{MaxSeries: -1}, Shards: -2, Lanes: 2000, Events: -3})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"max series (-1) must be", "shards (-2) must be", "lanes (2000) must be", "events (-3) must be"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestIngestCountsEveryPoint(t *testing.T) {
	l := newLive(t, LiveOptions{Shards: 3, Options: Options{MaxSeries: 2}})
	a, b, c := lb("__name__", "a"), lb("__name__", "b"), lb("__name__", "c")
	first := &model.Batch{}
	put(first, a, 10, 1, 2, 3)
	put(first, b, 10, 1)
	if got, want := ingest(t, l, first), (model.Taken{Appended: 4}); !cmp.Equal(got, want) {
		t.Errorf("first: %+v, want %+v", got, want)
	}
	// Sent once more, as by a sender that got no answer: nothing is lost, nothing is wrong.
	if got, want := ingest(t, l, first), (model.Taken{Duplicate: 4}); !cmp.Equal(got, want) {
		t.Errorf("again: %+v, want %+v", got, want)
	}
	next := &model.Batch{}
	put(next, a, 9, 7, 7, 2, 3, 4) // 9 is too old, 10 is known as another, 11 and 12 are known, 13 is new
	put(next, c, 10, 1, 2)
	want := model.Taken{OutOfOrder: 1, Conflict: 1, Duplicate: 2, Appended: 1, OverBudget: 2, RefusedSeries: []model.Labels{c}}
	if got := ingest(t, l, next); !cmp.Equal(got, want) {
		t.Errorf("next: %+v, want %+v", got, want)
	}
	stats := l.Stats()
	if all := stats.Taken; stats.Series != 2 || all.Appended != 5 || all.Duplicate != 6 || all.OverBudget != 2 || !cmp.Equal(all.RefusedSeries, []model.Labels{c}) {
		t.Errorf("stats %+v", stats)
	}
	if got := samples(l.Select(labels.MustNewMatcher(labels.MatchEqual, "__name__", "a"))[0]); !slices.Equal(got, []string{"10=1", "11=2", "12=3", "13=4"}) {
		t.Errorf("a holds %v", got)
	}
}

// The names of refused series must not point into the sender's buffer, which is used again.
func TestRefusedNamesAreCopies(t *testing.T) {
	l := newLive(t, LiveOptions{Options: Options{MaxSeries: 1}})
	ingest(t, l, one(lb("__name__", "a"), 0, 1))
	b := one(lb("__name__", "b"), 0, 1)
	taken := ingest(t, l, b)
	b.Series[0].Labels[0].Value = "overwritten"
	if got := taken.RefusedSeries[0].String(); got != "b" {
		t.Errorf("refused %q, want b", got)
	}
}

func TestIngestManyJobs(t *testing.T) {
	const series = 3 * maxJobSeries * jobsPerShard
	l := newLive(t, LiveOptions{Shards: 2, Lanes: 1, Options: Options{SamplesPerSeries: 4}})
	b := &model.Batch{}
	for i := range series {
		put(b, lb("__name__", "m", "i", fmt.Sprint(i)), 0, 0, float64(i))
	}
	if got, want := ingest(t, l, b), (model.Taken{Appended: 2 * series}); !cmp.Equal(got, want) {
		t.Fatalf("%+v, want %+v", got, want)
	}
	for _, s := range l.Select() {
		if got, want := samples(s), []string{"0=0", "1=" + s.Labels().Get("i")}; !slices.Equal(got, want) {
			t.Fatalf("%s holds %v, want %v", s.Labels(), got, want)
		}
	}
}

func TestASeriesTwiceInABatchIsOne(t *testing.T) {
	l := newLive(t, LiveOptions{})
	b := &model.Batch{}
	put(b, lb("__name__", "m"), 0, 1)
	put(b, lb("__name__", "m"), 1, 2)
	ingest(t, l, b)
	if all := l.Select(); len(all) != 1 || !slices.Equal(samples(all[0]), []string{"0=1", "1=2"}) {
		t.Errorf("%d series", len(all))
	}
}

func TestExpire(t *testing.T) {
	ctx := context.Background()
	l := newLive(t, LiveOptions{Shards: 2, Options: Options{MaxSeries: 1000}})
	b := &model.Batch{}
	for i := range 1000 {
		put(b, lb("__name__", "m", "i", fmt.Sprint(i)), int64(i%2*100), 1, 2)
	}
	ingest(t, l, b)
	old := l.Select()
	cut := l.Cut(at(200))
	left, err := l.Expire(ctx, at(50))
	if err != nil || left != 500 {
		t.Fatalf("Expire = %d, %v, want 500", left, err)
	}
	if got := l.Select(labels.MustNewMatcher(labels.MatchEqual, "__name__", "m")); len(got) != 500 {
		t.Errorf("%d series after, want 500", len(got))
	}
	gone := 0
	for _, s := range old {
		if s.Gone() {
			gone++
			if got := samples(s); got != nil {
				t.Fatalf("a series that left holds %v", got)
			}
		}
	}
	if gone != 500 {
		t.Errorf("%d handles say that they are gone, want 500", gone)
	}
	// The places are given on, and nobody takes the new series for the old ones: neither handles nor the older cut.
	again := &model.Batch{}
	for i := range 500 {
		put(again, lb("__name__", "new", "i", fmt.Sprint(i)), -100, 3)
	}
	if got, want := ingest(t, l, again), (model.Taken{Appended: 500}); !cmp.Equal(got, want) {
		t.Fatalf("%+v, want %+v", got, want)
	}
	for _, s := range old {
		if s.Gone() && samples(s) != nil {
			t.Fatal("a handle speaks of the series that came in its place")
		}
	}
	if series, points := cut.Raw(); series != 500 || points != 1000 {
		t.Errorf("the older cut has %d series, %d samples, want 500, 1000", series, points)
	}
	if series, points := l.Cut(at(200)).Raw(); series != 1000 || points != 1500 {
		t.Errorf("a fresh cut has %d series, %d samples, want 1000, 1500", series, points)
	}
	for i, s := range l.shards {
		if max := int(s.w.size.Load()); max > 600 {
			t.Errorf("shard %d gave out %d places: those that were left are not used again", i, max)
		}
	}
}

func TestEvents(t *testing.T) {
	l := newLive(t, LiveOptions{Shards: 1, Events: 4})
	m := lb("__name__", "m")
	ingest(t, l, one(m, 0, 1, 2, model.StaleMarker(), model.StaleMarker(), 3))
	read := func(from uint64) (kinds []string, next, lost uint64) {
		buf := make([]Event, 10)
		n, next, lost := l.Events(from, buf)
		for _, e := range buf[:n] {
			kinds = append(kinds, fmt.Sprintf("%s %s at %d", e.Series.Labels().Get("__name__"), e.Kind, e.TMillis/1000))
		}
		return kinds, next, lost
	}
	got, next, lost := read(0)
	if want := []string{"m born at 0", "m ended at 2", "m resumed at 4"}; !slices.Equal(got, want) || next != 3 || lost != 0 {
		t.Errorf("events %q, next %d, lost %d, want %q", got, next, lost, want)
	}
	if _, err := l.Expire(context.Background(), at(100)); err != nil {
		t.Fatal(err)
	}
	ingest(t, l, one(lb("__name__", "n"), 7, 1, model.StaleMarker()))
	got, next, lost = read(next)
	if want := []string{"m left at 4", "n born at 7", "n ended at 8"}; !slices.Equal(got, want) || next != 6 || lost != 0 {
		t.Errorf("events %q, next %d, lost %d, want %q", got, next, lost, want)
	}
	if got, _, lost := read(1); len(got) != 4 || lost != 1 {
		t.Errorf("events from 1: %q, lost %d, want 4, lost 1", got, lost)
	}
	if got, next, lost := read(9); got != nil || next != 9 || lost != 0 {
		t.Errorf("events from 9: %q, %d, %d, want none yet", got, next, lost)
	}
}

func TestIngestBeforeAndAfterRun(t *testing.T) {
	l, err := NewLive(LiveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	b := one(lb("__name__", "m"), 0, 1)
	soon, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := l.Ingest(soon, b); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("before Run: %v, want that the deadline passed", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	ingest(t, l, b)
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := l.Ingest(context.Background(), b); !errors.Is(err, ErrStopped) {
		t.Errorf("after Run: %v, want ErrStopped", err)
	}
	if got := samples(l.Select()[0]); !slices.Equal(got, []string{"0=1"}) {
		t.Errorf("after Run it holds %v", got)
	}
}

// TestDroppedWhenTheCallerGoes hands over with a context that has ended: what is not handed over is counted.
func TestDroppedWhenTheCallerGoes(t *testing.T) {
	l := newLive(t, LiveOptions{})
	ln, err := l.enter(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer l.leave(ln)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, want := ln.ingest(ctx, one(lb("__name__", "m"), 0, 1, 2)), (model.Taken{Dropped: 2}); !cmp.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := ln.ingest(context.Background(), one(lb("__name__", "m"), 0, 1, 2)), (model.Taken{Appended: 2}); !cmp.Equal(got, want) {
		t.Errorf("then: %+v, want %+v", got, want)
	}
}

func TestIngestAllocatesNothing(t *testing.T) {
	l := newLive(t, LiveOptions{Shards: 2})
	b := &model.Batch{}
	for i := range 1000 {
		put(b, lb("__name__", "m", "i", fmt.Sprint(i)), 0, 1)
	}
	now := int64(0)
	round := func() {
		now++
		for i := range b.Points {
			b.Points[i].TMillis = now
		}
		ingest(t, l, b)
	}
	for range 10 {
		round()
	}
	if got := testing.AllocsPerRun(200, round); math.Round(got) > 1 {
		t.Errorf("%v allocations for a batch of 1000 known series, want 0", got)
	}
}
