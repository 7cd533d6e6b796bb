package collectors

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// Expectations are what must be answered about a recorded incident: expect.yaml of a bundle.
type Expectations struct {
	Expect  []RuleExpectation
	Without []Unmeasured
}

// Unmeasured is the same incident as it would have been seen had some series not been recorded.
type Unmeasured struct {
	Name   string
	Series [][]*labels.Matcher // a series that one of these selects was not recorded
	Expect []RuleExpectation
}

// ParseExpectations reads what is expected, strictly, in the lines of rule tests. Names of components are those of the
// topology. The error is Problems.
//
//	version: 1
//	expect:                    # every line must hold
//	- {component: vol, fault: disk-io-saturation, rank: 1, status: diagnosed, at_least: 0.5}
//	without:                   # the same with series left out
//	- name: nobody measures the volume
//	  series: ['{instance="db1:9100",device="sdb"}']   # PromQL selectors
//	  expect:
//	  - {missing: io_queue_length, component: vol, rank: 1}   # what would tell most
func ParseExpectations(file string, data []byte, topology *model.Topology) (*Expectations, error) {
	r := &ruleTestReader{fields: &fields{file: file, strict: true}, source: data, promql: parser.NewParser(parser.Options{})}
	out := &Expectations{}
	if root := r.document(data); root != nil {
		r.mapping(root, "",
			field{"version", true, r.version},
			field{"expect", true, func(n *yaml.Node, path string) { out.Expect = r.expectations(n, path, topology) }},
			field{"without", false, func(n *yaml.Node, path string) {
				r.list(n, path, func(n *yaml.Node, path string) { out.Without = append(out.Without, r.unmeasured(n, path, topology)) })
			}},
		)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return out, nil
}

func (r *ruleTestReader) unmeasured(n *yaml.Node, path string, topology *model.Topology) Unmeasured {
	var u Unmeasured
	r.mapping(n, path,
		field{"name", true, r.name(&u.Name)},
		field{"series", true, func(n *yaml.Node, path string) {
			r.list(n, path, func(n *yaml.Node, path string) { u.Series = append(u.Series, r.selector(n, path)) })
		}},
		field{"expect", true, func(n *yaml.Node, path string) { u.Expect = r.expectations(n, path, topology) }},
	)
	return u
}

// selector reads a PromQL series selector.
func (r *ruleTestReader) selector(n *yaml.Node, path string) []*labels.Matcher {
	var s string
	if r.text(&s)(n, path); s == "" {
		return nil
	}
	matchers, err := r.promql.ParseMetricSelector(s)
	if err != nil {
		r.fail(n, path, "must be a series selector of PromQL: %v", err)
	}
	return matchers
}

// Without is the data less the series that one of the selectors matches. The columns are shared.
func (d *Data) Without(selectors [][]*labels.Matcher) *Data {
	out := *d
	out.Series, out.Times, out.Values = nil, nil, nil
	for i, series := range d.Series {
		if slices.ContainsFunc(selectors, func(ms []*labels.Matcher) bool { return matchesAll(series, ms) }) {
			continue
		}
		out.Series, out.Times, out.Values = append(out.Series, series), append(out.Times, d.Times[i]), append(out.Values, d.Values[i])
	}
	return &out
}

func matchesAll(series model.Labels, matchers []*labels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(series.Get(m.Name)) })
}
