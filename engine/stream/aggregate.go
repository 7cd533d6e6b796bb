package stream

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/kahansum"

	"github.com/diagnops/diagnops/engine/model"
)

// aggregators fold the values of a group, of which there is at least one, in the order of the members' labels.
var aggregators = map[parser.ItemType]func(values []float64) float64{
	parser.SUM:    sumOf,
	parser.AVG:    meanOf,
	parser.MAX:    func(values []float64) float64 { return mostOf(values, foldMax) },
	parser.MIN:    func(values []float64) float64 { return mostOf(values, foldMin) },
	parser.COUNT:  func(values []float64) float64 { return float64(len(values)) },
	parser.GROUP:  func([]float64) float64 { return 1 },
	parser.STDVAR: varianceOf,
	parser.STDDEV: func(values []float64) float64 { return math.Sqrt(varianceOf(values)) },
}

func sumOf(values []float64) float64 {
	sum, rest := values[0], 0.0
	for _, v := range values[1:] {
		sum, rest = kahansum.Inc(v, sum, rest)
	}
	return sum + rest
}

func meanOf(values []float64) float64 {
	var m mean
	for _, v := range values {
		m.add(v)
	}
	return m.value()
}

func mostOf(values []float64, most folder) float64 {
	best := partial{value: values[0]}
	for _, v := range values[1:] {
		best = most(best, partial{value: v})
	}
	return best.value
}

// varianceOf is the population variance by Welford's recurrence (Technometrics 4, 1962), as in promql; values that are
// not finite have none.
func varianceOf(values []float64) float64 {
	centre, squares := values[0], values[0]-values[0]
	for i, v := range values[1:] {
		off := v - centre
		centre += off / float64(i+2)
		squares += off * (v - centre)
	}
	return squares / float64(len(values))
}

// aggregate folds the elements of a vector that agree in some labels.
type aggregate struct {
	fold    func(values []float64) float64
	names   []string // sorted
	without bool

	grouper grouper
	groups  [][]int32 // rows of the input, by labels
	groupOf []int32   // by row of the input
	dirty   dirty
	values  []float64 // scratch
}

func (a *aggregate) reset() { a.grouper, a.groups, a.groupOf, a.dirty = grouper{}, nil, nil, dirty{} }

func (a *aggregate) extend(n *node, seen []int) (out []labels.Labels) {
	in := n.in[0].rows
	b := labels.NewBuilder(labels.EmptyLabels())
	for i := seen[0]; i < len(in); i++ {
		b.Reset(in[i])
		if a.without {
			b.Del(a.names...)
			b.Del(model.MetricName)
		} else {
			b.Keep(a.names...)
		}
		result := b.Labels()
		group, fresh := a.grouper.group(result.Bytes(a.grouper.key))
		if fresh {
			out, a.groups = append(out, result), append(a.groups, nil)
		}
		a.groups[group] = file(a.groups[group], int32(i), in)
		a.groupOf = append(a.groupOf, group)
	}
	a.dirty.grow(len(a.groups))
	return out
}

func (a *aggregate) step(n *node, _ int64, whole bool) error {
	in := n.in[0]
	for _, row := range in.touched(whole) {
		a.dirty.mark(a.groupOf[row])
	}
	for _, group := range a.dirty.take() {
		a.values = a.values[:0]
		for _, row := range a.groups[group] {
			if in.has[row] {
				a.values = append(a.values, in.value[row])
			}
		}
		if len(a.values) == 0 {
			n.set(group, 0, false)
		} else {
			n.set(group, a.fold(a.values), true)
		}
	}
	return nil
}
