package journal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"

	"github.com/diagnops/diagnops/engine/model"
)

// Sink takes batches in, and copies what it keeps before it returns. An error means that it failed as a whole; what it
// could not take for reasons of the points is in Taken.
type Sink interface {
	Ingest(ctx context.Context, b *model.Batch) (model.Taken, error)
}

// Replayed tells what a replay did.
type Replayed struct {
	Segments int    // read
	Samples  uint64 // handed to the sink
	Old      uint64 // samples left out because they are older than asked for
	Unknown  uint64 // records skipped because of a type that is not known here
	Taken    model.Taken
	Damages  []Damage // at most one a segment, the oldest first
}

// Damage is where the reading of a segment ended before its end.
type Damage struct {
	File   string
	Offset int64 // in the file, of the end of the last record that is whole
	// Torn tells that the record after it reaches to the end of the file, as when the writing process was killed. The file
	// is cut off at Offset. Otherwise it is left as it is, and what may follow in it was not read.
	Torn bool
	Err  error
}

// String says it in a sentence without a stop.
func (d Damage) String() string {
	if d.Torn {
		return fmt.Sprintf("%s ends in a torn record at offset %d: %v", d.File, d.Offset, d.Err)
	}
	return fmt.Sprintf("%s is damaged at offset %d, what follows in it is lost: %v", d.File, d.Offset, d.Err)
}

var (
	errNoSeries    = errors.New("a sample is of a series that the segment does not name")
	errEmptyRecord = errors.New("a record is empty")
)

// Replay hands the samples that are not older than from to the sink, segment by segment, each series' in the order in
// which they were appended, in batches of up to batchSamples. What is damaged is left out and told, segment by segment; so the error is that of the sink,
// or of ctx. It is called before Run, or not at all.
func (j *Journal) Replay(ctx context.Context, from time.Time, sink Sink) (Replayed, error) {
	r := &replay{from: model.Millis(from), sink: sink, records: record.NewDecoder(nil, nil)}
	for i := range j.segments {
		s := &j.segments[i]
		file := wlog.SegmentName(j.opts.Dir, s.number)
		r.segment(ctx, file, s)
		if r.failed != nil {
			return r.told, fmt.Errorf("replaying %s: %w", file, r.failed)
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Bytes = j.segments.bytes()
	return r.told, nil
}

// batchSamples is about how many samples a batch has. What a window takes in costs by the series more than by the sample,
// so the samples of many records are gathered and dealt out to their series: 48 MB for the time of a replay.
const batchSamples = 1 << 20

// replay is a Replay at work.
type replay struct {
	from    int64
	sink    Sink
	told    Replayed
	failed  error // of the sink or of ctx
	newest  int64 // time of a sample in the segment
	records record.Decoder
	series  []model.Labels     // of the segment, by reference
	decoded []record.RefSample // of a record
	samples []record.RefSample // read and not handed over yet
	places  []int              // by reference: where in the batch the next point of the series goes
	batch   model.Batch
}

// segment reads one file up to its end or to the first damage.
func (r *replay) segment(ctx context.Context, file string, s *segment) {
	r.series, r.newest = r.series[:0], math.MinInt64
	r.told.Segments++
	whole, read, err := r.read(ctx, file)
	s.newest = r.newest
	if r.failed == nil {
		r.ingest(ctx)
	}
	if err == nil || r.failed != nil {
		return
	}
	d := Damage{File: file, Offset: whole, Torn: read >= s.bytes, Err: err}
	if d.Torn {
		if err := os.Truncate(file, whole); err != nil {
			d.Err = errors.Join(d.Err, fmt.Errorf("cutting it off: %w", err))
		} else {
			s.bytes = whole
		}
	}
	r.told.Damages = append(r.told.Damages, d)
}

// read reads a file. It returns where the last whole record ends, how far the reader came, counting the zeros by which it
// fills the last page, and what is wrong with the record in between.
func (r *replay) read(ctx context.Context, file string) (whole, read int64, err error) {
	f, err := wlog.OpenReadSegment(file)
	if err != nil {
		return 0, 0, err
	}
	pages := wlog.NewSegmentBufReader(f)
	defer pages.Close() //nolint:errcheck // It was only read.
	in := wlog.NewReader(pages)
	for in.Next() {
		if err := r.record(ctx, in.Record()); err != nil {
			return whole, in.Offset(), err
		}
		whole = in.Offset()
	}
	var corrupt *wlog.CorruptionErr
	if errors.As(in.Err(), &corrupt) {
		return whole, in.Offset(), corrupt.Err // File and offset are told by Damage.
	}
	return whole, in.Offset(), in.Err()
}

// record takes in what a record holds.
func (r *replay) record(ctx context.Context, rec []byte) (err error) {
	if len(rec) == 0 {
		return errEmptyRecord // None is ever written, but zeros after a torn header read like one.
	}
	switch r.records.Type(rec) {
	case record.Series:
		r.series, err = readSeries(rec, r.series)
		return err
	case record.Samples, record.SamplesV2:
		if err := r.gather(rec); err != nil {
			return err
		}
		if len(r.samples) >= batchSamples {
			r.ingest(ctx)
		}
		return r.failed
	default:
		r.told.Unknown++
		return nil
	}
}

// gather adds the samples of a record that are worth handing over.
func (r *replay) gather(rec []byte) (err error) {
	if r.decoded, err = r.records.Samples(rec, r.decoded[:0]); err != nil {
		return err
	}
	if slices.ContainsFunc(r.decoded, func(s record.RefSample) bool { return uint64(s.Ref) >= uint64(len(r.series)) }) {
		return errNoSeries
	}
	for i := range r.decoded {
		s := &r.decoded[i]
		r.newest = max(r.newest, s.T)
		if s.T < r.from {
			r.told.Old++
			continue
		}
		r.samples = append(r.samples, *s)
	}
	return nil
}

// ingest deals the gathered samples out to their series and hands them to the sink.
func (r *replay) ingest(ctx context.Context) {
	if r.failed = ctx.Err(); r.failed != nil || len(r.samples) == 0 {
		return
	}
	r.deal()
	taken, err := r.sink.Ingest(ctx, &r.batch)
	if err != nil {
		r.failed = err
		return
	}
	r.told.Samples += uint64(len(r.samples))
	r.told.Taken.Add(taken)
	r.samples = r.samples[:0]
}

// deal makes a batch of the gathered samples by a counting sort on the series, which keeps the order within each.
func (r *replay) deal() {
	b := &r.batch
	b.Reset()
	r.places = append(r.places[:0], make([]int, len(r.series))...)
	for i := range r.samples {
		r.places[r.samples[i].Ref]++
	}
	next := 0
	for ref, n := range r.places {
		r.places[ref] = next
		if n > 0 {
			b.Series = append(b.Series, model.BatchSeries{Labels: r.series[ref], First: next, N: n})
		}
		next += n
	}
	b.Points = slices.Grow(b.Points, next)[:next]
	for i := range r.samples {
		s := &r.samples[i]
		b.Points[r.places[s.Ref]] = model.Point{TMillis: s.T, Value: s.V}
		r.places[s.Ref]++
	}
}
