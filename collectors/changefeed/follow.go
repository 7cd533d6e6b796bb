package changefeed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/diagnops/diagnops/collectors"
)

// FollowOptions configure a Follower. Zero fields take the defaults.
type FollowOptions struct {
	// Poll is how often the file is looked at where its folder can not be watched, or the watch misses something (network
	// file systems): every five seconds by default.
	Poll time.Duration
	// Linger is how long a file that was moved away is still read: whoever writes it goes on until told to open the new
	// one. 30 seconds by default.
	Linger time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// OnProblem is told what is wrong with a line, as collectors.Problems, or why the file can not be read now; nil means
	// nobody is.
	OnProblem func(error)
}

// Follower reads change events from a file that grows, one JSON value a line, into a Store. A line counts when its line
// break is written. Lines that are malformed are told and passed over.
//
// The file may not exist yet. When it is renamed and begun anew, the old one is read to its end and for Linger longer.
// When it is cut off, or written over, it is read from its beginning: what stays in it is known to the store by its ids.
// What is written between a copy and the cut of "copytruncate" is lost, as it is to everybody; a rename loses nothing.
type Follower struct {
	path  string
	store *Store
	opts  FollowOptions

	current, moved *tail // nil = none
}

// NewFollower returns a follower of a file, which reads nothing before Run or Poll.
func NewFollower(path string, store *Store, opts FollowOptions) (*Follower, error) {
	if opts.Poll < 0 || opts.Linger < 0 {
		return nil, fmt.Errorf("follow options: poll (%s) and linger (%s) must be at least 0s", opts.Poll, opts.Linger)
	}
	if opts.Poll == 0 {
		opts.Poll = 5 * time.Second
	}
	if opts.Linger == 0 {
		opts.Linger = 30 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.OnProblem == nil {
		opts.OnProblem = func(error) {}
	}
	return &Follower{path: path, store: store, opts: opts}, nil
}

// Run follows the file until ctx ends: it polls when the folder tells of something, and now and then.
func (f *Follower) Run(ctx context.Context) error {
	defer f.close()
	var events <-chan fsnotify.Event
	var failures <-chan error
	if watcher, err := fsnotify.NewWatcher(); err == nil {
		defer func() { _ = watcher.Close() }()
		if err := watcher.Add(filepath.Dir(f.path)); err == nil {
			events, failures = watcher.Events, watcher.Errors
		}
	}
	tick := time.NewTicker(f.opts.Poll)
	defer tick.Stop()
	for {
		f.Poll()
		select {
		case <-ctx.Done():
			f.Poll()
			return nil
		case <-tick.C:
		case <-events:
		case err := <-failures: // More events than the watcher could hold: all the more reason to look.
			f.opts.OnProblem(fmt.Errorf("watching changes: %w", err))
		}
	}
}

// Poll reads what is new.
func (f *Follower) Poll() {
	now := f.opts.Now()
	if f.current != nil {
		f.read(f.current, now)
	}
	f.turn(now)
	if m := f.moved; m != nil {
		if f.read(m, now); now.Sub(m.grew) >= f.opts.Linger {
			f.finish(m, now)
			f.moved = nil
		}
	}
}

// turn opens the file when it is there for the first time, or is another than the one being read.
func (f *Follower) turn(now time.Time) {
	info, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return // not written yet, or moved away a moment ago
	}
	if err == nil && f.current != nil && os.SameFile(info, f.current.info) {
		return
	}
	var next *tail
	if err == nil {
		next, err = openTail(f.path, now)
	}
	if err != nil {
		f.opts.OnProblem(fmt.Errorf("following changes: %w", err))
		return
	}
	if f.moved != nil {
		f.finish(f.moved, now)
	}
	if f.moved = f.current; f.moved != nil {
		f.moved.grew = now
	}
	f.current = next
	f.read(next, now)
}

