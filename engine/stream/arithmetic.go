package stream

import (
	"math"

	"github.com/prometheus/prometheus/promql/parser"
)

// binary is an arithmetic or comparison operator. of gives its value, for a comparison the left operand, and whether
// the comparison holds.
type binary struct {
	of       func(l, r float64) (v float64, keep bool)
	compares bool
}

func arithmetic(of func(l, r float64) float64) binary {
	return binary{of: func(l, r float64) (float64, bool) { return of(l, r), true }}
}

func comparison(of func(l, r float64) bool) binary {
	return binary{of: func(l, r float64) (float64, bool) { return l, of(l, r) }, compares: true}
}

// binaries are the operators of PromQL on floats, set operators aside.
var binaries = map[parser.ItemType]binary{
	parser.ADD:   arithmetic(func(l, r float64) float64 { return l + r }),
	parser.SUB:   arithmetic(func(l, r float64) float64 { return l - r }),
	parser.MUL:   arithmetic(func(l, r float64) float64 { return l * r }),
	parser.DIV:   arithmetic(func(l, r float64) float64 { return l / r }),
	parser.MOD:   arithmetic(math.Mod),
	parser.POW:   arithmetic(math.Pow),
	parser.ATAN2: arithmetic(math.Atan2),
	parser.EQLC:  comparison(func(l, r float64) bool { return l == r }),
	parser.NEQ:   comparison(func(l, r float64) bool { return l != r }),
	parser.GTR:   comparison(func(l, r float64) bool { return l > r }),
	parser.LSS:   comparison(func(l, r float64) bool { return l < r }),
	parser.GTE:   comparison(func(l, r float64) bool { return l >= r }),
	parser.LTE:   comparison(func(l, r float64) bool { return l <= r }),
}

// truth is how PromQL writes a truth value.
func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unaries are the functions of one number.
var unaries = map[string]func(float64) float64{
	"abs": math.Abs, "ceil": math.Ceil, "floor": math.Floor, "sqrt": math.Sqrt,
	"exp": math.Exp, "ln": math.Log, "log2": math.Log2, "log10": math.Log10,
}
