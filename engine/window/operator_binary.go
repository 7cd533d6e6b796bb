package window

import (
	"regexp"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

// elementwise are the operators between two numbers: the result, and whether it is kept at all. A comparison keeps its
// left side.
var elementwise = map[parser.ItemType]func(a, b float64) (v float64, keep bool){
	parser.ADD:  func(a, b float64) (float64, bool) { return a + b, true },
	parser.SUB:  func(a, b float64) (float64, bool) { return a - b, true },
	parser.MUL:  func(a, b float64) (float64, bool) { return a * b, true },
	parser.DIV:  func(a, b float64) (float64, bool) { return a / b, true },
	parser.EQLC: func(a, b float64) (float64, bool) { return a, a == b },
	parser.NEQ:  func(a, b float64) (float64, bool) { return a, a != b },
	parser.GTR:  func(a, b float64) (float64, bool) { return a, a > b },
	parser.LSS:  func(a, b float64) (float64, bool) { return a, a < b },
	parser.GTE:  func(a, b float64) (float64, bool) { return a, a >= b },
	parser.LTE:  func(a, b float64) (float64, bool) { return a, a <= b },
}

// scalarBinary is an operator between rows and a number.
type scalarBinary struct {
	of      operator
	f       func(a, b float64) (float64, bool)
	number  float64
	left    bool // the number stands left
	changes bool // what the values mean: it is arithmetic, no comparison
}

func (s *scalarBinary) eval(x *execution) ([]row, error) {
	in, err := s.of.eval(x)
	if err != nil {
		return nil, err
	}
	rows := in[:0]
	for _, r := range in {
		known := false
		for i, v := range r.values {
			if isAbsent(v) {
				continue
			}
			if r.values[i] = s.apply(v); !isAbsent(r.values[i]) {
				known = true
			}
		}
		if !known {
			x.free = append(x.free, r.values)
			continue
		}
		if s.changes {
			r.labels = nameless(r.labels)
		}
		rows = append(rows, r)
	}
	return rows, distinct(rows)
}

// apply computes one point. A comparison keeps the row's value, on whichever side it stands.
func (s *scalarBinary) apply(v float64) float64 {
	a, b := v, s.number
	if s.left {
		a, b = b, a
	}
	out, keep := s.f(a, b)
	switch {
	case !keep:
		return absent
	case !s.changes:
		return v
	}
	return out
}

// vectorBinary is an operator between the rows of two sides, one to one.
type vectorBinary struct {
	lhs, rhs operator
	f        func(a, b float64) (float64, bool)
	match    key
	changes  bool // what the values mean: it is arithmetic, no comparison
}

func (b *vectorBinary) eval(x *execution) ([]row, error) {
	lhs, rhs, partner, err := sides(x, b.lhs, b.rhs, b.match)
	if err != nil {
		return nil, err
	}
	rows := lhs[:0]
	for k, l := range lhs {
		if partner[k] < 0 {
			x.free = append(x.free, l.values)
			continue
		}
		known := false
		for i, right := range rhs[partner[k]].values {
			left := l.values[i]
			l.values[i] = absent
			if isAbsent(left) || isAbsent(right) {
				continue
			}
			if v, keep := b.f(left, right); keep {
				l.values[i] = v
				known = true
			}
		}
		if !known {
			x.free = append(x.free, l.values)
			continue
		}
		rows = append(rows, row{b.labels(x, l.labels), l.values})
	}
	x.release(rhs)
	return rows, distinct(rows)
}

// labels are those of a result, from the left side's.
func (b *vectorBinary) labels(x *execution, left labels.Labels) labels.Labels {
	if b.changes {
		left = nameless(left)
	}
	x.builder.Reset(left)
	for _, name := range b.match.names {
		if !b.match.on && name != model.MetricName { // a comparison is still of that metric
			x.builder.Del(name)
		}
	}
	if b.match.on {
		x.builder.Keep(b.match.names...)
	}
	return x.builder.Labels()
}

// either is `or`: the left side's points, and the right side's where its partner on the left has none.
type either struct {
	lhs, rhs operator
	match    key
}

func (e *either) eval(x *execution) ([]row, error) {
	lhs, rhs, partner, err := sides(x, e.lhs, e.rhs, e.match)
	if err != nil {
		return nil, err
	}
	rows := lhs
	taken := make([]bool, len(rhs))
	for k, p := range partner {
		if p < 0 {
			continue
		}
		same := labels.Equal(lhs[k].labels, rhs[p].labels)
		taken[p] = same
		for i, left := range lhs[k].values {
			switch {
			case !isAbsent(left):
				rhs[p].values[i] = absent
			case same:
				lhs[k].values[i] = rhs[p].values[i]
			}
		}
	}
	for p, r := range rhs {
		if taken[p] || !hasPoints(r.values) {
			x.free = append(x.free, r.values)
			continue
		}
		rows = append(rows, r)
	}
	return rows, distinct(rows)
}

// sides evaluates both sides of an operator and tells which row of the right each row of the left is matched with; -1 =
// with none. Sides in which two rows match alike are left to the engine: whether that is an error depends on the time.
func sides(x *execution, left, right operator, match key) (lhs, rhs []row, partner []int, err error) {
	if lhs, err = left.eval(x); err != nil {
		return nil, nil, nil, err
	}
	if rhs, err = right.eval(x); err != nil {
		return nil, nil, nil, err
	}
	byKey := make(map[string]int, len(rhs))
	for i, r := range rhs {
		x.buf = match.of(r.labels, x.buf)
		byKey[string(x.buf)] = i
	}
	if len(byKey) < len(rhs) {
		return nil, nil, nil, errEngine
	}
	partner = make([]int, len(lhs))
	seen := make(map[string]struct{}, len(lhs))
	for i, l := range lhs {
		x.buf = match.of(l.labels, x.buf)
		partner[i] = -1
		if p, ok := byKey[string(x.buf)]; ok {
			partner[i] = p
		}
		seen[string(x.buf)] = struct{}{}
	}
	if len(seen) < len(lhs) {
		return nil, nil, nil, errEngine
	}
	return lhs, rhs, partner, nil
}

// labelReplace sets a label of the rows where a pattern matches another.
type labelReplace struct {
	of                    operator
	to, replacement, from string
	pattern               *regexp.Regexp
}

func (p *labelReplace) eval(x *execution) ([]row, error) {
	rows, err := p.of.eval(x)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		from := rows[i].labels.Get(p.from)
		if at := p.pattern.FindStringSubmatchIndex(from); at != nil {
			x.builder.Reset(rows[i].labels)
			x.builder.Set(p.to, string(p.pattern.ExpandString(nil, p.replacement, from, at)))
			rows[i].labels = x.builder.Labels()
		}
	}
	return rows, distinct(rows)
}
