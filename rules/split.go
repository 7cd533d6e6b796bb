package rules

import (
	"fmt"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Split is an expression made ready to be asked for unit by unit: what its aggregations take together, held apart by
// labels.
type Split struct {
	expr      string
	selectors []string
	chosen    []string
	quotient  bool
}

// NewSplit reads an expression. The error says why it cannot be taken apart: it is no PromQL, or it has a part that
// mixes series in a way that labels do not undo.
func NewSplit(expr string) (*Split, error) {
	tree, err := promql.ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("splitting %q: %w", expr, err)
	}
	s := &Split{expr: expr}
	var reads []*parser.VectorSelector
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.AggregateExpr:
			if !splittable[n.Op] {
				err = fmt.Errorf("splitting %q: %s does not keep units apart", expr, n.Op)
			}
		case *parser.Call:
			if mixes[n.Func.Name] {
				err = fmt.Errorf("splitting %q: %s does not keep units apart", expr, n.Func.Name)
			}
		case *parser.VectorSelector:
			reads = append(reads, n)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.chosen = chosen(reads)
	for _, vs := range reads {
		bare := *vs
		bare.Offset, bare.OriginalOffset, bare.Timestamp, bare.StartOrEnd = 0, 0, nil, 0
		if text := bare.String(); !slices.Contains(s.selectors, text) {
			s.selectors = append(s.selectors, text)
		}
	}
	if q, ok := unwrap(tree).(*parser.BinaryExpr); ok && q.Op == parser.DIV {
		s.quotient = counts(q.LHS) && counts(q.RHS)
	}
	return s, nil
}

// splittable are the aggregations that mean for a part what they mean for the whole.
var splittable = map[parser.ItemType]bool{
	parser.SUM: true, parser.AVG: true, parser.MIN: true, parser.MAX: true, parser.COUNT: true, parser.GROUP: true,
	parser.STDDEV: true, parser.STDVAR: true, parser.QUANTILE: true,
}

// mixes are the functions of which the answer has no labels of what they read.
var mixes = map[string]bool{"scalar": true, "absent": true, "absent_over_time": true}

// chosen are the labels by which an expression selects differently in different places, and those that are part of a
// measurement: a share of failures is not explained by the status that makes a failure.
func chosen(reads []*parser.VectorSelector) []string {
	out := []string{model.BucketLabel, model.QuantileLabel}
	for _, vs := range reads {
		for _, m := range vs.LabelMatchers {
			everywhere := !slices.ContainsFunc(reads, func(o *parser.VectorSelector) bool {
				return !slices.ContainsFunc(o.LabelMatchers, func(x *labels.Matcher) bool { return x.String() == m.String() })
			})
			if !everywhere && m.Name != model.MetricNameLabel && !slices.Contains(out, m.Name) {
				out = append(out, m.Name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// unwrap takes parentheses off.
func unwrap(e parser.Expr) parser.Expr {
	for {
		p, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = p.Expr
	}
}

// counts tells whether an expression reads counters.
func counts(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if c, ok := node.(*parser.Call); ok && (c.Func.Name == "rate" || c.Func.Name == "increase" || c.Func.Name == "irate") {
			found = true
		}
		return nil
	})
	return found
}

// Selectors are the series that the expression reads, as instant vectors in the order of the text.
func (s *Split) Selectors() []string { return s.selectors }

// Chosen are the labels that explain nothing, sorted: they are how the expression measures.
func (s *Split) Chosen() []string { return s.chosen }

// By is the expression held apart by labels, beside those that it gives already.
func (s *Split) By(names []string) string { return s.tree(names).String() }

// Quotient is dividend and divisor of an expression that divides rates of counters, each held apart by labels; ok is false
// of any other.
func (s *Split) Quotient(names []string) (dividend, divisor string, ok bool) {
	if !s.quotient {
		return "", "", false
	}
	q := unwrap(s.tree(names)).(*parser.BinaryExpr) // NewSplit has looked
	return q.LHS.String(), q.RHS.String(), true
}

// tree is the expression held apart by labels.
func (s *Split) tree(names []string) parser.Expr {
	tree, err := promql.ParseExpr(s.expr)
	if err != nil {
		panic("BUG: what was parsed no longer parses: " + err.Error())
	}
	parser.Inspect(tree, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.AggregateExpr:
			n.Grouping = regroup(n.Grouping, names, n.Without)
		case *parser.BinaryExpr:
			if m := n.VectorMatching; m != nil {
				m.MatchingLabels = regroup(m.MatchingLabels, names, !m.On)
			}
		}
		return nil
	})
	return tree
}

// regroup adds names to a list of labels that are kept, or takes them off one of labels that are dropped.
func regroup(list, names []string, dropped bool) []string {
	if dropped {
		return slices.DeleteFunc(slices.Clone(list), func(l string) bool { return slices.Contains(names, l) })
	}
	out := slices.Clone(list)
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
