package stream

import (
	"math"
	"regexp"

	"github.com/prometheus/prometheus/model/labels"
)

// mapped gives each row of a vector, the first input, a new value of its own; the other inputs are scalars that take
// part. Labels say what was measured no more, unless keepName.
type mapped struct {
	keepName bool
	of       func(v float64, scalars []*node) (float64, bool)
}

func (*mapped) reset() {}

func (m *mapped) extend(n *node, seen []int) []labels.Labels {
	more := n.in[0].rows[seen[0]:]
	if m.keepName {
		return more
	}
	return unnamedRows(more)
}

func (m *mapped) step(n *node, _ int64, whole bool) error {
	vector, scalars := n.in[0], n.in[1:]
	for _, s := range scalars {
		whole = whole || len(s.changed) > 0
	}
	for _, row := range vector.touched(whole) {
		if !vector.has[row] {
			n.set(row, 0, false)
			continue
		}
		v, ok := m.of(vector.value[row], scalars)
		n.set(row, v, ok)
	}
	return nil
}

// withScalar is an operation of a vector and a scalar. A comparison keeps the vector's elements for which it holds, or
// with asBool says for each whether it does.
func withScalar(op binary, vectorLeft, asBool bool) *mapped {
	return &mapped{
		keepName: op.compares && !asBool,
		of: func(v float64, scalars []*node) (float64, bool) {
			l, r := v, scalars[0].scalar()
			if !vectorLeft {
				l, r = r, l
			}
			result, keep := op.of(l, r)
			switch {
			case asBool:
				return truth(keep), true
			case op.compares:
				return v, keep
			default:
				return result, true
			}
		},
	}
}

// unary applies a function to each element.
func unary(f func(float64) float64) *mapped {
	return &mapped{of: func(v float64, _ []*node) (float64, bool) { return f(v), true }}
}

func negate(v float64) float64 { return -v }

// clamped holds each element between two bounds; between bounds that are the wrong way round there is nothing. The
// bounds are the scalars of these numbers, or infinite when -1.
func clamped(least, greatest int) *mapped {
	bound := func(scalars []*node, i int, none float64) float64 {
		if i < 0 {
			return none
		}
		return scalars[i].scalar()
	}
	return &mapped{of: func(v float64, scalars []*node) (float64, bool) {
		lo, hi := bound(scalars, least, math.Inf(-1)), bound(scalars, greatest, math.Inf(1))
		return math.Max(lo, math.Min(hi, v)), !(hi < lo)
	}}
}

// relabel gives rows other labels and leaves their values.
type relabel struct {
	of func(labels.Labels) labels.Labels
}

func (*relabel) reset() {}

func (r *relabel) extend(n *node, seen []int) (out []labels.Labels) {
	for _, ls := range n.in[0].rows[seen[0]:] {
		out = append(out, r.of(ls))
	}
	return out
}

func (r *relabel) step(n *node, _ int64, whole bool) error {
	in := n.in[0]
	for _, row := range in.touched(whole) {
		n.set(row, in.value[row], in.has[row])
	}
	return nil
}

// labelReplace is label_replace: where the whole of the source label's value matches, the target label becomes the
// replacement, with the groups of the match put in.
func labelReplace(target, replacement, source string, match *regexp.Regexp) *relabel {
	return &relabel{of: func(ls labels.Labels) labels.Labels {
		value := ls.Get(source)
		groups := match.FindStringSubmatchIndex(value)
		if groups == nil {
			return ls
		}
		b := labels.NewBuilder(ls)
		b.Set(target, string(match.ExpandString(nil, replacement, value, groups)))
		return b.Labels()
	}}
}
