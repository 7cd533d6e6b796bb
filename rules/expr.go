package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// rangePlaceholder stands for the rate window, which depends on step and scrape interval.
const rangePlaceholder = "$range"

// sampleRange takes the placeholder's place while an expression is checked: it is as long as the placeholder, so that
// positions in error messages hold for the text as written.
const sampleRange = "5m000s"

// markerLabel is the label of the matcher that marks, in a template's text, where a component's selector goes. It
// sorts behind real label names, so the expression's own matchers are printed first.
const markerLabel = "zzzz_selector"

const markerMatcher = markerLabel + `="x"`

var (
	labelPlaceholder = regexp.MustCompile(`\$\{(re:)?([a-zA-Z_][a-zA-Z0-9_.]*)\}`)
	anyPlaceholder   = regexp.MustCompile(`\$(\{[^}]*\}?|[a-z]+)`)
	promql           = parser.NewParser(parser.Options{})
)

// WithSampleRange returns a pack's expression as PromQL that parses: with some rate window in place of $range, and some
// metric in place of $metric, without moving what follows. The labels' placeholders stand within strings and stay.
func WithSampleRange(expr string) string {
	return strings.NewReplacer(rangePlaceholder, sampleRange, metricPlaceholder, sampleMetric).Replace(expr)
}

// exprFault is one thing wrong with an expression, at a byte offset of its text.
type exprFault struct {
	offset int
	text   string
}

// checkExpr finds what is wrong with a candidate expression, placeholders and all; more are those that it may hold beside
// the usual ones.
func checkExpr(expr string, more ...string) []exprFault {
	var faults []exprFault
	for _, at := range anyPlaceholder.FindAllStringIndex(expr, -1) {
		p := expr[at[0]:at[1]]
		if p != rangePlaceholder && !slices.Contains(more, p) && !isLabelPlaceholder(p) {
			faults = append(faults, exprFault{at[0], fmt.Sprintf("(%s) must be $range or ${label}", p)})
		}
	}
	parsed, err := promql.ParseExpr(WithSampleRange(expr))
	if err != nil {
		return append(faults, parseFaults(err)...)
	}
	if parsed.Type() != parser.ValueTypeVector {
		faults = append(faults, exprFault{0, fmt.Sprintf("must give an instant vector, not a %s", parser.DocumentedType(parsed.Type()))})
	}
	if needOf(parsed) == nil {
		faults = append(faults, exprFault{0, "must read at least one metric"})
	}
	return faults
}

// isLabelPlaceholder tells whether p is ${label}; the form ${re:label} is for templates alone.
func isLabelPlaceholder(p string) bool {
	return labelPlaceholder.FindString(p) == p && !strings.HasPrefix(p, "${re:")
}

func parseFaults(err error) []exprFault {
	var errs parser.ParseErrors
	if !errors.As(err, &errs) {
		return []exprFault{{0, "not PromQL: " + err.Error()}}
	}
	var faults []exprFault
	for _, e := range errs {
		faults = append(faults, exprFault{int(e.PositionRange.Start), "not PromQL: " + e.Err.Error()})
	}
	return faults
}

// template is an expression prepared for many components: parsed once, and rendered by joining text.
type template struct {
	parts  []string // text around the points: one more than points
	points []point
	need   *need
	smear  time.Duration
	labels []string // that placeholders need from the selector
}

// point is a vector selector of a template.
type point struct {
	owns []string // labels that the expression itself selects: not injected
}

// newTemplate prepares an expression with the given rate window.
func newTemplate(expr, window string) (*template, error) {
	parsed, err := promql.ParseExpr(strings.ReplaceAll(expr, rangePlaceholder, window))
	if err != nil {
		return nil, err
	}
	t := &template{need: needOf(parsed), smear: lookback(parsed)}
	for _, m := range labelPlaceholder.FindAllStringSubmatch(expr, -1) {
		if !slices.Contains(t.labels, m[2]) {
			t.labels = append(t.labels, m[2])
		}
	}
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if vs, ok := node.(*parser.VectorSelector); ok {
			t.points = append(t.points, point{owns: ownLabels(vs)})
			mark(vs)
		}
		return nil
	})
	t.parts = strings.Split(parsed.String(), markerMatcher)
	if len(t.parts) != len(t.points)+1 {
		return nil, fmt.Errorf("%q must not select the label %s", expr, markerLabel)
	}
	return t, nil
}