// read takes in the lines that are complete.
func (f *Follower) read(t *tail, now time.Time) {
	err := t.lines(now, func(line []byte, number int) { f.line(line, number, now) })
	if err != nil {
		f.opts.OnProblem(fmt.Errorf("following changes: %w", err))
	}
}

// finish takes in a last line without a line break, of a file that will get none, and closes the file.
func (f *Follower) finish(t *tail, now time.Time) {
	if len(bytes.TrimSpace(t.rest)) > 0 {
		f.line(t.rest, t.number+1, now)
	}
	_ = t.file.Close() // opened to be read: nothing is lost
}

// line takes in one line; nil is one that is too long. A line has no time of receipt: it may be old.
func (f *Follower) line(line []byte, number int, now time.Time) {
	if line == nil {
		f.opts.OnProblem(collectors.Problems{{File: f.path, Line: number, Rule: fmt.Sprintf("must be at most %d bytes a line", maxLine)}})
		return
	}
	told, _, err := collectors.ReadChanges(collectors.ChangeInput{File: f.path}, line)
	var problems collectors.Problems
	if errors.As(err, &problems) {
		for i := range problems {
			problems[i].Line = number
		}
	}
	if err != nil {
		f.opts.OnProblem(err)
		return
	}
	f.store.Add(now, told)
}

func (f *Follower) close() {
	for _, t := range []*tail{f.current, f.moved} {
		if t != nil {
			_ = t.file.Close()
		}
	}
	f.current, f.moved = nil, nil
}

// tail is how far one file is read.
type tail struct {
	file    *os.File
	info    os.FileInfo // when it was opened: which file it is
	offset  int64       // up to where it is read
	number  int         // of the last complete line, from 1
	rest    []byte      // of a line that is not complete
	tooLong bool        // that line has more than maxLine bytes, and is not kept
	head    []byte      // how the file begins, up to maxHead bytes
	grew    time.Time   // when it was last seen to grow
}

const (
	// maxLine bounds a line, as in files that are read whole.
	maxLine = 1 << 20
	// maxHead is how much of the beginning of a file is remembered, to see that it was written over: the first line of
	// changes.jsonl has a time or an id in it.
	maxHead = 256
	// chunk is how much is read at a time.
	chunk = 64 << 10
)

func openTail(path string, now time.Time) (*tail, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &tail{file: file, info: info, grew: now}, nil
}

// lines reads to the end and hands on each complete line, which is valid only during the call; nil for one that is too
// long. It begins anew when the
// file was cut off or written over.
func (t *tail) lines(now time.Time, each func(line []byte, number int)) error {
	info, err := t.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < t.offset || !t.beginsAsBefore() {
		*t = tail{file: t.file, info: t.info, grew: now}
	}
	buf := make([]byte, chunk)
	for {
		n, err := t.file.ReadAt(buf, t.offset)
		if n > 0 {
			t.grew = now
		}
		if free := maxHead - len(t.head); t.offset == int64(len(t.head)) && free > 0 {
			t.head = append(t.head, buf[:min(n, free)]...)
		}
		t.offset += int64(n)
		t.split(buf[:n], each)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// beginsAsBefore tells whether the file still begins as it did.
func (t *tail) beginsAsBefore() bool {
	buf := make([]byte, len(t.head))
	n, _ := t.file.ReadAt(buf, 0)
	return bytes.Equal(buf[:n], t.head)
}

// split hands on the lines that data completes and keeps the rest.
func (t *tail) split(data []byte, each func(line []byte, number int)) {
	for {
		line, rest, complete := bytes.Cut(data, []byte("\n"))
		if t.tooLong = t.tooLong || len(t.rest)+len(line) > maxLine; t.tooLong {
			t.rest = nil
		} else {
			t.rest = append(t.rest, line...)
		}
		if !complete {
			return
		}
		t.number++
		if t.tooLong || len(bytes.TrimSpace(t.rest)) > 0 {
			each(t.rest, t.number)
		}
		t.rest, t.tooLong, data = t.rest[:0], false, rest
	}
}
