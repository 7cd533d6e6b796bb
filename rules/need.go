package rules

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// need is what must exist for an expression to answer: a metric, or several needs of which all or any must be met. An
// expression whose need is not met is not asked.
type need struct {
	anyOf bool    // of parts: any suffices; otherwise all are needed
	parts []*need // empty for a leaf

	names []*labels.Matcher // of a leaf: on the metric's name
	owns  []string          // of a leaf: see ownLabels
}

// needOf returns the need of an expression, nil when it reads no metric.
func needOf(node parser.Node) *need {
	switch n := node.(type) {
	case *parser.VectorSelector:
		leaf := &need{owns: ownLabels(n)}
		for _, m := range n.LabelMatchers {
			if m.Name == model.MetricNameLabel {
				leaf.names = append(leaf.names, m)
			}
		}
		return leaf
	case *parser.BinaryExpr:
		if n.Op == parser.LUNLESS {
			return needOf(n.LHS)
		}
		return combine(n.Op == parser.LOR, needOf(n.LHS), needOf(n.RHS))
	}
	var parts []*need
	for child := range parser.ChildrenIter(node) {
		parts = append(parts, needOf(child))
	}
	return combine(false, parts...)
}

// combine joins needs, leaving out the parts that read no metric.
func combine(anyOf bool, parts ...*need) *need {
	var needed []*need
	for _, p := range parts {
		if p != nil {
			needed = append(needed, p)
		}
	}
	switch len(needed) {
	case 0:
		return nil
	case 1:
		return needed[0]
	}
	return &need{anyOf: anyOf, parts: needed}
}

// met tells whether the need is met, given the metric names that exist when the component's matchers on some labels
// are left out.
func (n *need) met(namesWithout func(owns []string) (nameSet, error)) (bool, error) {
	if len(n.parts) == 0 {
		names, err := namesWithout(n.owns)
		if err != nil {
			return false, err
		}
		return names.match(n.names), nil
	}
	for _, p := range n.parts {
		ok, err := p.met(namesWithout)
		if err != nil || ok == n.anyOf {
			return ok, err
		}
	}
	return !n.anyOf, nil
}

// nameSet holds the metric names that exist under some selector.
type nameSet map[string]struct{}

func (s nameSet) has(name string) bool {
	_, ok := s[name]
	return ok
}

// match tells whether a name meets all matchers. The usual case, one name given outright, is a look-up.
func (s nameSet) match(ms []*labels.Matcher) bool {
	if len(ms) == 1 && ms[0].Type == labels.MatchEqual {
		return s.has(ms[0].Value)
	}
	for name := range s {
		if matchesAll(ms, name) {
			return true
		}
	}
	return false
}

func matchesAll(ms []*labels.Matcher, name string) bool {
	for _, m := range ms {
		if !m.Matches(name) {
			return false
		}
	}
	return true
}
