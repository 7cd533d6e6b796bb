package stream

import (
	"regexp"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// compileCall makes the plan of a function's call.
func compileCall(e *parser.Call) (*plan, error) {
	name := e.Func.Name
	if fn, ok := timeFuncs[name]; ok {
		return compileOverTime(e, fn)
	}
	if f, ok := unaries[name]; ok {
		return planOf(e, func(*building) operator { return unary(f) }, e.Args...)
	}
	switch name {
	case "time":
		return planOf(e, func(*building) operator { return &clock{} })
	case "scalar":
		return planOf(e, func(*building) operator { return &asScalar{} }, e.Args...)
	case "vector":
		return planOf(e, func(*building) operator { return &sameRow{} }, e.Args...)
	case "clamp":
		return planOf(e, func(*building) operator { return clamped(0, 1) }, e.Args...)
	case "clamp_min":
		return planOf(e, func(*building) operator { return clamped(0, -1) }, e.Args...)
	case "clamp_max":
		return planOf(e, func(*building) operator { return clamped(-1, 0) }, e.Args...)
	case "histogram_quantile":
		return planOf(e, func(*building) operator { return &bucketQuantile{} }, e.Args...)
	case "label_replace":
		return compileLabelReplace(e)
	default:
		return nil, unsupported("function "+name, e)
	}
}

func compileOverTime(e *parser.Call, fn timeFunc) (*plan, error) {
	matrix, ok := e.Args[0].(*parser.MatrixSelector)
	if !ok {
		return nil, unsupported("range of "+e.Func.Name+" but a selector's", e.Args[0])
	}
	from, err := compileRange(matrix)
	if err != nil {
		return nil, err
	}
	return &plan{key: e.String(), in: []*plan{from}, build: func(b *building) operator {
		return &overTime{name: e.Func.Name, fn: fn, from: b.in[0].op.(*ranged), seconds: matrix.Range.Seconds()}
	}}, nil
}

// compileLabelReplace leaves what promql refuses when it evaluates to promql, which will say so.
func compileLabelReplace(e *parser.Call) (*plan, error) {
	var text [4]string
	for i := range text {
		s, ok := e.Args[i+1].(*parser.StringLiteral)
		if !ok {
			return nil, unsupported("label_replace by anything but strings", e.Args[i+1])
		}
		text[i] = s.Val
	}
	target, replacement, source := text[0], text[1], text[2]
	match, err := regexp.Compile("^(?s:" + text[3] + ")$")
	if err != nil || !model.UTF8Validation.IsValidLabelName(target) {
		return nil, unsupported("label_replace with a bad pattern or label", e)
	}
	return planOf(e, func(*building) operator { return labelReplace(target, replacement, source, match) }, e.Args[0])
}
