package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/tsdb/wlog"

	"github.com/diagnops/diagnops/engine/model"
)

// at is a sample's time so long after the start.
func at(d time.Duration) int64 { return model.Millis(start.Add(d)) }

func TestOutlived(t *testing.T) {
	t.Parallel()
	const window, now = 10 * time.Minute, 30 * time.Minute
	old, young := at(20*time.Minute-time.Millisecond), at(20*time.Minute)
	seg := func(bytes, newest int64) segment { return segment{bytes: bytes, newest: newest} }
	for name, tc := range map[string]struct {
		segments            segments
		expired, overBudget int
	}{
		"nothing":                                {nil, 0, 0},
		"the last one stays however old":         {segments{seg(500, old)}, 0, 0},
		"old ones go":                            {segments{seg(10, old), seg(10, old), seg(10, young), seg(10, old)}, 2, 0},
		"not over one that is young":             {segments{seg(10, young), seg(10, old), seg(10, young)}, 0, 0},
		"unread ones stay":                       {segments{seg(10, unread), seg(10, young)}, 0, 0},
		"up to the budget":                       {segments{seg(50, young), seg(50, young)}, 0, 0},
		"over the budget":                        {segments{seg(50, young), seg(50, young), seg(1, young)}, 0, 1},
		"old ones make room":                     {segments{seg(50, old), seg(50, young), seg(50, young)}, 1, 0},
		"old ones do not make enough room":       {segments{seg(50, old), seg(60, young), seg(50, young)}, 1, 1},
		"the last one stays however large it is": {segments{seg(50, young), seg(500, young)}, 0, 1},
	} {
		expired, overBudget := tc.segments.outlived(start.Add(now), window, 100)
		if expired != tc.expired || overBudget != tc.overBudget {
			t.Errorf("%s: %d expired, %d over budget, want %d and %d", name, expired, overBudget, tc.expired, tc.overBudget)
		}
	}
}

// TestFutureSamplesKeepNothingForEver: a clock that is years ahead keeps its segment for one window more.
func TestFutureSamplesKeepNothingForEver(t *testing.T) {
	t.Parallel()
	s := segments{{newest: at(0)}, {newest: at(0)}}
	s.saw(at(1e6*time.Hour), start, time.Hour)
	if s[0].newest != at(0) || s[1].newest != at(time.Hour) {
		t.Errorf("%+v", s)
	}
}

// TestOldSegmentsGo: an hour of samples through a window of eight minutes, with a restart in the middle.
func TestOldSegmentsGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := Options{Dir: dir, Window: 8 * time.Minute}
	r := run(t, openJournal(t, opts))
	removed := uint64(0)
	for minute := range 60 {
		if minute == 30 {
			r.stop()
			removed = r.Stats().Expired
			j := openJournal(t, opts)
			if _, err := j.Replay(t.Context(), start.Add(22*time.Minute), newStore()); err != nil {
				t.Fatal(err)
			}
			r = run(t, j)
		}
		now := time.Duration(minute) * time.Minute
		r.Append(one(minute%3, at(now), float64(minute)))
		r.tick(now)
		if s := r.Stats(); s.Segments > 10 || s.OverBudget != 0 || s.Failures != 0 {
			t.Fatalf("in minute %d: %+v", minute, s)
		}
	}
	r.stop()
	if removed += r.Stats().Expired; removed < 50 {
		t.Errorf("%d segments were removed", removed)
	}
	got := newStore()
	replayed(t, dir, got)
	// Every segment names its series anew, so those of the last window are all there, and no others.
	var values []float64
	for _, s := range got.order {
		values = append(values, s.point.Value)
	}
	if diff := cmp.Diff([]float64{51, 52, 53, 54, 55, 56, 57, 58, 59}, values); diff != "" {
		t.Errorf("replayed (-want +got):\n%s", diff)
	}
	files, err := filepath.Glob(filepath.Join(dir, "0*"))
	if s := r.Stats(); err != nil || len(files) != s.Segments {
		t.Errorf("%d files, told %+v, %v", len(files), s, err)
	}
}

// TestUnreadSegmentsGo: what an earlier process left goes a window after this one began, if nobody looked into it.
func TestUnreadSegmentsGo(t *testing.T) {
	t.Parallel()
	opts := Options{Dir: t.TempDir(), Window: time.Minute}
	r := run(t, openJournal(t, opts))
	r.Append(one(0, at(0), 1))
	r.stop()
	r = run(t, openJournal(t, opts))
	for _, tc := range []struct {
		at      time.Duration
		expired uint64
	}{{10 * time.Minute, 0}, {11 * time.Minute, 0}, {11*time.Minute + time.Millisecond, 1}} {
		if r.tick(tc.at); r.Stats().Expired != tc.expired {
			t.Errorf("%s: %+v", tc.at, r.Stats())
		}
	}
	r.stop()
}

// TestDiskBudget: what takes too much goes before its time, the oldest first, and is counted.
func TestDiskBudget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir, MaxBytes: minMaxBytes}))
	noise := newNoise(1)
	const batches = 120
	for n := range batches {
		b := &model.Batch{}
		for series := range 2000 {
			add(b, of(series), model.Point{TMillis: at(0) + int64(n), Value: noise.Float64()})
		}
		r.Append(b)
		r.tick(0)
		if s := r.Stats(); s.Bytes > minMaxBytes*5/4 {
			t.Fatalf("%d bytes: %+v", s.Bytes, s)
		}
	}
	r.stop()
	s := r.Stats()
	if s.OverBudget == 0 || s.Expired != 0 || s.Failures != 0 || s.Bytes < minMaxBytes/2 {
		t.Errorf("%+v", s)
	}
	got := newStore()
	told := replayed(t, dir, got)
	points := got.points[of(7).String()]
	if n := len(points); n < 10 || points[n-1].TMillis != at(0)+batches-1 || points[0].TMillis != at(0)+batches-int64(n) || len(told.Damages) != 0 {
		t.Errorf("told %+v, replayed %d points of a series", told, n)
	}
}

// TestMissingSegments: whoever removes a file loses what is in it and nothing else.
func TestMissingSegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for life := range 6 {
		r := run(t, openJournal(t, Options{Dir: dir}))
		r.Append(one(0, int64(life), float64(life)))
		r.stop()
	}
	for _, gone := range []int{0, 2, 3} {
		if err := os.Remove(wlog.SegmentName(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "00000001.bak"), []byte("of somebody else"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got := newStore()
		told := replayed(t, dir, got)
		want := []model.Point{{TMillis: 1, Value: 1}, {TMillis: 4, Value: 4}, {TMillis: 5, Value: 5}}
		if diff := cmp.Diff(want, got.points[of(0).String()]); diff != "" || told.Segments != 3 {
			t.Errorf("told %+v, replayed (-want +got):\n%s", told, diff)
		}
	}
	r := run(t, openJournal(t, Options{Dir: dir}))
	r.Append(one(0, 6, 6))
	r.stop()
	got := newStore()
	if replayed(t, dir, got); len(got.order) != 4 || r.Stats().Failures != 0 {
		t.Errorf("replayed %v, %+v", got.order, r.Stats())
	}
}
