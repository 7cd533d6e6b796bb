package stream

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

// pairing holds the rows of two vectors that agree in the labels by which they are matched.
type pairing struct {
	grouper         grouper
	groups          []pairGroup
	leftOf, rightOf []int32 // the group of each row
	dirty           dirty
}

// pairGroup is the rows of both sides that agree, by labels.
type pairGroup struct{ left, right []int32 }

// extend pairs the rows of both sides that are not paired yet.
func (p *pairing) extend(left, right []labels.Labels, m *parser.VectorMatching) {
	key := matchKey(m)
	of := func(ls labels.Labels) int32 {
		group, fresh := p.grouper.group(key(p.grouper.key, ls))
		if fresh {
			p.groups = append(p.groups, pairGroup{})
		}
		return group
	}
	for row := len(p.leftOf); row < len(left); row++ {
		group := of(left[row])
		p.leftOf = append(p.leftOf, group)
		p.groups[group].left = file(p.groups[group].left, int32(row), left)
	}
	for row := len(p.rightOf); row < len(right); row++ {
		group := of(right[row])
		p.rightOf = append(p.rightOf, group)
		p.groups[group].right = file(p.groups[group].right, int32(row), right)
	}
	p.dirty.grow(len(p.groups))
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
	// What comes of each row: of the right side with or alone.
	leftOut, rightOut []int32
}

func (s *setOperator) reset() { s.pairs, s.leftOut, s.rightOut = pairing{}, nil, nil }

func (s *setOperator) extend(n *node, seen []int) (out []labels.Labels) {
	left, right := n.in[0].rows, n.in[1].rows
	s.pairs.extend(left, right, s.matching)
	for _, ls := range left[seen[0]:] {
		s.leftOut, out = append(s.leftOut, int32(len(n.rows)+len(out))), append(out, ls)
	}
	if s.op != parser.LOR {
		return out
	}
	for _, ls := range right[seen[1]:] {
		s.rightOut, out = append(s.rightOut, int32(len(n.rows)+len(out))), append(out, ls)
	}
	return out
}

func (s *setOperator) step(n *node, _ int64, whole bool) error {
	left, right := n.in[0], n.in[1]
	for _, group := range s.pairs.touched(left, right, whole) {
		g := &s.pairs.groups[group]
		inLeft, inRight := left.count(g.left) > 0, right.count(g.right) > 0
		for _, row := range g.left {
			keep := s.op == parser.LOR || inRight == (s.op == parser.LAND)
			n.set(s.leftOut[row], left.value[row], left.has[row] && keep)
		}
		if s.op != parser.LOR {
			continue
		}
		for _, row := range g.right {
			n.set(s.rightOut[row], right.value[row], right.has[row] && !inLeft)
		}
	}
	return nil
}
