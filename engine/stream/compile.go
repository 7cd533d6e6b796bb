package stream

import (
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// Program is an expression made ready to be evaluated as samples come in. It does not change and may be shared by any
// number of Runners.
type Program struct {
	// Expr is the expression as it was given.
	Expr string
	// Unsupported says why the expression does not compile to incremental operators; nil when it does.
	Unsupported *Unsupported

	root *plan
}

// Unsupported names the part of an expression for which there is no incremental operator.
type Unsupported struct {
	Part   string // as a reader of the expression would call it
	Offset int    // where it begins: bytes from the expression's beginning
}

// Error implements error.
func (u *Unsupported) Error() string {
	return fmt.Sprintf("no incremental %s (offset %d)", u.Part, u.Offset)
}

// The ways that a program may be evaluated.
const (
	incrementally = "incremental"
	byEngine      = "by Prometheus' engine: "
)

// Compile makes a program of an expression. The error says what is no PromQL; an expression that is PromQL but not of
// the incremental kind is a program too, which a Runner leaves to Prometheus' engine.
func Compile(expr string) (*Program, error) {
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return nil, fmt.Errorf("compiling %q: %w", expr, err)
	}
	p := &Program{Expr: expr}
	p.root, err = compile(tree)
	if err != nil && !errors.As(err, &p.Unsupported) {
		return nil, fmt.Errorf("compiling %q: %w", expr, err)
	}
	return p, nil
}

// Way tells which way the program is evaluated: "incremental", or "by Prometheus' engine: ..." with the reason.
func (p *Program) Way() string {
	if p.Unsupported == nil {
		return incrementally
	}
	return byEngine + p.Unsupported.Error()
}

// Explain tells the Way of an expression.
func Explain(expr string) (string, error) {
	p, err := Compile(expr)
	if err != nil {
		return "", err
	}
	return p.Way(), nil
}

// plan is an operator to be, and those that it reads from. Plans of the same key do the same, and a Runner makes one
// node for all of them.
type plan struct {
	key   string
	in    []*plan
	build func(b *building) operator
}

// building is what an operator may need to know when a Runner makes it.
type building struct {
	lookback int64 // milliseconds
	in       []*node
}

func unsupported(what string, at parser.Node) error {
	return &Unsupported{Part: what, Offset: int(at.PositionRange().Start)}
}

// compile makes the plan of a part of an expression.
func compile(expr parser.Expr) (*plan, error) {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return compile(e.Expr)
	case *parser.NumberLiteral:
		return planOf(e, func(*building) operator { return &literal{v: e.Val} })
	case *parser.VectorSelector:
		return compileInstant(e)
	case *parser.UnaryExpr:
		return compileUnary(e)
	case *parser.BinaryExpr:
		return compileBinary(e)
	case *parser.AggregateExpr:
		return compileAggregate(e)
	case *parser.Call:
		return compileCall(e)
	case *parser.SubqueryExpr:
		return nil, unsupported("subquery", e)
	case *parser.MatrixSelector:
		return nil, unsupported("range selector as a result", e)
	default:
		return nil, unsupported(parser.DocumentedType(expr.Type())+" expression", e)
	}
}

// planOf puts an operator over the parts that it reads from.
func planOf(expr parser.Expr, build func(*building) operator, parts ...parser.Expr) (*plan, error) {
	p := &plan{key: expr.String(), build: build}
	for _, part := range parts {
		in, err := compile(part)
		if err != nil {
			return nil, err
		}
		p.in = append(p.in, in)
	}
	return p, nil
}

// compileSelection checks the part that instant and range selectors have in common.
func compileSelection(e *parser.VectorSelector) (selection, error) {
	switch {
	case e.Timestamp != nil || e.StartOrEnd != 0:
		return selection{}, unsupported("@ modifier", e)
	case e.OriginalOffsetExpr != nil:
		return selection{}, unsupported("offset that is computed", e)
	case e.OriginalOffset < 0:
		return selection{}, unsupported("offset into the future", e)
	case e.Anchored || e.Smoothed:
		return selection{}, unsupported("anchored or smoothed selector", e)
	}
	return selection{matchers: e.LabelMatchers, offset: e.OriginalOffset.Milliseconds()}, nil
}

func compileInstant(e *parser.VectorSelector) (*plan, error) {
	sel, err := compileSelection(e)
	if err != nil {
		return nil, err
	}
	sel.markers = true
	return planOf(e, func(b *building) operator { return &instant{selection: sel, lookback: b.lookback} })
}

func compileRange(e *parser.MatrixSelector) (*plan, error) {
	vs, ok := e.VectorSelector.(*parser.VectorSelector)
	if !ok || e.RangeExpr != nil {
		return nil, unsupported("range that is computed", e)
	}
	sel, err := compileSelection(vs)
	if err != nil {
		return nil, err
	}
	return planOf(e, func(*building) operator { return &ranged{selection: sel, length: e.Range.Milliseconds()} })
}

func compileUnary(e *parser.UnaryExpr) (*plan, error) {
	switch {
	case e.Op == parser.ADD:
		return compile(e.Expr)
	case e.Type() == parser.ValueTypeScalar:
		times := binaries[parser.MUL]
		return planOf(e, func(*building) operator { return &ofScalars{op: times} }, e.Expr, &parser.NumberLiteral{Val: -1})
	default:
		return planOf(e, func(*building) operator { return unary(negate) }, e.Expr)
	}
}

func compileBinary(e *parser.BinaryExpr) (*plan, error) {
	if e.Op.IsSetOperator() {
		return planOf(e, func(*building) operator { return &setOperator{op: e.Op, matching: e.VectorMatching} }, e.LHS, e.RHS)
	}
	op, ok := binaries[e.Op]
	if !ok {
		return nil, unsupported("operator "+e.Op.String(), e)
	}
	l, r := e.LHS.Type() == parser.ValueTypeVector, e.RHS.Type() == parser.ValueTypeVector
	switch {
	case l && r:
		if e.VectorMatching.FillValues.LHS != nil || e.VectorMatching.FillValues.RHS != nil {
			return nil, unsupported("fill modifier", e)
		}
		return planOf(e, func(*building) operator {
			return &join{op: op, asBool: e.ReturnBool, matching: e.VectorMatching}
		}, e.LHS, e.RHS)
	case l:
		return planOf(e, func(*building) operator { return withScalar(op, true, e.ReturnBool) }, e.LHS, e.RHS)
	case r:
		return planOf(e, func(*building) operator { return withScalar(op, false, e.ReturnBool) }, e.RHS, e.LHS)
	default:
		return planOf(e, func(*building) operator { return &ofScalars{op: op} }, e.LHS, e.RHS)
	}
}

func compileAggregate(e *parser.AggregateExpr) (*plan, error) {
	fold, ok := aggregators[e.Op]
	if !ok {
		return nil, unsupported(e.Op.String()+" aggregation", e)
	}
	names := slices.Clone(e.Grouping)
	slices.Sort(names)
	return planOf(e, func(*building) operator { return &aggregate{fold: fold, names: names, without: e.Without} }, e.Expr)
}
