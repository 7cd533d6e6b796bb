package bundle

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/diagnops/diagnops/engine/model"
)

// maxBounds bounds the buckets a native histogram is written out with. Prometheus limits one to 160 by default; a series
// that shows more distinct bounds than this over a recording keeps its count, sum and +Inf bucket alone.
const maxBounds = 512

// histograms turns the native histograms of a series into classic ones. It goes over them twice: the bounds of all come
// first, so that every sample fills every bucket and rates do not see buckets begin in the midst.
func (r *blockReader) histograms(s storage.Series, own model.Labels) error {
	bounds, err := histogramBounds(s)
	if err != nil {
		return fmt.Errorf("must be an intact TSDB block: series %s: %w", own, err)
	}
	if len(bounds) > maxBounds {
		r.warn(blocksDir, "%s has %d bucket bounds, and %d are the most: only its count and sum are read",
			own, len(bounds), maxBounds)
		bounds = nil
	}
	samples := make([]bucketSamples, len(bounds)+3)
	it := s.Iterator(nil)
	var h *histogram.FloatHistogram
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind == chunkenc.ValFloat {
			continue
		}
		var t int64
		t, h = it.AtFloatHistogram(h)
		if t < 0 || t > maxMillis {
			return fmt.Errorf("timestamp (%d) %w", t, errTime)
		}
		expand(samples, bounds, t, h)
	}
	if err := it.Err(); err != nil {
		return fmt.Errorf("must be an intact TSDB block: series %s: %w", own, err)
	}
	return r.keep(own, bounds, samples)
}

// bucketSamples are the samples of one series of a classic histogram.
type bucketSamples struct {
	times  []int64
	values []float64
}

func (b *bucketSamples) add(t int64, v float64) {
	b.times = append(b.times, t)
	b.values = append(b.values, v)
}

// histogramBounds is every upper bound of a bucket that holds something, over all samples, ascending, without infinity.
func histogramBounds(s storage.Series) ([]float64, error) {
	seen := map[float64]bool{}
	it := s.Iterator(nil)
	var h *histogram.FloatHistogram
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind == chunkenc.ValFloat {
			continue
		}
		_, h = it.AtFloatHistogram(h)
		for b := h.AllBucketIterator(); b.Next(); {
			if at := b.At(); at.Count > 0 && at.Upper == at.Upper && at.Upper-at.Upper == 0 {
				seen[at.Upper] = true
			}
		}
	}
	out := make([]float64, 0, len(seen))
	for bound := range seen {
		out = append(out, bound)
	}
	slices.Sort(out)
	return out, it.Err()
}

// expand adds one histogram's count at each bound, then +Inf, count and sum, to samples. A bound that lies inside of a
// bucket that holds something gets none: how much of it lies below is not known.
func expand(samples []bucketSamples, bounds []float64, t int64, h *histogram.FloatHistogram) {
	n := len(bounds)
	if value.IsStaleNaN(h.Sum) {
		for i := range samples {
			samples[i].add(t, model.StaleMarker())
		}
		return
	}
	below, i := 0.0, 0
	for b := h.AllBucketIterator(); b.Next(); {
		at := b.At()
		if at.Count == 0 {
			continue
		}
		for ; i < n && bounds[i] <= at.Lower; i++ {
			samples[i].add(t, below)
		}
		for ; i < n && bounds[i] < at.Upper; i++ {
		}
		below += at.Count
	}
	for ; i < n; i++ {
		samples[i].add(t, below)
	}
	samples[n].add(t, h.Count)
	samples[n+1].add(t, h.Count)
	samples[n+2].add(t, h.Sum)
}

// keep files the samples under the names of a classic histogram.
func (r *blockReader) keep(own model.Labels, bounds []float64, samples []bucketSamples) error {
	name, rest := own.Get(model.MetricName), own.Without(model.MetricName, "le")
	for i, b := range samples {
		labels := slices.Clone(rest)
		switch n := len(bounds); i {
		case n + 1:
			labels = append(labels, model.Label{Name: model.MetricName, Value: name + "_count"})
		case n + 2:
			labels = append(labels, model.Label{Name: model.MetricName, Value: name + "_sum"})
		default:
			le := "+Inf"
			if i < n {
				le = strconv.FormatFloat(bounds[i], 'g', -1, 64)
			}
			labels = append(labels,
				model.Label{Name: model.MetricName, Value: name + "_bucket"}, model.Label{Name: "le", Value: le})
		}
		if len(b.times) == 0 {
			continue
		}
		labels.Sort()
		series, err := r.columns.find(labels)
		if err != nil {
			return err
		}
		r.columns.begin(series)
		r.columns.times = append(r.columns.times, b.times...)
		r.columns.values = append(r.columns.values, b.values...)
	}
	return nil
}
