package journal

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	err := Options{Window: time.Millisecond, MaxBytes: 1, MaxSeries: -1, MaxPending: -1}.Validate()
	for _, want := range []string{"dir ()", "window (1ms)", "max bytes (1)", "max series (-1)", "max pending (-1)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell of %s", err, want)
		}
	}
	if err := (Options{Dir: "x", Window: time.Minute}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	opts := Options{Dir: filepath.Join(t.TempDir(), "made", "for me"), Window: time.Hour}
	j := openJournal(t, opts)
	if _, err := New(opts); err == nil || !strings.Contains(err.Error(), opts.Dir) {
		t.Errorf("a second journal of the directory: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openJournal(t, opts).Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRestarts: random batches over several lives of a journal; what is replayed is what was appended.
func TestRestarts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		want := newStore()
		now := int64(0)
		for range rapid.IntRange(1, 3).Draw(rt, "lives") {
			r := run(t, openJournal(t, Options{Dir: dir, Window: time.Minute}))
			for range rapid.IntRange(0, 20).Draw(rt, "batches") {
				b := drawBatch(rt, &now)
				r.Append(b)
				if _, err := want.Ingest(context.Background(), b); err != nil {
					rt.Fatal(err)
				}
				if rapid.Bool().Draw(rt, "tick") {
					r.tick(time.Duration(rapid.IntRange(0, 55).Draw(rt, "second")) * time.Second)
				}
			}
			r.stop()
			s := r.Stats()
			checkSum(t, s)
			if s.Written != s.Samples || s.Synced != s.Samples || s.Failures != 0 {
				rt.Fatalf("after a stop: %+v", s)
			}
		}
		got := newStore()
		told := replayed(t, dir, got)
		if diff := cmp.Diff(want.points, got.points, cmpopts.EquateNaNs()); diff != "" {
			rt.Fatalf("replayed (-want +got):\n%s", diff)
		}
		if len(told.Damages) != 0 || told.Samples != uint64(told.Taken.Appended) || told.Taken.Appended != len(want.order) {
			rt.Fatalf("told %+v of %d samples", told, len(want.order))
		}
	})
}

// drawBatch makes a batch of a few series, times that grow, and values of all kinds.
func drawBatch(rt *rapid.T, now *int64) *model.Batch {
	b := &model.Batch{}
	for range rapid.IntRange(0, 5).Draw(rt, "series") {
		var points []model.Point
		for range rapid.IntRange(0, 4).Draw(rt, "points") {
			*now += rapid.Int64Range(1, 1000).Draw(rt, "after")
			v := rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()), rapid.Just(model.StaleMarker())).Draw(rt, "value")
			points = append(points, model.Point{TMillis: model.Millis(start) + *now, Value: v})
		}
		add(b, of(rapid.IntRange(0, 9).Draw(rt, "which")), points...)
	}
	return b
}

func TestStaleMarkersKeepTheirBits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir}))
	r.Append(one(0, 1, model.StaleMarker()))
	r.Append(one(0, 2, math.NaN()))
	r.stop()
	got := newStore()
	replayed(t, dir, got)
	if p := got.order; len(p) != 2 || !model.IsStale(p[0].point.Value) || model.IsStale(p[1].point.Value) {
		t.Errorf("replayed %v", p)
	}
}

func TestOlderSamplesAreLeftOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir}))
	b := &model.Batch{}
	add(b, of(0), model.Point{TMillis: 3000, Value: 1})
	add(b, of(1), model.Point{TMillis: 999, Value: 2}, model.Point{TMillis: 1000, Value: 3}, model.Point{TMillis: 1001, Value: 4})
	r.Append(b)
	r.stop()
	j := openJournal(t, Options{Dir: dir})
	got := newStore()
	told, err := j.Replay(context.Background(), time.UnixMilli(1000), got)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]model.Point{of(0).String(): {{TMillis: 3000, Value: 1}}, of(1).String(): {{TMillis: 1000, Value: 3}, {TMillis: 1001, Value: 4}}}
	if diff := cmp.Diff(want, got.points); diff != "" || told.Old != 1 || told.Samples != 3 {
		t.Errorf("told %+v, replayed (-want +got):\n%s", told, diff)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestManySamplesAreSeveralBatches: what does not fit into one batch of a replay comes in the next.
func TestManySamplesAreSeveralBatches(t *testing.T) {
	t.Parallel()
	const series, points, writes = 10, 10_000, 12
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir}))
	for n := range writes {
		b := &model.Batch{}
		for s := range series {
			part := make([]model.Point, points)
			for i := range part {
				part[i] = model.Point{TMillis: int64(n*points + i), Value: float64(s)}
			}
			add(b, of(s), part...)
		}
		r.Append(b)
		r.tick(0)
	}
	r.stop()
	got := newStore()
	told := replayed(t, dir, got)
	if told.Samples != series*points*writes || told.Samples <= batchSamples || told.Taken.Appended != int(told.Samples) {
		t.Errorf("told %+v", told)
	}
	for s := range series {
		for i, p := range got.points[of(s).String()] {
			if p.TMillis != int64(i) || p.Value != float64(s) {
				t.Fatalf("point %d of series %d is %v", i, s, p)
			}
		}
	}
}

