package collectors

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/diagnops/diagnops/engine/model"
)

// Sink takes the samples of a replay.
type Sink interface {
	// Series announces a series and returns the handle under which its samples will come.
	Series(labels model.Labels) (model.SeriesRef, error)
	// Append takes one sample, at Unix milliseconds.
	Append(ref model.SeriesRef, tMillis int64, v float64)
}

// reportEvery is how many samples lie between two calls of progress, and two looks at the context: some hundred a
// second in the slowest sink.
const reportEvery = 8192

// Replay announces every series to the sink, in the order of Series, and then feeds all samples in event time: one with
// an earlier time comes before any with a later one, and samples of one time come in the order of Series. progress may
// be nil; it is called now and then and at the end. The error is the sink's, or that of ctx.
func (d *Data) Replay(ctx context.Context, sink Sink, progress func(doneSamples, totalSamples int)) error {
	refs, err := d.announce(sink)
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	pair := keyPairs.Get().(*keyPair)
	defer keyPairs.Put(pair)
	keys := d.eventOrder(pair)
	cursors := make([]int32, len(d.Series))
	for done := 0; done < len(keys); {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := keys[done:min(done+reportEvery, len(keys))]
		for _, key := range batch {
			s := key & seriesMask
			c := cursors[s]
			cursors[s] = c + 1
			sink.Append(refs[s], d.Times[s][c], d.Values[s][c])
		}
		done += len(batch)
		progress(done, len(keys))
	}
	return nil
}

// Fill announces every series to the sink as Replay does, and then feeds all samples, one series after the other, each in
// event time. A sink that is looked at only when all is in it ends up the same, several times as fast: what is next to
// each other in memory is moved together, and nothing is sorted. The error is the sink's, or that of ctx.
func (d *Data) Fill(ctx context.Context, sink Sink) error {
	refs, err := d.announce(sink)
	if err != nil {
		return err
	}
	for s, ref := range refs {
		if err := ctx.Err(); err != nil {
			return err
		}
		values := d.Values[s]
		for i, t := range d.Times[s] {
			sink.Append(ref, t, values[i])
		}
	}
	return nil
}

// announce tells the sink of every series, and returns their handles.
func (d *Data) announce(sink Sink) ([]model.SeriesRef, error) {
	refs := make([]model.SeriesRef, len(d.Series))
	for i, labels := range d.Series {
		ref, err := sink.Series(labels)
		if err != nil {
			return nil, fmt.Errorf("replaying %s: %w", labels, err)
		}
		refs[i] = ref
	}
	return refs, nil
}

// A replay key holds a sample's time, less the earliest, above its series' number (MaxSeries, MaxMillis).
const (
	seriesBits = 20
	seriesMask = 1<<seriesBits - 1
	// digitBits is how much of the time one pass of the sort looks at: 2,048 counters stay in the first-level cache.
	digitBits = 11
	digitMask = 1<<digitBits - 1
)

// keyPairs keeps the two arrays that the sort works on, between the replays of a batch.
var keyPairs = sync.Pool{New: func() any { return &keyPair{} }}

type keyPair struct{ keys, other []uint64 }

// eventOrder returns a key for every sample, ordered by time, then series, in one of the pair's arrays. Keys are written series by series and then
// sorted by the bits of time alone, lowest first (radix sort), which keeps the series' order among equal times. Its cost
// grows with the samples only, however many distinct times there are.
func (d *Data) eventOrder(pair *keyPair) []uint64 {
	earliest := int64(MaxMillis)
	for _, times := range d.Times {
		earliest = min(earliest, times[0])
	}
	n := d.NumSamples()
	pair.keys = slices.Grow(pair.keys[:0], n)
	pair.other = slices.Grow(pair.other[:0], n)
	keys, other := pair.keys, pair.other[:n]
	var used uint64 // bits of time that are set anywhere
	for s, times := range d.Times {
		for _, t := range times {
			offset := uint64(t - earliest)
			used |= offset
			keys = append(keys, offset<<seriesBits|uint64(s))
		}
	}
	if used == 0 {
		return keys
	}
	// Times are often multiples of a scrape interval: low bits that are never set need no pass.
	for shift := bits.TrailingZeros64(used); used>>shift != 0; shift += digitBits {
		if used>>shift&digitMask == 0 {
			continue
		}
		sortByDigit(other, keys, seriesBits+shift)
		keys, other = other, keys
	}
	return keys
}

// sortByDigit copies keys to dst ordered by the digit at shift; keys with the same digit keep their order.
func sortByDigit(dst, keys []uint64, shift int) {
	var starts [digitMask + 1]int32
	for _, k := range keys {
		starts[k>>shift&digitMask]++
	}
	sum := int32(0)
	for i, n := range &starts {
		starts[i] = sum
		sum += n
	}
	for _, k := range keys {
		digit := k >> shift & digitMask
		dst[starts[digit]] = k
		starts[digit]++
	}
}
