package collectors

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

const goodRuleTests = `version: 1
rules: [../ours.yaml]
topology: {components: [{name: web, aliases: [Shop]}, {name: db}], dependencies: [{from: web, to: db}]}
tests:
- name: one
  interval: 15s
  symptom: {component: shop, signal: latency, from: 1m}
  input_series:
  - {series: 'up{job="b"}', values: '1 _ 3 stale'}
  - {series: 'up{job="a"}', values: '0+2x7'}
  changes:
  - {at: 45s, kind: deploy, component: web, title: second}
  - {at: 15s, kind: deploy, component: web, title: first, id: d-1}
  - {at: 0, kind: config, component: db, title: third}
  expect:
  - {component: SHOP, fault: slow, rank: 1, status: diagnosed, at_least: 0.5}
  - {component: db, fault: cpu-saturation, verdict: ruled_out, test: own_signal}
- name: two
  interval: 1m
  start: 2026-03-01T06:00:00Z
  topology: {components: [{name: db}]}
  symptom: {from: 5m, to: 6m}
  input_series: [{series: up, values: '5x6'}]
  expect: [{status: healthy}, {missing: cpu}, {change: c, relation: cleared}, {component: db, expected: cpu}]
`

func TestParseRuleTests(t *testing.T) {
	got, err := ParseRuleTests("f", []byte(goodRuleTests))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	noon, morning := model.Millis(testStart), model.Millis(at("2026-03-01T06:00:00Z"))
	labels := func(pairs ...string) model.Labels {
		m := map[string]string{model.MetricName: "up"}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return model.NewLabels(m)
	}
	one, two := got.Tests[0], got.Tests[1]
	wantData := []*Data{
		{
			Series: []model.Labels{labels("job", "a"), labels("job", "b")},
			Times:  [][]int64{{noon, noon + 15e3, noon + 30e3, noon + 45e3, noon + 60e3, noon + 75e3, noon + 90e3, noon + 105e3}, {noon, noon + 30e3, noon + 45e3}},
			Values: [][]float64{{0, 2, 4, 6, 8, 10, 12, 14}, {1, 3, -1}},
		},
		{
			Series: []model.Labels{labels()},
			Times:  [][]int64{{morning, morning + 60e3, morning + 120e3, morning + 180e3, morning + 240e3, morning + 300e3, morning + 360e3}},
			Values: [][]float64{{5, 5, 5, 5, 5, 5, 5}},
		},
	}
	if last := &one.Data.Values[1][2]; model.IsStale(*last) {
		*last = -1 // a NaN is equal to nothing
	} else {
		t.Errorf("the last value is %v, want the stale marker", *last)
	}
	if diff := cmp.Diff(wantData, []*Data{one.Data, two.Data}); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
	want := []model.Incident{
		{
			ID: "one", Step: 15 * time.Second, Window: model.Interval{From: testStart, To: testStart.Add(105 * time.Second)},
			Symptom: model.Symptom{
				Component: "web", Signal: model.KindLatency,
				Interval: model.Interval{From: testStart.Add(time.Minute), To: testStart.Add(105 * time.Second)},
			},
		},
		{
			ID: "two", Step: time.Minute, Window: model.Interval{From: at("2026-03-01T06:00:00Z"), To: at("2026-03-01T06:06:00Z")},
			Symptom: model.Symptom{Interval: model.Interval{From: at("2026-03-01T06:05:00Z"), To: at("2026-03-01T06:06:00Z")}},
		},
	}
	if diff := cmp.Diff(want, []model.Incident{one.Incident, two.Incident}); diff != "" {
		t.Errorf("incidents (-want +got):\n%s", diff)
	}
	var changes []string
	for _, c := range one.Changes {
		changes = append(changes, c.ID+" "+c.At.Sub(testStart).String())
	}
	if diff := cmp.Diff([]string{"config-1 0s", "d-1 15s", "deploy-1 45s"}, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	var expect []string
	for _, e := range append(one.Expect, two.Expect...) {
		expect = append(expect, e.String())
	}
	wantExpect := []string{
		"component: web, fault: slow, rank: 1, status: diagnosed, at_least: 0.5",
		"component: db, fault: cpu-saturation, verdict: ruled_out, test: own-signal",
		"status: healthy", "missing: cpu", "change: c, relation: cleared", "component: db, expected: cpu",
	}
	if diff := cmp.Diff(wantExpect, expect); diff != "" {
		t.Errorf("expectations (-want +got):\n%s", diff)
	}
	if len(two.Topology.Components) != 1 || len(one.Topology.Components) != 2 || one.Line != 5 {
		t.Errorf("topologies %+v, %+v; line %d", one.Topology, two.Topology, one.Line)
	}
}

// TestRuleTestsAreBounded: a few bytes do not stand for more values than a file may hold.
func TestRuleTestsAreBounded(t *testing.T) {
	text := `version: 1
tests:
- name: one
  interval: 15s
  topology: {components: [{name: a}]}
  symptom: {component: a}
  input_series: [{series: a, values: '1x4000000'}, {series: b, values: '1x999999'}, {series: c, values: '1x2 1x99999999999999999999'}, {series: d, values: '1x2'}]
  expect: [{status: healthy}]
`
	_, err := ParseRuleTests("f", []byte(text))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 2 || problems[0].Field != "tests[0].input_series[2].values" || problems[1].Field != "tests[0].input_series[3].values" {
		t.Errorf("problems %v", err)
	}
}

func FuzzRuleTests(f *testing.F) {
	seed(f, "topologies/*.yaml", goodRuleTests)
	f.Fuzz(func(t *testing.T, data []byte) {
		tests, err := ParseRuleTests("f", data)
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		for _, test := range tests.Tests {
			if test.Topology == nil || test.Data.NumSamples() == 0 || len(test.Expect) == 0 || len(CheckIncident(test.Incident)) > 0 {
				t.Fatalf("a test that cannot run: %+v", test)
			}
		}
	})
}
