package stream

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
)

// oneRow is what a scalar comes out as: one row without labels that always has a value. Operators embed it.
type oneRow struct{}

func (oneRow) reset() {}

func (oneRow) extend(n *node, _ []int) []labels.Labels {
	if len(n.rows) > 0 {
		return nil
	}
	return []labels.Labels{labels.EmptyLabels()}
}

// literal is a number.
type literal struct {
	oneRow
	v float64
}

func (l *literal) step(n *node, _ int64, _ bool) error {
	n.set(0, l.v, true)
	return nil
}

// clock is time(): the grid point in seconds.
type clock struct{ oneRow }

func (*clock) step(n *node, t int64, _ bool) error {
	n.set(0, float64(t)/1000, true)
	return nil
}

// asScalar is scalar(v): the value of a vector of one element, else NaN.
type asScalar struct{ oneRow }

func (*asScalar) step(n *node, _ int64, _ bool) error {
	in := n.in[0]
	v := math.NaN()
	if in.present == 1 {
		for i, has := range in.has {
			if has {
				v = in.value[i]
			}
		}
	}
	n.set(0, v, true)
	return nil
}

// sameRow is vector(s): a scalar as a vector of one element without labels.
type sameRow struct{ oneRow }

func (*sameRow) step(n *node, _ int64, _ bool) error {
	n.set(0, n.in[0].scalar(), true)
	return nil
}

// ofScalars is an operation of two scalars; a comparison gives 1 or 0.
type ofScalars struct {
	oneRow
	op binary
}

func (o *ofScalars) step(n *node, _ int64, _ bool) error {
	v, keep := o.op.of(n.in[0].scalar(), n.in[1].scalar())
	if o.op.compares {
		v = truth(keep)
	}
	n.set(0, v, true)
	return nil
}
