package stream

import (
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// bucketQuantile is histogram_quantile over classic histograms: the first input is the quantile, a scalar, the second
// the buckets. The quantile itself is Prometheus' own function.
type bucketQuantile struct {
	grouper grouper
	groups  [][]int32 // rows of the buckets that make one histogram, by labels
	groupOf []int32   // by row of the buckets; -1 = no bucket, for want of a bound
	bounds  []float64 // by row of the buckets: the upper bound
	dirty   dirty
	scratch promql.Buckets
}

func (q *bucketQuantile) reset() { *q = bucketQuantile{scratch: q.scratch} }

func (q *bucketQuantile) extend(n *node, seen []int) (out []labels.Labels) {
	in := n.in[1].rows
	for i := seen[1]; i < len(in); i++ {
		ls := in[i]
		bound, err := strconv.ParseFloat(ls.Get(labels.BucketLabel), 64)
		if err != nil {
			q.bounds, q.groupOf = append(q.bounds, 0), append(q.groupOf, -1)
			continue
		}
		group, fresh := q.grouper.group(ls.BytesWithoutLabels(q.grouper.key, labels.BucketLabel))
		if fresh {
			out = append(out, unnamed(labels.NewBuilder(ls).Del(labels.BucketLabel).Labels()))
			q.groups = append(q.groups, nil)
		}
		q.groups[group] = file(q.groups[group], int32(i), in)
		q.bounds, q.groupOf = append(q.bounds, bound), append(q.groupOf, group)
	}
	q.dirty.grow(len(q.groups))
	return out
}

func (q *bucketQuantile) step(n *node, _ int64, whole bool) error {
	quantile, buckets := n.in[0], n.in[1]
	for _, row := range buckets.touched(whole || len(quantile.changed) > 0) {
		if group := q.groupOf[row]; group >= 0 {
			q.dirty.mark(group)
		}
	}
	for _, group := range q.dirty.take() {
		q.scratch = q.scratch[:0]
		for _, row := range q.groups[group] {
			if buckets.has[row] {
				q.scratch = append(q.scratch, promql.Bucket{UpperBound: q.bounds[row], Count: buckets.value[row]})
			}
		}
		if len(q.scratch) == 0 {
			n.set(group, 0, false)
			continue
		}
		v, _, _, _, _, _ := promql.BucketQuantile(quantile.scalar(), q.scratch) //nolint:dogsled // the rest explains warnings
		n.set(group, v, true)
	}
	return nil
}
