package journal

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/tsdb/wlog"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

func newNoise(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// written is a segment as it lies on the disk, and what was appended to it.
type written struct {
	bytes []byte
	lens  []int // the length of the file after each write
	sent  []sent
	upTo  []int // how many of sent were in it by then
}

// write makes a segment of so many writes of so many series each, from the first on, of values that do not compress.
func write(tb testing.TB, writes, first, series int) written {
	tb.Helper()
	dir := tb.TempDir()
	kept := newStore()
	noise := newNoise(2)
	r := run(tb, openJournal(tb, Options{Dir: dir}))
	file := wlog.SegmentName(dir, 0)
	var out written
	for n := range writes {
		b := &model.Batch{}
		for s := range series {
			add(b, of(first+s+n), model.Point{TMillis: int64(n), Value: noise.Float64()})
		}
		r.Append(b)
		if _, err := kept.Ingest(tb.Context(), b); err != nil {
			tb.Fatal(err)
		}
		r.tick(0)
		info, err := os.Stat(file)
		if err != nil {
			tb.Fatal(err)
		}
		out.lens = append(out.lens, int(info.Size()))
		out.upTo = append(out.upTo, len(kept.order))
	}
	all, err := os.ReadFile(file) // as a kill would leave it: a stop fills up the page
	if err != nil {
		tb.Fatal(err)
	}
	r.stop()
	out.bytes, out.sent = all, kept.order
	return out
}

// replayFile replays a directory of one segment.
func replayFile(tb testing.TB, dir string, segment []byte) (*store, Replayed) {
	tb.Helper()
	if err := os.WriteFile(wlog.SegmentName(dir, 0), segment, 0o600); err != nil {
		tb.Fatal(err)
	}
	got := newStore()
	return got, replayed(tb, dir, got)
}

// checkPrefix insists that what was replayed is the beginning of what was appended, and at least so many samples.
func checkPrefix(tb testing.TB, got, all []sent, least int) {
	tb.Helper()
	if len(got) < least || len(got) > len(all) || !equal(got, all[:len(got)]) {
		tb.Fatalf("replayed %d samples, want a prefix of the %d appended of %d or more", len(got), len(all), least)
	}
}

// TestTornTail cuts a segment off at every byte of the last write, as a kill or a loss of power may.
func TestTornTail(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tc := range map[string]struct {
		writes, series int
		cut            func(cut int) bool
	}{
		"every byte": {3, 5, func(int) bool { return true }},
		"a write of several pages, some bytes and all about the ends of pages": {2, 5000, func(cut int) bool {
			return cut%3001 == 0 || (cut+10)%wlogPageBytes < 20
		}},
	} {
		w := write(t, tc.writes, 0, tc.series)
		sure, torn := w.lens[tc.writes-2], 0
		for cut := sure; cut <= len(w.bytes); cut++ {
			if !tc.cut(cut) {
				continue
			}
			got, told := replayFile(t, dir, w.bytes[:cut])
			checkPrefix(t, got.order, w.sent, w.upTo[tc.writes-2])
			if cut == len(w.bytes) && len(got.order) != len(w.sent) {
				t.Fatalf("%s: nothing was cut off, and %d of %d samples were replayed", name, len(got.order), len(w.sent))
			}
			if len(told.Damages) == 0 {
				continue
			}
			torn++
			if d := told.Damages[0]; !d.Torn || !strings.Contains(d.String(), wlog.SegmentName(dir, 0)+" ends in a torn record at offset") {
				t.Fatalf("%s: cut at %d: %+v", name, cut, told)
			}
			again := newStore()
			if told := replayed(t, dir, again); len(told.Damages) != 0 || !equal(again.order, got.order) {
				t.Fatalf("%s: cut at %d, it is not repaired: %+v, %d samples", name, cut, told, len(again.order))
			}
		}
		if torn == 0 {
			t.Errorf("%s: no record was torn", name)
		}
	}
}

// TestDamage changes bytes anywhere in the first of two segments: what comes before the change is replayed, and so is
// all of the second segment.
func TestDamage(t *testing.T) {
	t.Parallel()
	w := write(t, 6, 0, 700)
	next := write(t, 1, 10_000, 9)
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		damaged := bytes.Clone(w.bytes)
		place := rapid.IntRange(0, len(damaged)-1).Draw(rt, "place")
		for i := place; i < min(place+rapid.IntRange(1, 100).Draw(rt, "bytes"), len(damaged)); i++ {
			damaged[i] ^= byte(rapid.IntRange(1, 255).Draw(rt, "change"))
		}
		sure := 0
		for i, n := range w.lens {
			if n <= place {
				sure = w.upTo[i]
			}
		}
		if err := os.WriteFile(wlog.SegmentName(dir, 1), next.bytes, 0o600); err != nil {
			rt.Fatal(err)
		}
		got, told := replayFile(t, dir, damaged)
		tail := len(got.order) - len(next.sent)
		if len(told.Damages) != 1 || tail < sure || tail > len(w.sent) ||
			!equal(got.order[:tail], w.sent[:tail]) || !equal(got.order[tail:], next.sent) {
			rt.Fatalf("damaged at %d: %d of %d and %d samples, at least %d: %+v", place, len(got.order), len(w.sent), len(next.sent), sure, told)
		}
		d := told.Damages[0]
		if d.Offset > int64(place) || !strings.Contains(d.String(), wlog.SegmentName(dir, 0)) {
			rt.Fatalf("damaged at %d: %s", place, d)
		}
		after, err := os.ReadFile(wlog.SegmentName(dir, 0))
		if err != nil {
			rt.Fatal(err)
		}
		if want := damaged[:d.Offset]; d.Torn && !bytes.Equal(after, want) || !d.Torn && !bytes.Equal(after, damaged) {
			rt.Fatalf("torn %v: the file has %d bytes of %d", d.Torn, len(after), len(damaged))
		}
	})
}

// TestUnreadableSegment: a file that can not be read is told of, and the others are replayed.
func TestUnreadableSegment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for life := range 3 {
		r := run(t, openJournal(t, Options{Dir: dir}))
		r.Append(one(0, int64(life), float64(life)))
		r.stop()
	}
	name := wlog.SegmentName(dir, 1)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
	got := newStore()
	told := replayed(t, dir, got)
	if len(got.order) != 2 || len(told.Damages) != 1 || told.Damages[0].File != name || told.Damages[0].Err == nil {
		t.Errorf("told %+v, replayed %v", told, got.order)
	}
}

// TestSamplesOfNoSeries: a segment whose beginning is lost names nothing, so its samples are nobody's.
func TestSamplesOfNoSeries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir}))
	r.Append(one(0, 1, 1))
	r.tick(0)
	r.stop()
	w := run(t, openJournal(t, Options{Dir: dir}))
	if !w.advance(start) {
		t.Fatal(w.stats.LastError)
	}
	if _, err := w.put(&buffer{samples: []sample{{tMillis: 5, value: 5, ref: 3}}}, start); err != nil {
		t.Fatal(err)
	}
	w.stop()
	got := newStore()
	told := replayed(t, dir, got)
	if len(got.order) != 1 || len(told.Damages) != 1 || told.Damages[0].Torn || filepath.Base(told.Damages[0].File) != "00000001" {
		t.Errorf("told %+v, replayed %v", told, got.order)
	}
}
