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

	pairs pairing // many on the left, one on the right
	out   []outRows
	one   []int32 // by row of the one side: which of its group's variants its included labels make
	bad   []error // by group: what is wrong with it at this grid point
	wrong int     // how many of bad there are
}

// outRows are what can come of a row of the many side: as many rows as the one side has variants of the labels that
// group_left or group_right takes from there, else one.
type outRows struct{ first, n int32 }

// sides returns the inputs, the one of which many may match first.
func (j *join) sides(n *node) (many, one *node) {
	if j.matching.Card == parser.CardOneToMany {
		return n.in[1], n.in[0]
	}
	return n.in[0], n.in[1]
}

func (j *join) shape(n *node) []labels.Labels {
	many, one := j.sides(n)
	j.pairs.make(many.rows, one.rows, j.matching)
	j.out = make([]outRows, len(many.rows))
	j.one = make([]int32, len(one.rows))
	j.bad, j.wrong = make([]error, len(j.pairs.groups)), 0
	var rows []labels.Labels
	for _, g := range j.pairs.groups {
		variants := j.variants(one.rows, g.right)
		for _, row := range g.left {
			j.out[row] = outRows{int32(len(rows)), int32(len(variants))}
			for _, v := range variants {
				rows = append(rows, j.result(many.rows[row], v))
			}
		}
	}
	return rows
}

// variants numbers the different included labels of the rows, and returns labels that have them.
func (j *join) variants(rows []labels.Labels, of []int32) (variants []labels.Labels) {
	g := newGrouper(1)
	included := slices.Clone(j.matching.Include)
	slices.Sort(included)
	for _, row := range of {
		variant, fresh := g.add(rows[row].BytesWithLabels(g.key, included...), int(row))
		if fresh {
			variants = append(variants, rows[row])
		}
		j.one[row] = variant
	}
	return variants
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
		out := j.out[row]
		for variant := range out.n {
			paired := many.has[row] && partner >= 0 && j.one[partner] == variant
			if !paired {
				n.set(out.first+variant, 0, false)
				continue
			}
			matches++
			v, keep := j.value(many.value[row], one.value[partner])
			n.set(out.first+variant, v, keep)
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
