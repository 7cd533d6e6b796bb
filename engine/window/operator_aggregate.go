package window

import (
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/kahansum"
)

// aggregations are the aggregations that common expressions use.
var aggregations = []parser.ItemType{parser.SUM, parser.AVG, parser.MIN, parser.MAX, parser.COUNT}

// aggregation puts the rows of each group together, point by point.
type aggregation struct {
	op parser.ItemType
	of operator
	by key
}

// group is an aggregation's result in the making, one entry a grid point.
type group struct {
	row
	lost  []float64 // of sums: what rounding lost so far
	count []float64
}

func (a *aggregation) eval(x *execution) ([]row, error) {
	in, err := a.of.eval(x)
	if err != nil {
		return nil, err
	}
	var groups []group
	index := map[string]int{}
	for _, r := range in {
		x.buf = a.by.of(r.labels, x.buf)
		g, ok := index[string(x.buf)]
		if !ok {
			if err := x.spend(x.n); err != nil {
				return nil, err
			}
			g = len(groups)
			index[string(x.buf)] = g
			groups = append(groups, group{row{a.labels(x, r.labels), x.blank()}, x.column(), x.column()})
		}
		if !a.add(&groups[g], r.values) {
			return nil, errEngine
		}
	}
	x.release(in)
	rows := make([]row, len(groups))
	for i := range groups {
		g := &groups[i]
		a.finish(g)
		rows[i] = g.row
		x.free = append(x.free, g.lost, g.count)
	}
	return rows, nil
}

// labels are those of a group.
func (a *aggregation) labels(x *execution, member labels.Labels) labels.Labels {
	x.builder.Reset(member)
	if a.by.on {
		x.builder.Keep(a.by.names...)
	} else {
		x.builder.Del(a.by.names...)
	}
	return x.builder.Labels()
}

// add puts one more row into a group; it answers false when a mean is too large to be computed from a sum.
func (a *aggregation) add(g *group, values []float64) bool {
	for i, v := range values {
		if isAbsent(v) {
			continue
		}
		if isAbsent(g.values[i]) {
			g.values[i], g.lost[i], g.count[i] = v, 0, 1
			continue
		}
		g.count[i]++
		switch a.op {
		case parser.SUM:
			g.values[i], g.lost[i] = kahansum.Inc(v, g.values[i], g.lost[i])
		case parser.AVG:
			g.values[i], g.lost[i] = kahansum.Inc(v, g.values[i], g.lost[i])
			if math.IsInf(g.values[i], 0) {
				return false
			}
		case parser.MIN:
			if v < g.values[i] || math.IsNaN(g.values[i]) {
				g.values[i] = v
			}
		case parser.MAX:
			if v > g.values[i] || math.IsNaN(g.values[i]) {
				g.values[i] = v
			}
		}
	}
	return true
}

// finish turns sums and counts into results.
func (a *aggregation) finish(g *group) {
	for i, v := range g.values {
		if isAbsent(v) {
			continue
		}
		switch a.op {
		case parser.SUM:
			g.values[i] += g.lost[i]
		case parser.AVG:
			g.values[i] = v/g.count[i] + g.lost[i]/g.count[i]
		case parser.COUNT:
			g.values[i] = g.count[i]
		}
	}
}

// bucketQuantile is a quantile of classic histograms, whose buckets are the rows with the label le.
type bucketQuantile struct {
	q  float64 // 0..1
	of operator
}

// classic is the buckets of one histogram.
type classic struct {
	labels labels.Labels
	bounds []float64
	counts [][]float64 // cumulative, by bucket, by grid point
}

func (b *bucketQuantile) eval(x *execution) ([]row, error) {
	in, err := b.of.eval(x)
	if err != nil {
		return nil, err
	}
	histograms, err := classics(x, in)
	if err != nil {
		return nil, err
	}
	var rows []row
	var buckets promql.Buckets
	for _, h := range histograms {
		if err := x.spend(x.n); err != nil {
			return nil, err
		}
		values := x.column()
		for i := range values {
			buckets = buckets[:0]
			for k, counts := range h.counts {
				if c := counts[i]; !isAbsent(c) {
					buckets = append(buckets, promql.Bucket{UpperBound: h.bounds[k], Count: c})
				}
			}
			values[i] = absent
			if len(buckets) > 0 {
				values[i], _, _, _, _, _ = promql.BucketQuantile(b.q, buckets)
			}
		}
		rows = append(rows, row{h.labels, values})
	}
	x.release(in)
	return rows, distinct(rows)
}

// classics sorts rows into histograms. A row without a bound is none of a histogram, which the engine warns of.
func classics(x *execution, rows []row) ([]classic, error) {
	var out []classic
	index := map[string]int{}
	for _, r := range rows {
		bound, err := strconv.ParseFloat(r.labels.Get(labels.BucketLabel), 64)
		if err != nil {
			return nil, errEngine
		}
		x.buf = r.labels.BytesWithoutLabels(x.buf, labels.BucketLabel)
		i, ok := index[string(x.buf)]
		if !ok {
			i = len(out)
			index[string(x.buf)] = i
			x.builder.Reset(r.labels)
			x.builder.Del(labels.BucketLabel)
			out = append(out, classic{labels: nameless(x.builder.Labels())})
		}
		out[i].bounds, out[i].counts = append(out[i].bounds, bound), append(out[i].counts, r.values)
	}
	return out, nil
}
