package stream

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

// pairing holds the rows of two vectors that agree in the labels by which they are matched.
type pairing struct {
	groups          []pairGroup
	leftOf, rightOf []int32 // the group of each row
	dirty           dirty
}

// pairGroup is the rows of both sides that agree.
type pairGroup struct{ left, right []int32 }

// make pairs the rows of both sides.
func (p *pairing) make(left, right []labels.Labels, m *parser.VectorMatching) {
	key := matchKey(m)
	*p = pairing{leftOf: make([]int32, len(left)), rightOf: make([]int32, len(right))}
	g := newGrouper(len(left))
	for side, rows := range [2][]labels.Labels{left, right} {
		for i, ls := range rows {
			group, fresh := g.add(key(g.key, ls), i)
			if fresh {
				p.groups = append(p.groups, pairGroup{})
			}
			if side == 0 {
				p.leftOf[i] = group
				p.groups[group].left = append(p.groups[group].left, int32(i))
			} else {
				p.rightOf[i] = group
				p.groups[group].right = append(p.groups[group].right, int32(i))
			}
		}
	}
	p.dirty.resize(len(p.groups))
}

// matchKey returns what must be the same of two elements that match.
func matchKey(m *parser.VectorMatching) func(buf []byte, ls labels.Labels) []byte {
	names := slices.Clone(m.MatchingLabels)
	if m.On {
		slices.Sort(names)
		return func(buf []byte, ls labels.Labels) []byte { return ls.BytesWithLabels(buf, names...) }
	}
	names = append(names, model.MetricName)
	slices.Sort(names)
	return func(buf []byte, ls labels.Labels) []byte { return ls.BytesWithoutLabels(buf, names...) }
}

// touched lists the groups of which a row changed on either side.
func (p *pairing) touched(left, right *node, whole bool) []int32 {
	for _, row := range left.touched(whole) {
		p.dirty.mark(p.leftOf[row])
	}
	for _, row := range right.touched(whole) {
		p.dirty.mark(p.rightOf[row])
	}
	return p.dirty.take()
}

// setOperator is and, or, unless of two vectors.
type setOperator struct {
	op       parser.ItemType
	matching *parser.VectorMatching
	pairs    pairing
	lefts    int32 // with or, the rows of the right side come after those of the left
}

func (s *setOperator) shape(n *node) []labels.Labels {
	left, right := n.in[0].rows, n.in[1].rows
	s.pairs.make(left, right, s.matching)
	s.lefts = int32(len(left))
	if s.op == parser.LOR {
		return slices.Concat(left, right)
	}
	return left
}

func (s *setOperator) step(n *node, _ int64, whole bool) error {
	left, right := n.in[0], n.in[1]
	for _, group := range s.pairs.touched(left, right, whole) {
		g := &s.pairs.groups[group]
		inLeft, inRight := left.count(g.left) > 0, right.count(g.right) > 0
		for _, row := range g.left {
			keep := s.op == parser.LOR || inRight == (s.op == parser.LAND)
			n.set(row, left.value[row], left.has[row] && keep)
		}
		if s.op != parser.LOR {
			continue
		}
		for _, row := range g.right {
			n.set(s.lefts+row, right.value[row], right.has[row] && !inLeft)
		}
	}
	return nil
}
