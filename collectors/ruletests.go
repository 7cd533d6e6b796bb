package collectors

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// RuleTests is a file of tests of rule packs: made-up metrics, and what must be answered from them.
type RuleTests struct {
	File  string
	Rules []string // packs beside those that come with the program: files or folders, relative to the file
	Tests []RuleTest
}

// RuleTest is one incident with what is expected of its diagnosis.
type RuleTest struct {
	Name     string
	Line     int // in the file, from 1
	Incident model.Incident
	Topology *model.Topology
	Changes  []model.Change
	Data     *Data
	Expect   []RuleExpectation
}

// testStart is the time of the first value of a test that does not say: a Monday, so that no weekend gets in the way.
var testStart = time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)

// ParseRuleTests reads a file of rule tests, strictly. Values are written as for `promtool test rules`; times are offsets
// from the first value. The error is Problems.
func ParseRuleTests(file string, data []byte) (*RuleTests, error) {
	r := &ruleTestReader{fields: &fields{file: file, strict: true}, source: data, promql: parser.NewParser(parser.Options{})}
	out := &RuleTests{File: file}
	if root := r.document(data); root != nil {
		var tests *yaml.Node
		r.mapping(root, "",
			field{"version", true, r.version},
			field{"rules", false, r.texts(&out.Rules)},
			field{"topology", false, func(n *yaml.Node, path string) { r.shared = r.topology(n, path) }},
			field{"tests", true, func(n *yaml.Node, _ string) { tests = n }},
		)
		if tests != nil {
			r.list(tests, "tests", func(n *yaml.Node, path string) { out.Tests = append(out.Tests, r.test(n, path)) })
			if tests.Kind == yaml.SequenceNode && len(tests.Content) == 0 {
				r.fail(tests, "tests", "must have at least one test")
			}
		}
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}

type ruleTestReader struct {
	*fields
	source []byte
	promql parser.Parser
	shared *model.Topology // of tests that give none; nil = there is none
	names  map[string]int  // of tests, and the lines on which they begin
	// repeated is how many values stand for others so far.
	repeated int
}

// test reads one test. What its other fields mean hangs on interval and start, so these go first.
func (r *ruleTestReader) test(n *yaml.Node, path string) RuleTest {
	t := RuleTest{Line: n.Line, Topology: r.shared}
	inc := &t.Incident
	inc.Window.From = testStart
	before := len(r.problems) + r.dropped
	var later []func()
	after := func(read func(*yaml.Node, string)) func(*yaml.Node, string) {
		return func(n *yaml.Node, path string) { later = append(later, func() { read(n, path) }) }
	}
	series := seriesColumns{}
	r.mapping(n, path,
		field{"name", true, r.name(&t.Name)},
		field{"interval", true, r.span(&inc.Step)},
		field{"start", false, r.moment(&inc.Window.From)},
		field{"topology", r.shared == nil, func(n *yaml.Node, path string) { t.Topology = r.topology(n, path) }},
		field{"symptom", true, after(func(n *yaml.Node, path string) { r.symptom(n, path, &t) })},
		field{"input_series", true, after(func(n *yaml.Node, path string) {
			r.list(n, path, func(n *yaml.Node, path string) { r.series(n, path, inc, series) })
		})},
		field{"changes", false, after(func(n *yaml.Node, path string) { t.Changes = r.changes(n, path, inc.Window.From) })},
		field{"expect", true, after(func(n *yaml.Node, path string) { t.Expect = r.expectations(n, path, t.Topology) })},
	)
	if len(r.problems)+r.dropped > before {
		return t
	}
	for _, read := range later {
		read()
	}
	t.Data = series.data()
	if iv, ok := t.Data.Bounds(); ok {
		inc.Window.To = iv.To
	}
	inc.ID = t.Name
	if inc.Symptom.Interval.To.IsZero() {
		inc.Symptom.Interval.To = inc.Window.To
	}
	r.finish(n, path, &t, before)
	return t
}

// finish checks what only the whole test tells.
func (r *ruleTestReader) finish(n *yaml.Node, path string, t *RuleTest, before int) {
	if r.names == nil {
		r.names = map[string]int{}
	}
	if first, twice := r.names[t.Name]; twice {
		r.fail(child(n, "name"), path+".name", "(%q) must be unique; first given on line %d", t.Name, first)
	}
	r.names[t.Name] = n.Line
	if len(r.problems)+r.dropped > before {
		return
	}
	for _, p := range CheckIncident(t.Incident) {
		r.fail(n, join(path, p.Field), "%s", p.Rule)
	}
}

// topology reads a topology that is part of the file; nil when it has problems.
func (r *ruleTestReader) topology(n *yaml.Node, path string) *model.Topology {
	before := len(r.problems) + r.dropped
	t := topologyReader{fields: r.fields, source: r.source, topo: &model.Topology{}, path: path}
	t.read(n)
	if len(r.problems)+r.dropped > before {
		return nil
	}
	return t.topo
}

func (r *ruleTestReader) symptom(n *yaml.Node, path string, t *RuleTest) {
	s, start := &t.Incident.Symptom, t.Incident.Window.From
	r.mapping(n, path,
		field{"component", false, r.component(&s.Component, t.Topology)},
		field{"signal", false, r.signalKind(&s.Signal)},
		field{"from", false, r.offset(start)(&s.Interval.From)},
		field{"to", false, r.offset(start)(&s.Interval.To)},
	)
}

// component reads the name or alias of a component.
func (r *ruleTestReader) component(dst *string, topology *model.Topology) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var s string
		if r.name(&s)(n, path); s == "" || topology == nil {
			return
		}
		c := topology.Find(s)
		if c == nil {
			r.fail(n, path, "unknown component %q%s", s, hint(s, CallNames(topology)))
			return
		}
		*dst = c.Name
	}
}

