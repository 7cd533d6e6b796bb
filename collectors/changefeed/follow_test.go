package changefeed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/diagnops/diagnops/engine/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// followed is a file that is followed, on a clock that stands still until it is set.
type followed struct {
	*Follower
	t        *testing.T
	file     string
	now      time.Time
	problems []string
}

func follow(t *testing.T) *followed {
	t.Helper()
	f := &followed{t: t, file: filepath.Join(t.TempDir(), "changes.jsonl"), now: at(60)}
	var err error
	f.Follower, err = NewFollower(f.file, newStore(t, StoreOptions{}), FollowOptions{
		Now:       func() time.Time { return f.now },
		OnProblem: func(err error) { f.problems = append(f.problems, strings.ReplaceAll(err.Error(), f.file, "F")) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.close)
	return f
}

// line is a change as it is written to a file.
func line(id string) string {
	return fmt.Sprintf(`{"at": "2026-05-15T10:00:00Z", "kind": "deploy", "component": "web", "id": %q}`, id) + "\n"
}

// write adds a text to a file, which it makes.
func write(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// want polls, and holds what is kept against ids. Each line must have been taken once.
func (f *followed) want(want ...string) {
	f.t.Helper()
	f.Poll()
	got := ids(f.store)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("kept: %s", diff)
	}
	if a := f.store.Stats().Added; a.New != len(want) {
		f.t.Errorf("taken: %+v", a)
	}
}

func TestGrowing(t *testing.T) {
	f := follow(t)
	f.Poll() // not there yet
	write(t, f.file, line("a")+line("b")[:20])
	f.want("a")
	write(t, f.file, line("b")[20:])
	f.want("a", "b")
	write(t, f.file, "\n\n"+line("c")+`{"routing_key": "k", "payload": {"summary": "s"}}`+"\n"+"{\n"+line("d"))
	f.want("a", "b", "c", "d")
	if f.store.Stats().Added.Known != 0 || len(f.problems) != 2 ||
		f.problems[0] != "F:6:33: payload.timestamp: must be given: a file has no time of receipt" ||
		!strings.HasPrefix(f.problems[1], "F:7:") {
		t.Errorf("%+v, %q", f.store.Stats(), f.problems)
	}
}

// TestRotated writes on to the old file after it was renamed, and ends it without a line break.
func TestRotated(t *testing.T) {
	f := follow(t)
	write(t, f.file, line("a"))
	f.want("a")
	old := f.file + ".1"
	write(t, f.file, line("b"))
	if err := os.Rename(f.file, old); err != nil {
		t.Fatal(err)
	}
	f.want("a", "b")
	write(t, old, line("c"))
	write(t, f.file, line("d"))
	f.want("a", "b", "c", "d")
	write(t, old, line("e")+strings.TrimSpace(line("f")))
	f.now = f.now.Add(29 * time.Second)
	f.want("a", "b", "c", "d", "e")
	f.now = f.now.Add(30 * time.Second)
	f.want("a", "b", "c", "d", "e", "f")
	if a := f.store.Stats().Added; a.Known != 0 || f.moved != nil || len(f.problems) > 0 {
		t.Errorf("%+v, %v", a, f.problems)
	}
}

// TestReplaced puts another file in the place, with the old lines and a new one, as editors and configuration do.
func TestReplaced(t *testing.T) {
	f := follow(t)
	write(t, f.file, line("a"))
	f.want("a")
	next := f.file + ".new"
	write(t, next, line("a")+line("b"))
	if err := os.Rename(next, f.file); err != nil {
		t.Fatal(err)
	}
	f.want("a", "b")
	write(t, f.file, line("c"))
	f.want("a", "b", "c")
}

// TestCutOff begins anew in the same file: shorter than before, and longer.
func TestCutOff(t *testing.T) {
	f := follow(t)
	write(t, f.file, line("a")+line("b")+"{half")
	f.want("a", "b")
	if err := os.WriteFile(f.file, []byte(line("c")), 0o644); err != nil {
		t.Fatal(err)
	}
	f.want("a", "b", "c")
	if err := os.WriteFile(f.file, []byte(line("d")+line("e")+line("f")), 0o644); err != nil {
		t.Fatal(err)
	}
	f.want("a", "b", "c", "d", "e", "f")
	if len(f.problems) > 0 {
		t.Error(f.problems)
	}
}

func TestLongLines(t *testing.T) {
	f := follow(t)
	long := strings.Repeat("x", maxLine+1)
	write(t, f.file, line("a")+long)
	f.want("a")
	write(t, f.file, long+"\n"+line("b"))
	f.want("a", "b")
	if len(f.problems) != 1 || f.problems[0] != "F:2: must be at most 1048576 bytes a line" {
		t.Errorf("%.200q", f.problems)
	}
	if cap(f.current.rest) > 4*maxLine {
		t.Errorf("%d bytes are held", cap(f.current.rest))
	}
}

// TestRun follows a file that is written and rotated while it is followed, by what the file system tells: polls come
// only every hour.
func TestRun(t *testing.T) {
	store := newStore(t, StoreOptions{Age: 100 * 365 * 24 * time.Hour})
	file := filepath.Join(t.TempDir(), "changes.jsonl")
	f, err := NewFollower(file, store, FollowOptions{Poll: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Run(ctx) }()
	var want []string
	for i := range 200 {
		id := fmt.Sprintf("%03d", i)
		want = append(want, id)
		if i%50 == 49 { // The last line before a rename is still to be read when it comes.
			waitFor(t, store, i)
			write(t, file, line(id))
			if err := os.Rename(file, fmt.Sprintf("%s.%d", file, i)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, file, line(id))
	}
	waitFor(t, store, len(want))
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, ids(store)); diff != "" {
		t.Error(diff)
	}
	if a := store.Stats().Added; a.Known != 0 {
		t.Errorf("%+v", a)
	}
	if _, err := NewFollower(file, store, FollowOptions{Poll: -1}); err == nil {
		t.Error("options that make no sense were taken")
	}
}

// waitFor waits until a store holds so many changes.
func waitFor(t *testing.T, store *Store, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		got := len(store.Changes(model.Interval{}))
		if got >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d after ten seconds", got, n)
		}
	}
}

// FuzzTail writes a text in two pieces, whatever they are, and holds the lines against those of the whole.
func FuzzTail(f *testing.F) {
	f.Add([]byte("a\nb\n\nc"), 3)
	f.Add([]byte("\r\n{"), 1)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		cut = min(max(cut, 0), len(text))
		var tl tail
		var got []string
		take := func(line []byte, number int) { got = append(got, fmt.Sprintf("%d %s", number, line)) }
		tl.split(text[:cut], take)
		tl.split(text[cut:], take)
		var want []string
		lines := strings.Split(string(text), "\n")
		for i, line := range lines[:len(lines)-1] {
			if strings.TrimSpace(line) != "" && len(line) <= maxLine {
				want = append(want, fmt.Sprintf("%d %s", i+1, line))
			}
		}
		if !cmp.Equal(want, got) || string(tl.rest) != lines[len(lines)-1] {
			t.Errorf("got %q and %q of %q", got, tl.rest, text)
		}
	})
}
