package window

import (
	"errors"
	"regexp"
	"slices"

	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

// errEngine says that an expression, or what it meets in the data, is left to Prometheus' engine: it is none of the
// common forms, or it will end in an error or a warning that the engine words.
var errEngine = errors.New("left to the engine")

// operator is one node of an expression in a common form, ready to be evaluated for all points of a grid at once. It is
// immutable. Rows come in an order that depends on the labels alone, with distinct labels and at least one point each;
// the only errors are errEngine and the context's.
type operator interface {
	eval(x *execution) ([]row, error)
}

// compile turns the syntax tree of a common expression into an operator. The common forms are those that catalogues of
// signals are written in: selectors, rates of them, aggregations, arithmetic and comparisons one to one, `or`, quantiles
// of classic histograms and label_replace. Any other is errEngine.
func compile(tree parser.Expr) (operator, error) {
	switch e := tree.(type) {
	case *parser.ParenExpr:
		return compile(e.Expr)
	case *parser.VectorSelector:
		if !plain(e) {
			return nil, errEngine
		}
		return &selection{e.LabelMatchers}, nil
	case *parser.AggregateExpr:
		return compileAggregate(e)
	case *parser.BinaryExpr:
		return compileBinary(e)
	case *parser.Call:
		return compileCall(e)
	}
	return nil, errEngine
}

// plain tells whether a selector has no modifiers.
func plain(vs *parser.VectorSelector) bool {
	return vs.OriginalOffset == 0 && vs.OriginalOffsetExpr == nil && vs.Timestamp == nil && vs.StartOrEnd == 0 &&
		!vs.Anchored && !vs.Smoothed
}

// number returns the value of a numeric literal.
func number(tree parser.Expr) (v float64, ok bool) {
	switch e := tree.(type) {
	case *parser.ParenExpr:
		return number(e.Expr)
	case *parser.NumberLiteral:
		return e.Val, true
	}
	return 0, false
}

func compileAggregate(e *parser.AggregateExpr) (operator, error) {
	if !slices.Contains(aggregations, e.Op) || e.Param != nil {
		return nil, errEngine
	}
	of, err := compile(e.Expr)
	if err != nil {
		return nil, err
	}
	return &aggregation{op: e.Op, of: of, by: newKey(!e.Without, e.Grouping)}, nil
}

func compileBinary(e *parser.BinaryExpr) (operator, error) {
	if e.ReturnBool {
		return nil, errEngine
	}
	f, arithmetic := elementwise[e.Op]
	left, leftIsNumber := number(e.LHS)
	right, rightIsNumber := number(e.RHS)
	switch {
	case f == nil && e.Op != parser.LOR || leftIsNumber && rightIsNumber:
		return nil, errEngine
	case leftIsNumber:
		of, err := compile(e.RHS)
		return &scalarBinary{of: of, f: f, number: left, left: true, changes: !e.Op.IsComparisonOperator()}, err
	case rightIsNumber:
		of, err := compile(e.LHS)
		return &scalarBinary{of: of, f: f, number: right, changes: !e.Op.IsComparisonOperator()}, err
	}
	m := e.VectorMatching // nil where a side is a scalar that must be computed
	if m == nil || len(m.Include) > 0 || m.FillValues.LHS != nil || m.FillValues.RHS != nil || arithmetic && m.Card != parser.CardOneToOne {
		return nil, errEngine
	}
	lhs, err := compile(e.LHS)
	if err != nil {
		return nil, err
	}
	rhs, err := compile(e.RHS)
	if err != nil {
		return nil, err
	}
	if !m.On && slices.Contains(m.MatchingLabels, model.MetricName) {
		return nil, errEngine
	}
	match := newKey(m.On, m.MatchingLabels)
	if e.Op == parser.LOR {
		return &either{lhs: lhs, rhs: rhs, match: match}, nil
	}
	return &vectorBinary{lhs: lhs, rhs: rhs, f: f, match: match, changes: !e.Op.IsComparisonOperator()}, nil
}

func compileCall(e *parser.Call) (operator, error) {
	switch e.Func.Name {
	case "histogram_quantile":
		q, ok := number(e.Args[0])
		if !ok || !(q >= 0 && q <= 1) {
			return nil, errEngine
		}
		of, err := compile(e.Args[1])
		return &bucketQuantile{q: q, of: of}, err
	case "label_replace":
		return compileLabelReplace(e.Args)
	}
	f := overRange[e.Func.Name]
	if f == nil || len(e.Args) != 1 {
		return nil, errEngine
	}
	ms, ok := e.Args[0].(*parser.MatrixSelector)
	if !ok || ms.RangeExpr != nil || ms.Range <= 0 {
		return nil, errEngine
	}
	vs, ok := ms.VectorSelector.(*parser.VectorSelector)
	if !ok || !plain(vs) {
		return nil, errEngine
	}
	return &rangeCall{matchers: vs.LabelMatchers, rangeMs: ms.Range.Milliseconds(), f: f}, nil
}

func compileLabelReplace(args parser.Expressions) (operator, error) {
	var texts [4]string // to, replacement, from, pattern
	for i := range texts {
		literal, ok := args[i+1].(*parser.StringLiteral)
		if !ok {
			return nil, errEngine
		}
		texts[i] = literal.Val
	}
	pattern, err := regexp.Compile("^(?s:" + texts[3] + ")$")
	if err != nil || !prommodel.UTF8Validation.IsValidLabelName(texts[0]) {
		return nil, errEngine
	}
	of, err := compile(args[0])
	return &labelReplace{of: of, to: texts[0], replacement: texts[1], from: texts[2], pattern: pattern}, err
}

// key tells series apart by some of their labels.
type key struct {
	on    bool     // by the names alone; otherwise by all labels but these and the metric's name
	names []string // sorted
}

func newKey(on bool, names []string) key {
	names = slices.Clone(names)
	if !on {
		names = append(names, model.MetricName)
	}
	slices.Sort(names)
	return key{on, slices.Compact(names)}
}

// of writes the key of a series over buf.
func (k key) of(ls labels.Labels, buf []byte) []byte {
	if k.on {
		return ls.BytesWithLabels(buf, k.names...)
	}
	return ls.BytesWithoutLabels(buf, k.names...)
}
