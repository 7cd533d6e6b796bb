package collectors

import (
	"slices"
	"strconv"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/value"

	"github.com/diagnops/diagnops/engine/model"
)

// MaxHistogramBounds bounds the buckets a native histogram is written out with. Prometheus limits one to 160 by default; a
// series that shows more distinct bounds than this keeps its count, sum and +Inf bucket alone.
const MaxHistogramBounds = 512

// AddBounds adds to bounds, which are ascending, the upper bounds of the buckets of h that hold something, without
// infinity, and returns them ascending, none twice. Where h has nothing new it returns bounds as they are.
func AddBounds(bounds []float64, h *histogram.FloatHistogram) []float64 {
	known := len(bounds)
	for b := h.AllBucketIterator(); b.Next(); {
		at := b.At()
		if finite := at.Upper-at.Upper == 0; at.Count <= 0 || !finite {
			continue
		}
		if _, found := slices.BinarySearch(bounds[:known], at.Upper); !found {
			bounds = append(bounds, at.Upper)
		}
	}
	if len(bounds) > known {
		slices.Sort(bounds)
		bounds = slices.Compact(bounds)
	}
	return bounds
}

// Cumulate calls at with each index of bounds, which are ascending, and with the number of observations of h up to that
// bound. A bound that lies inside of a bucket that holds something gets no call: how much of it lies below is not known.
func Cumulate(h *histogram.FloatHistogram, bounds []float64, at func(i int, below float64)) {
	below, i, n := 0.0, 0, len(bounds)
	for b := h.AllBucketIterator(); b.Next(); {
		bucket := b.At()
		if bucket.Count == 0 {
			continue
		}
		// What is exactly 0 lies in a bucket without width where the histogram has no zero threshold, and le="0" holds it.
		point := bucket.Lower == bucket.Upper
		for ; i < n && (bounds[i] < bucket.Lower || bounds[i] == bucket.Lower && !point); i++ {
			at(i, below)
		}
		for ; i < n && bounds[i] < bucket.Upper; i++ {
		}
		below += bucket.Count
	}
	for ; i < n; i++ {
		at(i, below)
	}
}

// StaleHistogram tells whether h is the stale marker of a native histogram: its sum is.
func StaleHistogram(h *histogram.FloatHistogram) bool { return value.IsStaleNaN(h.Sum) }

// bucketLabel is the label of a classic bucket that tells its upper bound.
const bucketLabel = "le"

// ClassicNames are the labels of the classic series that a native histogram becomes: NAME_count, NAME_sum and, for each
// bound, NAME_bucket{le}.
type ClassicNames struct {
	Count, Sum model.Labels
	bucket     model.Labels
	le         int // where the bound stands in bucket
}

// NewClassicNames derives them from the labels of the native histogram, a label le of which is left out. The labels are
// new; their texts are those of own where they can be.
func NewClassicNames(own model.Labels) ClassicNames {
	name, rest := own.Get(model.MetricName), own.Without(model.MetricName, bucketLabel)
	with := func(more ...model.Label) model.Labels {
		ls := append(slices.Clone(rest), more...)
		ls.Sort()
		return ls
	}
	c := ClassicNames{
		Count:  with(model.Label{Name: model.MetricName, Value: name + "_count"}),
		Sum:    with(model.Label{Name: model.MetricName, Value: name + "_sum"}),
		bucket: with(model.Label{Name: model.MetricName, Value: name + "_bucket"}, model.Label{Name: bucketLabel}),
	}
	c.le = slices.IndexFunc(c.bucket, func(l model.Label) bool { return l.Name == bucketLabel })
	return c
}

// Bucket appends the labels of the bucket up to a bound, as BoundText writes it, to dst.
func (c *ClassicNames) Bucket(dst model.Labels, bound string) model.Labels {
	first := len(dst)
	dst = append(dst, c.bucket...)
	dst[first+c.le].Value = bound
	return dst
}

// InfiniteBound is the bound of the bucket that holds everything.
const InfiniteBound = "+Inf"

// BoundText writes a finite bound as the label le has it.
func BoundText(bound float64) string { return strconv.FormatFloat(bound, 'g', -1, 64) }
