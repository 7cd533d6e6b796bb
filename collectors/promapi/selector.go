package promapi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

// promql reads everything that some source may understand; whether this one does is for it to say.
var promql = parser.NewParser(parser.Options{
	EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	EnableBinopFillModifiers: true,
})

// parseExtra reads {cluster="eu"}; "" is none.
func parseExtra(selector string) ([]*labels.Matcher, error) {
	if selector == "" {
		return nil, nil
	}
	ms, err := promql.ParseMetricSelector(selector)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if m.Name == model.MetricName {
			return nil, errors.New("a metric name in it would contradict the queries' own")
		}
	}
	return ms, nil
}

// rewriting is what must be done to an expression before it is sent.
type rewriting struct {
	extra                  []*labels.Matcher // go into every vector selector
	startMillis, endMillis int64             // what "@ start()" and "@ end()" mean: the ends of the whole span
	lookback               time.Duration     // to be expressed by last_over_time; 0 = none
}

// apply returns an expression that needs none of it as it was written. Without extra matchers, one that does not parse
// here is returned as it is: the source may speak a dialect.
func (w rewriting) apply(expr string) (string, error) {
	tree, err := promql.ParseExpr(expr)
	if err != nil {
		if len(w.extra) == 0 {
			return expr, nil
		}
		return "", err
	}
	changed := w.lookback > 0
	resolve := func(at **int64, what *parser.ItemType) {
		switch *what {
		case parser.START:
			*at = &w.startMillis
		case parser.END:
			*at = &w.endMillis
		default:
			return
		}
		*what, changed = 0, true
	}
	parser.Inspect(tree, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			resolve(&n.Timestamp, &n.StartOrEnd)
			changed = addMatchers(n, w.extra) || changed
		case *parser.SubqueryExpr:
			resolve(&n.Timestamp, &n.StartOrEnd)
		}
		return nil
	})
	if w.lookback > 0 {
		tree = withLookback(tree, w.lookback)
	}
	if !changed {
		return expr, nil
	}
	return tree.String(), nil
}

// addMatchers adds those that the selector does not have already.
func addMatchers(v *parser.VectorSelector, extra []*labels.Matcher) bool {
	added := false
	for _, m := range extra {
		same := func(have *labels.Matcher) bool {
			return have.Type == m.Type && have.Name == m.Name && have.Value == m.Value
		}
		if !slices.ContainsFunc(v.LabelMatchers, same) {
			v.LabelMatchers = append(v.LabelMatchers, m)
			added = true
		}
	}
	return added
}

// matchParam is the match[] of a selector given as equalities, and the extra matchers; nil when all series are meant.
func matchParam(selector map[string]string, extra []*labels.Matcher) ([]string, error) {
	if len(selector) == 0 && len(extra) == 0 {
		return nil, nil
	}
	var parts []string
	needle := false // the API wants a matcher that does not match the empty string
	for _, name := range slices.Sorted(maps.Keys(selector)) {
		m, err := labels.NewMatcher(labels.MatchEqual, name, selector[name])
		if err != nil {
			return nil, fmt.Errorf("reading selector: %w", err)
		}
		needle = needle || !m.Matches("")
		parts = append(parts, m.String())
	}
	for _, m := range extra {
		needle = needle || !m.Matches("")
		parts = append(parts, m.String())
	}
	if !needle {
		parts = append(parts, model.MetricName+`!=""`)
	}
	return []string{"{" + strings.Join(parts, ",") + "}"}, nil
}

// checkGrid refuses a time axis that cannot be asked for.
func checkGrid(g model.Grid) error {
	if g.Step < time.Millisecond || g.Step%time.Millisecond != 0 {
		return fmt.Errorf("grid step (%s) must be a whole number of milliseconds, at least 1", g.Step)
	}
	end := int64(-1 << 62)
	for i, s := range g.Spans {
		if s.N < 0 || s.N > 0 && s.StartMillis <= end {
			return fmt.Errorf("grid span %d (%d points from %s) must follow the one before it", i, s.N,
				model.FromMillis(s.StartMillis).Format(time.RFC3339))
		}
		if s.N > 0 {
			end = s.StartMillis + int64(s.N-1)*g.Step.Milliseconds()
		}
	}
	return nil
}
