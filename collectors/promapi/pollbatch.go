package promapi

import (
	"math"
	"slices"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	// batchPoints is how many points are handed over at a time, or more by one series' part of an answer: as many as a
	// sender of remote-write sends at most.
	batchPoints = 10_000
	// maxBuckets bounds the buckets of one native histogram, as remote-write does.
	maxBuckets = 2048
)

// pollBatch is the space in which answers become batches.
type pollBatch struct {
	plain   model.Batch
	classic collectors.ClassicBatch
	marks   []pendingMark
	key     []byte

	samples, histograms, repeated, refused uint64
}

// pendingMark is how far a series is passed on once the batch is taken.
type pendingMark struct {
	of      *mark
	tMillis int64
}

func (b *pollBatch) reset() {
	b.plain.Reset()
	b.classic.Reset()
	clear(b.marks)
	*b = pollBatch{plain: b.plain, classic: b.classic, marks: b.marks[:0], key: b.key}
}

// points is how many there are to be handed over.
func (b *pollBatch) points() int { return len(b.plain.Points) + len(b.classic.Rest.Points) }

// wanted tells whether a point at t is newer than the last and not later than what was asked for.
func (b *pollBatch) wanted(t, last, to int64) bool {
	switch {
	case t > to:
		b.refused++
	case t <= last:
		b.repeated++
	default:
		return true
	}
	return false
}

// addPoints adds those newer than last, and returns the time of the newest.
func (b *pollBatch) addPoints(ls model.Labels, points []prommodel.SamplePair, last, to int64) int64 {
	first := len(b.plain.Points)
	for _, p := range points {
		if t := int64(p.Timestamp); b.wanted(t, last, to) {
			b.plain.Points = append(b.plain.Points, model.Point{TMillis: t, Value: float64(p.Value)})
			last = t
		}
	}
	if n := len(b.plain.Points) - first; n > 0 {
		b.plain.Series = append(b.plain.Series, model.BatchSeries{Labels: ls, First: first, N: n})
		b.samples += uint64(n)
	}
	return last
}

// addHistograms adds the classic points of those newer than last, and returns the time of the newest.
func (b *pollBatch) addHistograms(
	known *collectors.Histograms, ls model.Labels, hs []prommodel.SampleHistogramPair, last, to int64,
) int64 {
	for _, h := range hs {
		t := int64(h.Timestamp)
		if !b.wanted(t, last, to) {
			continue
		}
		last = t
		fh := floatHistogram(h.Histogram)
		if fh == nil {
			b.refused++
			continue
		}
		b.histograms++
		known.Expand(&b.classic, ls, collectors.NativeSample{TMillis: t, Histogram: fh})
	}
	return last
}

// floatHistogram is the histogram with the bounds of its buckets as custom ones: the API gives buckets with their bounds and
// not the schema they came from. It is nil where the buckets are none of a histogram: upside down, overlapping, or too many.
func floatHistogram(h *prommodel.SampleHistogram) *histogram.FloatHistogram {
	if h == nil || len(h.Buckets) > maxBuckets || math.IsNaN(float64(h.Count)) {
		return nil
	}
	var bounds []float64
	for _, b := range h.Buckets {
		if b == nil {
			return nil
		}
		for _, at := range []float64{float64(b.Lower), float64(b.Upper)} {
			if at-at == 0 { // finite
				bounds = append(bounds, at)
			}
		}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	counts := make([]float64, len(bounds)+1)
	for _, b := range h.Buckets {
		if !place(counts, bounds, float64(b.Lower), float64(b.Upper), float64(b.Count)) {
			return nil
		}
	}
	return &histogram.FloatHistogram{
		Schema: histogram.CustomBucketsSchema, CustomValues: bounds, Count: float64(h.Count), Sum: float64(h.Sum),
		PositiveSpans: []histogram.Span{{Length: uint32(len(counts))}}, PositiveBuckets: counts,
	}
}

// place puts the count of one bucket where its upper bound is; false when it is no bucket between neighbouring bounds. The
// bucket of zeros alone has no width.
func place(counts, bounds []float64, lower, upper, count float64) bool {
	if !(lower <= upper && count >= 0) {
		return false
	}
	i := len(bounds)
	if !math.IsInf(upper, 1) {
		i, _ = slices.BinarySearch(bounds, upper)
	}
	before := math.Inf(-1)
	if i > 0 {
		before = bounds[i-1]
	}
	counts[i] += count
	return before == lower || lower == upper
}
