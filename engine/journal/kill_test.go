package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// The environment of a child: this test's binary, started again to be killed.
const (
	childDir   = "DIAGNOPS_JOURNAL_CHILD"
	childTick  = "DIAGNOPS_JOURNAL_TICK"
	childFirst = "DIAGNOPS_JOURNAL_FIRST"
)

const (
	kills = 50
	// killTick stands for the second of production, so that many ticks fit into a short life.
	killTick = 50 * time.Millisecond
	// killWrite is what "one write" may take, with the way of a tick through a machine that does other things.
	killWrite = 100 * time.Millisecond
	// killWindow is so short that segments begin several times in a life and go while the test runs.
	killWindow = 2 * time.Second
	killSeries = 10
)

// note is what a child tells of a round of samples once it is appended: the value, the time of its samples, and when
// that was, by the child's own clock.
type note struct{ n, tMillis, nanos int64 }

// child appends numbered samples, one round a millisecond, and tells of each, until it is killed.
func child() int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	tick, err := time.ParseDuration(os.Getenv(childTick))
	if err != nil {
		return fail(err)
	}
	first, err := strconv.ParseInt(os.Getenv(childFirst), 10, 64)
	if err != nil {
		return fail(err)
	}
	j, err := New(Options{Dir: os.Getenv(childDir), Window: killWindow})
	if err != nil {
		return fail(err)
	}
	if _, err := j.Replay(context.Background(), time.Now().Add(-killWindow), newStore()); err != nil {
		return fail(err)
	}
	go func() { _ = j.Run(context.Background(), time.NewTicker(tick).C) }()
	begin := time.Now()
	for n, last := first, int64(0); ; n++ {
		for last >= time.Now().UnixMilli() {
			time.Sleep(100 * time.Microsecond)
		}
		last = time.Now().UnixMilli()
		b := &model.Batch{}
		for s := range killSeries {
			add(b, of(s), model.Point{TMillis: last, Value: float64(n)})
		}
		add(b, of(int(killSeries+n/8)), model.Point{TMillis: last, Value: float64(n)}) // series come and go
		j.Append(b)
		if _, err := fmt.Println(n, last, time.Since(begin).Nanoseconds()); err != nil {
			return fail(err)
		}
		if s := j.Stats(); s.Samples != s.Pending+s.Written || s.Failures != 0 {
			return fail(fmt.Errorf("the journal lost samples: %+v", s))
		}
	}
}

// killed runs a child for the given time after its first sample, kills it, and returns what it told.
func killed(t *testing.T, dir string, tick time.Duration, first int64, life time.Duration) []note {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childTick+"="+tick.String(), childFirst+"="+strconv.FormatInt(first, 10))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	notes := readNotes(t, in, 1)
	kill := time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	notes = append(notes, readNotes(t, in, -1)...)
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return notes
}

// readNotes reads so many notes, or all there are; the last may have been cut off by the kill.
func readNotes(t *testing.T, in *bufio.Reader, most int) (notes []note) {
	t.Helper()
	for len(notes) != most {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return notes
		}
		var n note
		if err == nil {
			_, err = fmt.Sscan(line, &n.n, &n.tMillis, &n.nanos)
		}
		if err != nil {
			t.Fatalf("reading what the child tells, %q: %v", line, err)
		}
		notes = append(notes, n)
	}
	return notes
}

// life is a directory over several lives of a child.
type life struct {
	dir    string
	times  map[int64]int64 // of samples by their number
	newest int64           // number of the newest sample replayed
}

// next lets a child go on where the one before was killed, kills it, replays, checks every sample, and returns how far
// back the oldest sample lies that is lost, by the child's clock.
func (l *life) next(t *testing.T, tick, lives time.Duration) (lost time.Duration, told Replayed) {
	t.Helper()
	notes := killed(t, l.dir, tick, l.newest+1, lives)
	for _, n := range notes {
		l.times[n.n] = n.tMillis
	}
	got := newStore()
	told = replayed(t, l.dir, got)
	for _, d := range told.Damages {
		if !d.Torn {
			t.Errorf("%s", d)
		}
	}
	last := notes[len(notes)-1]
	newest := last.n + 1 // a sample may be in the journal before it is told
	for s := range killSeries {
		newest = min(newest, l.check(t, got.points[of(s).String()]))
	}
	if newest < l.newest {
		t.Fatalf("samples up to %d had been replayed, now they end at %d", l.newest, newest)
	}
	l.newest = newest
	if int(told.Samples) != told.Taken.Appended {
		t.Fatalf("samples come twice: %+v", told)
	}
	for _, n := range notes {
		if n.n > newest {
			return time.Duration(last.nanos - n.nanos), told
		}
	}
	return 0, told
}

// check looks at all points of a series: numbers without a gap, each with its own time. It returns the last number.
func (l *life) check(t *testing.T, points []model.Point) int64 {
	t.Helper()
	for i, p := range points {
		if i > 0 && p.Value != points[i-1].Value+1 {
			t.Fatalf("%v is followed by %v", points[i-1], p)
		}
		if at, ok := l.times[int64(p.Value)]; ok && at != p.TMillis {
			t.Fatalf("%v was appended with the time %d", p, at)
		}
	}
	if len(points) == 0 {
		return l.newest
	}
	return int64(points[len(points)-1].Value)
}

// TestEndToEndKill kills a process that keeps a journal, 50 times at random moments, each next one going on in the same
// directory. Every time no more is lost than what was appended since the last tick and during one write, and what is
// replayed is what was appended: nothing is torn, wrong, or there twice.
func TestEndToEndKill(t *testing.T) {
	rounds := kills
	if testing.Short() {
		rounds = 5
	}
	noise := newNoise(uint64(time.Now().UnixNano()))
	l := &life{dir: t.TempDir(), times: map[int64]int64{}}
	var worst, sum time.Duration
	torn := 0
	for round := range rounds {
		lost, told := l.next(t, killTick, 50*time.Millisecond+time.Duration(noise.Int64N(int64(200*time.Millisecond))))
		if promised := killTick + killWrite; lost > promised {
			t.Errorf("kill %d: %s are lost, promised are %s", round, lost, promised)
		}
		worst, sum, torn = max(worst, lost), sum+lost, torn+len(told.Damages)
	}
	if l.newest < int64(rounds)*10 {
		t.Errorf("%d rounds of samples outlived %d kills", l.newest, rounds)
	}
	t.Logf("%d kills: %d rounds of samples outlived them, at most %s was lost, %s on average, of ticks each %s; %d torn records",
		rounds, l.newest, worst, sum/time.Duration(rounds), killTick, torn)
}

// TestEndToEndKillIsNoticed: the test above can fail, for a journal that is written too rarely breaks the promise.
func TestEndToEndKillIsNoticed(t *testing.T) {
	l := &life{dir: t.TempDir(), times: map[int64]int64{}}
	if lost, _ := l.next(t, time.Hour, 2*(killTick+killWrite)); lost <= killTick+killWrite {
		t.Errorf("only %s are lost by a journal that is never written", lost)
	}
}