// mark adds the marker to a vector selector, and notes in placeholders whether they stand in a regular expression.
func mark(vs *parser.VectorSelector) {
	for i, m := range vs.LabelMatchers {
		if m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp {
			// Only printed, never matched with: the compiled expression of the copy does not matter.
			copied := *m
			copied.Value = labelPlaceholder.ReplaceAllString(m.Value, "$${re:$2}")
			vs.LabelMatchers[i] = &copied
		}
	}
	vs.LabelMatchers = append(vs.LabelMatchers, labels.MustNewMatcher(labels.MatchEqual, markerLabel, "x"))
}

// ownLabels are the labels on which a selector has a positive matcher (= or =~). The component's matcher on such a
// label is not added, because the expression was written to look elsewhere than the component's label points:
// node_filesystem_avail_bytes{device=~"/dev/${device}.*"}. A negative matcher only takes series out, so there both hold.
func ownLabels(vs *parser.VectorSelector) []string {
	var own []string
	for _, m := range vs.LabelMatchers {
		positive := m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp
		if positive && m.Name != model.MetricNameLabel && !slices.Contains(own, m.Name) {
			own = append(own, m.Name)
		}
	}
	slices.Sort(own)
	return own
}

// lookback is how far behind its timestamp a value of the expression looks: the longest sum of ranges on a way from the
// root to a leaf, since a subquery adds to the ranges in it. Offsets do not count: they move a value, and smear nothing.
func lookback(node parser.Node) time.Duration {
	var own, below time.Duration
	switch n := node.(type) {
	case *parser.MatrixSelector:
		own = n.Range
	case *parser.SubqueryExpr:
		own = n.Range
	}
	for child := range parser.ChildrenIter(node) {
		below = max(below, lookback(child))
	}
	return own + below
}

// render writes the expression for a component's selector. ok is false when a placeholder's label is not in it.
func (t *template) render(selector map[string]string) (expr string, ok bool) {
	for _, name := range t.labels {
		if _, given := selector[name]; !given {
			return "", false
		}
	}
	var b strings.Builder
	b.WriteString(t.parts[0])
	for i, p := range t.points {
		rest := t.parts[i+1]
		if matchers := matchersOf(selector, p.owns); matchers != "" {
			b.WriteString(matchers)
		} else {
			rest = dropComma(&b, rest)
		}
		b.WriteString(rest)
	}
	return fillLabels(b.String(), selector), true
}

// dropComma takes away the one comma that joined an injected matcher which is not there.
func dropComma(b *strings.Builder, rest string) string {
	if trimmed, found := strings.CutPrefix(rest, ","); found {
		return trimmed
	}
	if before := b.String(); strings.HasSuffix(before, ",") {
		b.Reset()
		b.WriteString(strings.TrimSuffix(before, ","))
	}
	return rest
}

// matchersOf prints a selector as matchers, sorted by label, without the labels in except.
func matchersOf(selector map[string]string, except []string) string {
	var ms []string
	for name, value := range selector {
		if slices.Contains(except, name) {
			continue
		}
		if !model.LegacyValidation.IsValidLabelName(name) {
			name = strconv.Quote(name)
		}
		ms = append(ms, name+"="+strconv.Quote(value))
	}
	slices.Sort(ms)
	return strings.Join(ms, ",")
}

// fillLabels replaces ${label} by the selector's value: as it is, or quoted where it stands in a regular expression.
// Either way it stands within a PromQL string, and is escaped for that.
func fillLabels(text string, selector map[string]string) string {
	return labelPlaceholder.ReplaceAllStringFunc(text, func(p string) string {
		m := labelPlaceholder.FindStringSubmatch(p)
		value := selector[m[2]]
		if m[1] != "" {
			value = regexp.QuoteMeta(value)
		}
		quoted := strconv.Quote(value)
		return quoted[1 : len(quoted)-1]
	})
}
