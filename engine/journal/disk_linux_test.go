package journal

import (
	"math"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

const fullDisk = "DIAGNOPS_JOURNAL_FULL_DISK"

// TestFullDisk: a disk that refuses to take more is told of, samples go on to be appended, and are kept again as soon as
// there is room. The limit of a file's size stands for a full disk; it is the whole process', so a child runs the test.
func TestFullDisk(t *testing.T) {
	if os.Getenv(fullDisk) == "" {
		t.Parallel()
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), fullDisk+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	torn := 0
	for limit := int64(20_000); limit < 50_000; limit += 2_500 {
		torn += len(fillDisk(t, limit).Damages)
	}
	if torn == 0 {
		t.Error("no record was cut off by the end of the disk")
	}
}

// fillDisk fills a disk on which a file may have so many bytes, makes room, and replays what was kept.
func fillDisk(t *testing.T, limit int64) Replayed {
	t.Helper()
	dir := t.TempDir()
	r := run(t, openJournal(t, Options{Dir: dir, MaxPending: 5000}))
	noise := newNoise(3)
	kept := newStore()
	appended := 0
	add1000 := func() []sent {
		b := &model.Batch{}
		for s := range 1000 {
			add(b, of(s), model.Point{TMillis: at(0) + int64(appended), Value: noise.Float64()})
		}
		appended++
		r.Append(b)
		if _, err := kept.Ingest(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		return kept.order[len(kept.order)-1000:]
	}

	before := add1000()
	r.tick(0)
	if s := r.Stats(); s.Written != 1000 || s.Failures != 0 {
		t.Fatalf("with room: %+v", s)
	}
	limitFiles(t, limit)
	for range 12 {
		add1000()
		r.tick(0)
	}
	full := r.Stats()
	checkSum(t, full)
	if full.Failures == 0 || full.LastError == nil || full.LostDisk == 0 || full.LostFull == 0 || full.Written > 5000 {
		t.Errorf("without room: %+v", full)
	}
	limitFiles(t, math.MaxInt64)
	r.tick(0)
	after := add1000()
	r.stop()
	s := r.Stats()
	checkSum(t, s)
	if s.Failures != full.Failures || s.LostFull != full.LostFull || s.LostDisk != full.LostDisk || s.Pending != 0 {
		t.Errorf("with room again: %+v", s)
	}

	got := newStore()
	told := replayed(t, dir, got)
	if n := len(got.order); uint64(n) < s.Written || !contains(got, before) || !contains(got, after) {
		t.Errorf("replayed %d samples of %d written: %+v", n, s.Written, told)
	}
	appendedAs := map[sent]bool{}
	for _, s := range kept.order {
		appendedAs[s] = true
	}
	for _, s := range got.order {
		if !appendedAs[s] {
			t.Fatalf("%+v was never appended, or is there twice", s)
		}
		delete(appendedAs, s)
	}
	return told
}

// limitFiles bounds the size of files, bytes.
func limitFiles(t *testing.T, most int64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(uint64(most), limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}
