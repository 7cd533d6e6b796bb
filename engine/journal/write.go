package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// segmentsPerWindow is how finely the oldest can be let go: a journal holds an eighth of a window too much.
	segmentsPerWindow = 8
	// maxSegmentBytes keeps a segment, and one write more, below the 2 GiB that wlog can count on small machines.
	maxSegmentBytes = 1 << 30
	// wlogSegmentBytes is so large that wlog does not begin segments by itself: a new one must name its series.
	wlogSegmentBytes = math.MaxInt / wlogPageBytes * wlogPageBytes
	wlogPageBytes    = 32 << 10
)

// writer owns the segment that is being written; it belongs to Run's goroutine.
type writer struct {
	*Journal
	log     *wlog.WL  // nil until the directory could be opened
	open    bool      // the segment may be written to; false at first, and after a failure
	began   time.Time // when the segment was begun
	spare   *buffer
	syncs   *syncer
	refs    []record.RefSample // scratch
	rec     []byte             // scratch
	encoder record.Encoder
}

func newWriter(j *Journal) *writer {
	return &writer{Journal: j, spare: &buffer{}, syncs: newSyncer(j)}
}

// Run writes what was appended, and removes old segments, whenever ticks tells the time, and earlier when much has come.
// When ctx ends it writes and syncs the rest and returns; the error is that of ending. While it runs, failures of the
// disk are told by Stats. It is called once.
func (j *Journal) Run(ctx context.Context, ticks <-chan time.Time) error {
	w := newWriter(j)
	var now time.Time
	var wake <-chan struct{} // not before the time is known
	for {
		select {
		case <-ctx.Done():
			return w.end(now)
		case now = <-ticks:
			wake = j.wake
		case <-wake:
		}
		w.write(now)
	}
}

// end refuses what comes later, writes and syncs the rest, and closes the log.
func (w *writer) end(now time.Time) error {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.write(now)
	w.syncs.stop()
	if w.log == nil {
		return nil
	}
	if err := w.log.Close(); err != nil {
		return fmt.Errorf("closing the journal: %w", err)
	}
	return nil
}

// write writes everything that is pending.
func (w *writer) write(now time.Time) {
	if !w.open && !w.advance(now) {
		w.trim(now) // It may make room.
		return
	}
	w.mu.Lock()
	due := !w.stopped && w.due(now)
	full := w.pending
	w.pending, w.spare = w.spare, nil
	if due {
		w.index.reset() // What comes from here on is for the next segment.
	}
	w.mu.Unlock()

	written, err := w.put(full, now)
	w.mu.Lock()
	w.stats.Written += uint64(written)
	if err != nil {
		// Series may have been named in what is lost, so all must be named anew, and what was appended since is lost too.
		w.open = false
		w.failed(err)
		w.stats.LostDisk += uint64(len(full.samples) - written + len(w.pending.samples))
		w.pending.reset()
		w.index.reset()
	}
	w.mu.Unlock()
	full.reset()
	w.spare = full
	if written > 0 {
		w.syncs.wrote(written)
	}
	if err == nil && due {
		w.open = w.advance(now)
	}
	w.trim(now)
}

// due tells whether the segment is old or large enough, or not to be relied on. Called with mu held.
func (w *writer) due(now time.Time) bool {
	bytes := w.segments[len(w.segments)-1].bytes
	return w.syncs.failed.Swap(false) ||
		bytes >= min(w.opts.MaxBytes/segmentsPerWindow, maxSegmentBytes) ||
		(bytes > 0 || len(w.pending.samples) > 0) && now.Sub(w.began) >= w.opts.Window/segmentsPerWindow
}

// advance begins a segment, if it can.
func (w *writer) advance(now time.Time) bool {
	number, err := w.begin()
	var file *os.File
	if err == nil {
		file, err = os.OpenFile(wlog.SegmentName(w.opts.Dir, number), os.O_RDWR, 0)
	}
	if err != nil {
		w.mu.Lock()
		w.failed(err)
		w.mu.Unlock()
		return false
	}
	w.measure() // The segment before was filled up when it was closed.
	w.segments = append(w.segments, segment{number: number, newest: math.MinInt64})
	w.began, w.open = now, true
	w.syncs.begun(file)
	return true
}

// begin opens the log, or goes on to its next segment, and returns the number of that.
func (w *writer) begin() (number int, err error) {
	if w.log != nil {
		return w.log.NextSegment()
	}
	log, err := wlog.NewSize(nil, nil, w.opts.Dir, wlogSegmentBytes, compression.Snappy)
	if err != nil {
		return 0, err
	}
	w.log = log
	_, number, err = wlog.Segments(w.opts.Dir)
	return number, err
}

// put hands a buffer to the operating system, and tells how many samples arrived there.
func (w *writer) put(b *buffer, now time.Time) (written int, err error) {
	for i, begin := range b.starts {
		end := len(b.series)
		if i+1 < len(b.starts) {
			end = b.starts[i+1]
		}
		if err := w.log.Log(b.series[begin:end]); err != nil {
			return 0, fmt.Errorf("writing series: %w", err)
		}
	}
	newest := int64(math.MinInt64)
	for samples := range slices.Chunk(b.samples, recordSamples) {
		w.refs = w.refs[:0]
		for _, s := range samples {
			w.refs = append(w.refs, record.RefSample{Ref: chunks.HeadSeriesRef(s.ref), T: s.tMillis, V: s.value})
			newest = max(newest, s.tMillis)
		}
		w.rec = w.encoder.Samples(w.refs, w.rec[:0])
		if err := w.log.Log(w.rec); err != nil {
			return written, fmt.Errorf("writing samples: %w", err)
		}
		written += len(samples)
	}
	if written > 0 {
		w.segments.saw(newest, now, w.opts.Window)
		w.measure()
	}
	return written, nil
}

// measure notes how large the newest segment is.
func (w *writer) measure() {
	if len(w.segments) == 0 {
		return
	}
	last := &w.segments[len(w.segments)-1]
	if info, err := os.Stat(wlog.SegmentName(w.opts.Dir, last.number)); err == nil {
		last.bytes = info.Size()
	}
}

// trim removes segments that are of no use any more.
func (w *writer) trim(now time.Time) {
	for i := range w.segments {
		if s := &w.segments[i]; s.newest == unread {
			s.newest = model.Millis(now) // Nothing in it is newer, if the clocks of senders are right.
		}
	}
	expired, overBudget := w.segments.outlived(now, w.opts.Window, w.opts.MaxBytes)
	removed, err := w.remove(expired + overBudget)
	w.segments = slices.Delete(w.segments, 0, removed)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Segments, w.stats.Bytes = len(w.segments), w.segments.bytes()
	w.stats.Expired += uint64(min(removed, expired))
	w.stats.OverBudget += uint64(max(removed-expired, 0))
	if err != nil {
		w.failed(fmt.Errorf("removing old segments: %w", err))
	}
}

// remove removes so many segments from the front, and tells how many are gone.
func (w *writer) remove(n int) (removed int, err error) {
	for ; removed < n; removed++ {
		err := os.Remove(wlog.SegmentName(w.opts.Dir, w.segments[removed].number))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, err
		}
	}
	return removed, nil
}

// failed counts a failure of the disk. Called with mu held.
func (j *Journal) failed(err error) {
	j.stats.Failures++
	j.stats.LastError = err
}
