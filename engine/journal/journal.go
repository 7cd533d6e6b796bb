package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/prometheus/tsdb/fileutil"
	"github.com/prometheus/prometheus/tsdb/record"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// recordBytes is from where on a series record is full: large enough to compress well, small enough that a torn one is
	// a small loss.
	recordBytes = 64 << 10
	// recordSamples is how many samples a record holds, some 100 kB, for the same reasons.
	recordSamples = 8192

	lockName = "lock"
)

// Journal keeps samples on disk. The way of its life is New, Replay, Run, Close; see the package comment.
type Journal struct {
	opts     Options
	lock     fileutil.Releaser
	wake     chan struct{} // one token: there is much to write
	segments segments      // owner: Replay, then Run
	spelled  sync.Pool     // of *spelled

	mu      sync.Mutex // guards what follows
	index   index      // of the segment that pending will be written to
	pending *buffer
	stopped bool
	stats   Stats
}

// Stats are the counters of a Journal. Samples is the sum of Pending, Written, and the samples that were Lost.
type Stats struct {
	Samples uint64 // appended
	Pending uint64 // waiting to be written, or just being written
	Written uint64 // handed to the operating system: they outlive the process
	Synced  uint64 // of these, on the disk: they outlive the machine

	LostFull    uint64 // came while Options.MaxPending others waited
	LostSeries  uint64 // of series beyond Options.MaxSeries
	LostDisk    uint64 // were about to be written when the disk failed
	LostStopped uint64 // came after Run had ended

	Failures  uint64 // of the disk
	LastError error  // of the disk; nil = there was none

	Series     int    // named in the segment that is being written
	Segments   int    // files
	Bytes      int64  // that they take
	Expired    uint64 // segments removed because they were older than the window
	OverBudget uint64 // segments removed because of Options.MaxBytes, before their time
}

// buffer is what waits to be written: series, and then samples, of these and of others.
type buffer struct {
	series  []byte // series records, one after the other
	starts  []int  // where in series each of them begins
	samples []sample
}

type sample struct {
	tMillis int64
	value   float64
	ref     uint32
}

func (b *buffer) reset() { b.series, b.starts, b.samples = b.series[:0], b.starts[:0], b.samples[:0] }

// name adds a series.
func (b *buffer) name(ref uint32, key []byte) {
	if n := len(b.starts); n == 0 || len(b.series)-b.starts[n-1] >= recordBytes {
		b.starts = append(b.starts, len(b.series))
		b.series = append(b.series, byte(record.Series))
	}
	b.series = appendSeries(b.series, ref, key)
}

// New opens the directory and locks it against other processes.
func New(opts Options) (*Journal, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("journal options: %w", err)
	}
	opts = opts.withDefaults()
	if err := os.MkdirAll(opts.Dir, 0o777); err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	lock, _, err := fileutil.Flock(filepath.Join(opts.Dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("locking the journal %s, which another process may use: %w", opts.Dir, err)
	}
	found, err := findSegments(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", errors.Join(err, lock.Release()))
	}
	j := &Journal{
		opts: opts, lock: lock, wake: make(chan struct{}, 1),
		segments: found, index: newIndex(), pending: &buffer{},
	}
	j.spelled.New = func() any { return &spelled{} }
	j.stats.Segments, j.stats.Bytes = len(found), found.bytes()
	return j, nil
}

// Close lets go of the directory. It is called once, when Run has returned or will not be called.
func (j *Journal) Close() error {
	if err := j.lock.Release(); err != nil {
		return fmt.Errorf("closing the journal: %w", err)
	}
	return nil
}

// Append notes the points of a batch, to be written at the next tick. The batch is copied. When a batch was not taken in
// as a whole it does no harm to append all of it: the window will refuse the same points when they are replayed.
// CreatedMillis is not kept; the window has no use for it. Any goroutine; it waits for no disk.
func (j *Journal) Append(b *model.Batch) {
	sp := j.spelled.Get().(*spelled)
	defer j.spelled.Put(sp)
	sp.spell(b, &j.index)
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range b.Series {
		if b.Series[i].N > 0 {
			j.append(b.Of(&b.Series[i]), sp.key(i), sp.items[i].hash)
		}
	}
	if len(j.pending.samples) > j.opts.MaxPending/2 {
		select {
		case j.wake <- struct{}{}:
		default: // A token is there already.
		}
	}
}

// append notes the points of one series. Called with mu held.
func (j *Journal) append(points []model.Point, key []byte, hash uint64) {
	n := uint64(len(points))
	j.stats.Samples += n
	if j.stopped {
		j.stats.LostStopped += n
		return
	}
	if len(j.pending.samples)+len(points) > j.opts.MaxPending {
		j.stats.LostFull += n
		return
	}
	ref, ok := j.index.find(key, hash)
	if !ok {
		if len(j.index.series) >= j.opts.MaxSeries {
			j.stats.LostSeries += n
			return
		}
		ref = j.index.add(key, hash)
		j.pending.name(ref, key)
	}
	for _, p := range points {
		j.pending.samples = append(j.pending.samples, sample{tMillis: p.TMillis, value: p.Value, ref: ref})
	}
}

// spelled are the labels of the series of a batch, spelled and hashed before the lock is taken.
type spelled struct {
	keys  []byte
	items []indexed // by their number in the batch; the ends are those in keys
}

func (sp *spelled) spell(b *model.Batch, x *index) {
	sp.keys, sp.items = sp.keys[:0], sp.items[:0]
	for i := range b.Series {
		begin := len(sp.keys)
		sp.keys = appendLabels(sp.keys, b.Series[i].Labels)
		sp.items = append(sp.items, indexed{hash: x.hash(sp.keys[begin:]), end: len(sp.keys)})
	}
}

func (sp *spelled) key(i int) []byte {
	begin := 0
	if i > 0 {
		begin = sp.items[i-1].end
	}
	return sp.keys[begin:sp.items[i].end]
}

// Stats returns the counters. Any goroutine.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.stats
	s.Series = len(j.index.series)
	s.Pending = s.Samples - s.Written - s.LostFull - s.LostSeries - s.LostDisk - s.LostStopped
	return s
}