func TestReplayEndsWithItsSink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir}))
	r.Append(one(0, 1, 1))
	r.stop()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	broken := errors.New("broken")
	for _, tc := range []struct {
		ctx  context.Context
		sink *store
		want error
	}{{context.Background(), &store{fails: broken}, broken}, {ended, newStore(), context.Canceled}} {
		j := openJournal(t, Options{Dir: dir})
		told, err := j.Replay(tc.ctx, time.UnixMilli(0), tc.sink)
		if !errors.Is(err, tc.want) || told.Samples != 0 || len(told.Damages) != 0 {
			t.Errorf("told %+v, error %v, want %v", told, err, tc.want)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBounds: what does not fit is counted by the reason, and the rest is kept.
func TestBounds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir, MaxSeries: 2, MaxPending: 4}))
	r.Append(one(0, 1, 1))
	r.Append(one(1, 1, 1))
	r.Append(one(2, 1, 1)) // a series too many
	b := &model.Batch{}
	add(b, of(0), model.Point{TMillis: 2}, model.Point{TMillis: 3}, model.Point{TMillis: 4}) // more than have room
	add(b, of(1), model.Point{TMillis: 2})
	r.Append(b)
	r.tick(0)
	r.Append(one(0, 5, 1))
	r.stop()
	r.Append(one(0, 6, 1))
	s := r.Stats()
	checkSum(t, s)
	if s.Samples != 9 || s.LostSeries != 1 || s.LostFull != 3 || s.LostStopped != 1 || s.Written != 4 || s.Series != 2 {
		t.Errorf("%+v", s)
	}
	got := newStore()
	if replayed(t, dir, got); len(got.order) != 4 {
		t.Errorf("replayed %v", got.order)
	}
}

// TestRun: what comes is written at the ticks, a buffer that fills up ahead of them, and the rest at the end.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, Options{Dir: dir, MaxPending: 10})
	ctx, cancel := context.WithCancel(t.Context())
	ticks, done := make(chan time.Time), make(chan error)
	go func() { done <- j.Run(ctx, ticks) }()
	waitFor := func(what string, holds func(Stats) bool) {
		t.Helper()
		for begin := time.Now(); !holds(j.Stats()); time.Sleep(100 * time.Microsecond) {
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%s: %+v", what, j.Stats())
			}
		}
	}
	j.Append(one(0, at(0), 0))
	ticks <- start
	waitFor("a tick writes", func(s Stats) bool { return s.Written == 1 })
	waitFor("and what is written is synced without another tick", func(s Stats) bool { return s.Synced == 1 })
	for i := range 5 {
		j.Append(one(0, at(0)+int64(i)+1, 0))
	}
	if s := j.Stats(); s.Written != 1 {
		t.Errorf("half a buffer is written without a tick: %+v", s)
	}
	j.Append(one(0, at(0)+6, 0))
	waitFor("more than half a buffer is written", func(s Stats) bool { return s.Written == 7 })
	j.Append(one(0, at(0)+7, 0))
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if s := j.Stats(); s.Written != 8 || s.Synced != 8 {
		t.Errorf("at the end: %+v", s)
	}
	got := newStore()
	if replayed(t, dir, got); len(got.order) != 8 {
		t.Errorf("replayed %v", got.order)
	}
}

// TestUnknownRecordsAreSkipped: a newer release may have written what we do not know.
func TestUnknownRecordsAreSkipped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := wlog.New(nil, nil, dir, compression.Snappy)
	if err != nil {
		t.Fatal(err)
	}
	var b buffer
	b.name(0, appendLabels(nil, of(0)))
	enc := record.Encoder{EnableSTStorage: true} // samples with start times, as a newer Prometheus spells them
	if err := w.Log([]byte{200, 1, 2, 3}, b.series, enc.Metadata([]record.RefMetadata{{Ref: 0, Unit: "s"}}, nil),
		enc.Samples([]record.RefSample{{Ref: 0, ST: 5, T: 7, V: 1.5}}, nil)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := newStore()
	told := replayed(t, dir, got)
	if want := []sent{{of(0).String(), model.Point{TMillis: 7, Value: 1.5}}}; told.Unknown != 2 || !cmp.Equal(want, got.order, cmp.AllowUnexported(sent{})) {
		t.Errorf("told %+v, replayed %v", told, got.order)
	}
}