// offset reads how long after a time something is.
func (r *ruleTestReader) offset(start time.Time) func(*time.Time) func(*yaml.Node, string) {
	return func(dst *time.Time) func(*yaml.Node, string) {
		return func(n *yaml.Node, path string) {
			s, ok := r.scalar(n, path, "an offset from the first value")
			if !ok {
				return
			}
			d, err := parseSpan(s)
			if err != nil || d < 0 {
				r.fail(n, path, "(%q) must be an offset from the first value, such as 0s, 90s or 30m", s)
				return
			}
			*dst = start.Add(d)
		}
	}
}

// changes reads change events. One without an id is called after its kind and its place among those: deploy-1.
func (r *ruleTestReader) changes(n *yaml.Node, path string, start time.Time) []model.Change {
	var out []model.Change
	count := map[model.ChangeKind]int{}
	r.list(n, path, func(n *yaml.Node, path string) {
		c, ok := r.changeAt(n, path, r.offset(start))
		if !ok {
			return
		}
		count[c.Kind]++
		if child(n, "id") == nil {
			c.ID = string(c.Kind) + "-" + strconv.Itoa(count[c.Kind])
		}
		if slices.ContainsFunc(out, func(o model.Change) bool { return o.ID == c.ID }) {
			r.fail(n, path+".id", "(%q) must be unique", c.ID)
		}
		out = append(out, c)
	})
	SortChanges(out)
	return out
}

// seriesColumns are the samples of series, by labels (AppendKey).
type seriesColumns map[string]*seriesColumn

type seriesColumn struct {
	labels model.Labels
	times  []int64
	values []float64
}

// data puts the columns into the order of their labels.
func (cs seriesColumns) data() *Data {
	sorted := make([]*seriesColumn, 0, len(cs))
	for _, c := range cs {
		sorted = append(sorted, c)
	}
	slices.SortFunc(sorted, func(a, b *seriesColumn) int { return a.labels.Compare(b.labels) })
	d := &Data{}
	for _, c := range sorted {
		d.Series, d.Times, d.Values = append(d.Series, c.labels), append(d.Times, c.times), append(d.Values, c.values)
	}
	return d
}

// series reads a series in promtool's notation: labels, and values of which the first is at the test's start.
func (r *ruleTestReader) series(n *yaml.Node, path string, inc *model.Incident, into seriesColumns) {
	var series, values string
	r.mapping(n, path, field{"series", true, r.text(&series)}, field{"values", true, r.text(&values)})
	if series == "" || values == "" {
		return
	}
	for _, m := range repeats.FindAllStringSubmatch(values, -1) {
		times, err := strconv.Atoi(m[1])
		if err != nil || times > maxTestValues-r.repeated {
			r.fail(child(n, "values"), path+".values", "must leave the file with at most %d values", maxTestValues)
			return
		}
		r.repeated += times
	}
	ls, sequence, err := r.promql.ParseSeriesDesc(series + " " + values)
	if err != nil {
		r.failSeries(n, path, series, values, err)
		return
	}
	c := &seriesColumn{labels: model.NewLabels(ls.Map())}
	for i, v := range sequence {
		switch {
		case v.Histogram != nil:
			r.fail(child(n, "values"), path+".values", "must be floats: a histogram is written as its classic buckets")
			return
		case !v.Omitted:
			c.times = append(c.times, model.Millis(inc.Window.From.Add(time.Duration(i)*inc.Step)))
			c.values = append(c.values, v.Value)
		}
	}
	key := string(AppendKey(nil, c.labels))
	switch {
	case len(c.times) == 0:
		r.fail(child(n, "values"), path+".values", "must have at least one value")
	case into[key] != nil:
		r.fail(child(n, "series"), path+".series", "(%s) must be given once", c.labels)
	default:
		into[key] = c
	}
}

// repeats are the parts of a sequence that stand for many values: 0+10x20, _x5.
var repeats = regexp.MustCompile(`x(\d+)`)

// maxTestValues bounds what these parts of a file stand for: a few bytes must not fill the memory.
const maxTestValues = 5_000_000

// failSeries reports each error at its place: in the labels, or in the values behind them.
func (r *ruleTestReader) failSeries(n *yaml.Node, path, series, values string, err error) {
	var list parser.ParseErrors
	if !errors.As(err, &list) {
		r.fail(n, path, "must be in promtool's notation: %v", err)
		return
	}
	t := topologyReader{fields: r.fields, source: r.source}
	for _, e := range list {
		if start := int(e.PositionRange.Start); start < len(series) {
			r.fail(t.within(child(n, "series"), series, start), path+".series", "must be in promtool's notation: %v", e.Err)
		} else {
			at := min(start-len(series)-1, len(values))
			r.fail(t.within(child(n, "values"), values, at), path+".values", "must be in promtool's notation: %v", e.Err)
		}
	}
}

// testName reads the name of a refutation test; words may be parted by underscores.
func (r *ruleTestReader) testName(dst *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var s string
		if r.name(&s)(n, path); s == "" {
			return
		}
		s = strings.ReplaceAll(s, "_", "-")
		if !slices.Contains(model.TestNames(), s) {
			r.fail(n, path, "(%q) must be one of %s%s", s, strings.Join(model.TestNames(), ", "), hint(s, model.TestNames()))
			return
		}
		*dst = s
	}
}
