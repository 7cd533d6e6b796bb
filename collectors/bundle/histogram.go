package bundle

import (
	"fmt"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// histograms turns the native histograms of a series into classic ones. It goes over them twice: the bounds of all come
// first, so that every sample fills every bucket and rates do not see buckets begin in the midst.
func (r *blockReader) histograms(s storage.Series, own model.Labels) error {
	bounds, err := histogramBounds(s)
	if err != nil {
		return fmt.Errorf("must be an intact TSDB block: series %s: %w", own, err)
	}
	if len(bounds) > collectors.MaxHistogramBounds {
		r.warn(blocksDir, "%s has %d bucket bounds, and %d are the most: only its count and sum are read",
			own, len(bounds), collectors.MaxHistogramBounds)
		bounds = nil
	}
	classic := classicSamples{bounds: bounds, buckets: make([]bucketSamples, len(bounds))}
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
		classic.add(t, h)
	}
	if err := it.Err(); err != nil {
		return fmt.Errorf("must be an intact TSDB block: series %s: %w", own, err)
	}
	return r.keep(own, &classic)
}

// classicSamples are the samples of the series of one classic histogram.
type classicSamples struct {
	bounds          []float64
	buckets         []bucketSamples // of each bound
	inf, count, sum bucketSamples
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
	var bounds []float64
	it := s.Iterator(nil)
	var h *histogram.FloatHistogram
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind == chunkenc.ValFloat {
			continue
		}
		_, h = it.AtFloatHistogram(h)
		bounds = collectors.AddBounds(bounds, h)
	}
	return bounds, it.Err()
}

// add adds one histogram's count at each bound, then +Inf, count and sum.
func (c *classicSamples) add(t int64, h *histogram.FloatHistogram) {
	count, sum := h.Count, h.Sum
	if collectors.StaleHistogram(h) {
		count, sum = model.StaleMarker(), model.StaleMarker()
		for i := range c.buckets {
			c.buckets[i].add(t, model.StaleMarker())
		}
	} else {
		collectors.Cumulate(h, c.bounds, func(i int, below float64) { c.buckets[i].add(t, below) })
	}
	c.inf.add(t, count)
	c.count.add(t, count)
	c.sum.add(t, sum)
}

// keep files the samples under the names of a classic histogram.
func (r *blockReader) keep(own model.Labels, classic *classicSamples) error {
	names := collectors.NewClassicNames(own)
	for i := range classic.buckets {
		if err := r.file(names.Bucket(nil, collectors.BoundText(classic.bounds[i])), &classic.buckets[i]); err != nil {
			return err
		}
	}
	if err := r.file(names.Bucket(nil, collectors.InfiniteBound), &classic.inf); err != nil {
		return err
	}
	if err := r.file(names.Count, &classic.count); err != nil {
		return err
	}
	return r.file(names.Sum, &classic.sum)
}

// file adds the samples to a series, when there are any.
func (r *blockReader) file(labels model.Labels, b *bucketSamples) error {
	if len(b.times) == 0 {
		return nil
	}
	series, err := r.columns.find(labels)
	if err != nil {
		return err
	}
	r.columns.begin(series)
	r.columns.times = append(r.columns.times, b.times...)
	r.columns.values = append(r.columns.values, b.values...)
	return nil
}
