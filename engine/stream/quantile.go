package stream

import (
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

// bucketQuantile is histogram_quantile over classic histograms: the first input is the quantile, a scalar, the second
// the buckets. The quantile itself is Prometheus' own function.
type bucketQuantile struct {
	groups  [][]int32 // rows of the buckets that make one histogram
	groupOf []int32   // by row of the buckets; -1 = no bucket, for want of a bound
	bounds  []float64 // by row of the buckets: the upper bound
	dirty   dirty
	scratch promql.Buckets
}

func (q *bucketQuantile) shape(n *node) []labels.Labels {
	in := n.in[1].rows
	g := newGrouper(len(in))
	q.groupOf, q.bounds = make([]int32, len(in)), make([]float64, len(in))
	var out []labels.Labels
	for i, ls := range in {
		q.groupOf[i] = -1
		bound, err := strconv.ParseFloat(ls.Get(labels.BucketLabel), 64)
		if err != nil {
			continue
		}
		q.bounds[i] = bound
		group, fresh := g.add(ls.BytesWithoutLabels(g.key, labels.BucketLabel), i)
		if fresh {
			out = append(out, unnamed(labels.NewBuilder(ls).Del(labels.BucketLabel).Labels()))
		}
		q.groupOf[i] = group
	}
	q.groups = g.groups
	q.dirty.resize(len(q.groups))
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
