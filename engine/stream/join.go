package stream

import (
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// What promql says when vectors do not match as they must.
var (
	errManyOnOneSide = errors.New("found duplicate series on the side of which one must match")
	errManyMatches   = errors.New("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
)

// join is an arithmetic or comparison operator between two vectors. Elements that agree in the matching labels are
// paired: one with one, or with group_left and group_right many with one.
type join struct {
	op       binary
	asBool   bool
	matching *parser.VectorMatching

	pairs    pairing           // many on the left, one on the right
	variants [][]labels.Labels // by group: rows of the one side that differ in the labels that group_left or group_right takes
	out      [][]int32         // by row of the many side: what comes of it with each variant
	one      []int32           // by row of the one side: its variant
	bad      []error           // by group: what is wrong with it at this grid point
	wrong    int               // how many of bad there are
}

// sides returns the inputs, the one of which many may match first.
func (j *join) sides(n *node) (many, one *node) {
	if j.matching.Card == parser.CardOneToMany {
		return n.in[1], n.in[0]
	}
	return n.in[0], n.in[1]
}

func (j *join) reset() { *j = join{op: j.op, asBool: j.asBool, matching: j.matching} }

func (j *join) extend(n *node, _ []int) (rows []labels.Labels) {
	many, one := j.sides(n)
	j.pairs.extend(many.rows, one.rows, j.matching)
	for len(j.bad) < len(j.pairs.groups) {
		j.bad, j.variants = append(j.bad, nil), append(j.variants, nil)
	}
	known := len(j.out)
	j.out = append(j.out, make([][]int32, len(many.rows)-known)...)
	add := func(row int32, of labels.Labels) {
		j.out[row] = append(j.out[row], int32(len(n.rows)+len(rows)))
		rows = append(rows, j.result(many.rows[row], of))
	}
	for row := len(j.one); row < len(one.rows); row++ {
		group := j.pairs.rightOf[row]
		variant := slices.IndexFunc(j.variants[group], func(ls labels.Labels) bool { return j.sameIncluded(ls, one.rows[row]) })
		if variant < 0 {
			variant = len(j.variants[group])
			j.variants[group] = append(j.variants[group], one.rows[row])
			for _, m := range j.pairs.groups[group].left {
				if int(m) < known {
					add(m, one.rows[row])
				}
			}
		}
		j.one = append(j.one, int32(variant))
	}
	for row := known; row < len(many.rows); row++ {
		for _, of := range j.variants[j.pairs.leftOf[row]] {
			add(int32(row), of)
		}
	}
	return rows
}

// sameIncluded tells whether two rows of the one side agree in the labels that are taken from there.
func (j *join) sameIncluded(a, b labels.Labels) bool {
	return !slices.ContainsFunc(j.matching.Include, func(name string) bool { return a.Get(name) != b.Get(name) })
}

// result is what a pair is called.
func (j *join) result(many, one labels.Labels) labels.Labels {
	if !j.op.compares || j.asBool {
		many = unnamed(many)
	}
	b := labels.NewBuilder(many)
	if j.matching.Card == parser.CardOneToOne {
		if j.matching.On {
			b.Keep(j.matching.MatchingLabels...)
		} else {
			b.Del(j.matching.MatchingLabels...)
		}
	}
	for _, name := range j.matching.Include {
		b.Set(name, one.Get(name)) // an empty value takes the label away
	}
	return b.Labels()
}

func (j *join) step(n *node, _ int64, whole bool) error {
	many, one := j.sides(n)
	for _, group := range j.pairs.touched(many, one, whole) {
		if j.bad[group] != nil {
			j.wrong--
		}
		j.bad[group] = j.pair(n, many, one, &j.pairs.groups[group])
		if j.bad[group] != nil {
			j.wrong++
		}
	}
	if j.wrong == 0 || many.present == 0 || one.present == 0 {
		return nil // where one side is empty promql looks no further
	}
	first := slices.IndexFunc(j.bad, func(err error) bool { return err != nil })
	g := &j.pairs.groups[first]
	return fmt.Errorf("%w: %s", j.bad[first], one.rows[g.right[0]])
}

// pair sets what comes of a group.
func (j *join) pair(n, many, one *node, g *pairGroup) error {
	var wrong error
	partner := int32(-1)
	for _, row := range g.right {
		switch {
		case !one.has[row]:
		case partner >= 0:
			wrong = errManyOnOneSide
		default:
			partner = row
		}
	}
	matches := 0
	for _, row := range g.left {
		for variant, to := range j.out[row] {
			paired := many.has[row] && partner >= 0 && j.one[partner] == int32(variant)
			if !paired {
				n.set(to, 0, false)
				continue
			}
			matches++
			v, keep := j.value(many.value[row], one.value[partner])
			n.set(to, v, keep)
		}
	}
	if wrong == nil && matches > 1 && j.matching.Card == parser.CardOneToOne {
		wrong = errManyMatches
	}
	return wrong
}

// value is the operator's, with the operands where they stand in the expression.
func (j *join) value(many, one float64) (v float64, keep bool) {
	l, r := many, one
	if j.matching.Card == parser.CardOneToMany {
		l, r = one, many
	}
	v, keep = j.op.of(l, r)
	if j.asBool {
		return truth(keep), true
	}
	return v, keep
}
