package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// chainGraph is lb <- web <- db <- disk, and a cart that web asks too.
func chainGraph() *topo.Graph {
	return topo.New(&model.Topology{
		Components: []model.Component{
			{Name: "lb", Kind: "lb"},
			{Name: "web", Kind: "was"},
			{Name: "db", Kind: "db"},
			{Name: "disk", Kind: "disk"},
			{Name: "cart", Kind: "was"},
		},
		Dependencies: []model.Dependency{
			{From: "lb", To: "web", Kind: model.Calls},
			{From: "web", To: "db", Kind: model.Calls},
			{From: "web", To: "cart", Kind: model.Calls},
			{From: "db", To: "disk", Kind: model.StoredOn},
		},
	})
}

// bad is an abnormal reading ten times worse than the worst usual, which began a minute after noon.
func bad(component, peer string, kind model.SignalKind) *model.Reading {
	return &model.Reading{
		Series: &model.Series{
			Subject: model.Subject{Component: component, Peer: peer}, Query: component + "_" + string(kind),
			Signal: &model.Signal{Name: string(kind), Kind: kind, Unit: "seconds", Bad: model.BadUp},
		},
		State: model.StateAbnormal, Sign: +1, Bad: true, Severity: 10, Sigma: 12.34, Observed: 0.5, Baseline: 0.1,
		Onset: model.Onset{Earliest: noon, Latest: noon.Add(time.Minute)},
	}
}

func TestSettle(t *testing.T) {
	window := between(-100, 0)
	for _, tc := range []struct {
		name      string
		component string
		symptom   model.Interval
		want      model.Interval
		search    bool
	}{
		{"all told", "web", between(-20, -5), between(-20, -5), false},
		{"no end", "web", model.Interval{From: between(-20, 0).From}, between(-20, 0), false},
		{"no beginning", "web", model.Interval{To: between(0, -50).To}, between(-65, -50), true},
		{"no time at all", "web", model.Interval{}, between(-30, 0), true},
		{"no component", "", between(-20, -5), between(-20, -5), true},
		{"nothing told", "", model.Interval{}, between(-30, 0), true},
		{"an end before all data", "web", model.Interval{To: between(0, -200).To}, between(-201, -200), true},
	} {
		inc := asked(window, tc.symptom)
		inc.Symptom.Component = tc.component
		if got := settle(&inc); got != tc.search || inc.Symptom.Interval != tc.want {
			t.Errorf("%s: from %v, search %v, want %v, %v", tc.name, inc.Symptom.Interval, got, tc.want, tc.search)
		}
	}
}

// with is the reading, changed.
func with(r *model.Reading, change func(*model.Reading)) *model.Reading {
	change(r)
	return r
}

func TestLocate(t *testing.T) {
	minute := noon.Add(time.Minute)
	slow, failing := bad("lb", "", model.KindLatency), bad("lb", "", model.KindErrors)
	failing.Severity = 30
	for _, tc := range []struct {
		name      string
		asked     model.Symptom
		fromGiven bool
		readings  []*model.Reading
		want      model.Symptom
	}{
		{
			"the worst at the entrance",
			model.Symptom{},
			false,
			[]*model.Reading{slow, failing, bad("db", "", model.KindLatency)},
			model.Symptom{Component: "lb", Signal: model.KindErrors, Interval: model.Interval{From: minute}},
		},
		{
			"what was asked about before what is worse",
			model.Symptom{Signal: model.KindLatency},
			false,
			[]*model.Reading{failing, slow},
			model.Symptom{Component: "lb", Signal: model.KindLatency, Interval: model.Interval{From: minute}},
		},
		{
			"what is bad when what was asked about is not",
			model.Symptom{Signal: model.KindLatency},
			false,
			[]*model.Reading{failing},
			model.Symptom{Component: "lb", Signal: model.KindLatency, Interval: model.Interval{From: minute}},
		},
		{
			"a component that was named",
			model.Symptom{Component: "db"},
			false,
			[]*model.Reading{failing, bad("db", "", model.KindLatency)},
			model.Symptom{Component: "db", Signal: model.KindLatency, Interval: model.Interval{From: minute}},
		},
		{
			"a beginning that was given stays",
			model.Symptom{Interval: model.Interval{From: noon}},
			true,
			[]*model.Reading{slow},
			model.Symptom{Component: "lb", Signal: model.KindLatency, Interval: model.Interval{From: noon}},
		},
		{
			"an onset that is not known moves nothing",
			model.Symptom{Interval: model.Interval{From: noon}},
			false,
			[]*model.Reading{with(bad("lb", "", model.KindLatency), func(r *model.Reading) { r.Onset = model.Onset{} })},
			model.Symptom{Component: "lb", Signal: model.KindLatency, Interval: model.Interval{From: noon}},
		},
		{"nothing read", model.Symptom{}, false, nil, model.Symptom{}},
		{"trouble below only", model.Symptom{}, false, []*model.Reading{bad("db", "", model.KindLatency)}, model.Symptom{}},
		{"what users do not feel", model.Symptom{}, false, []*model.Reading{bad("lb", "", model.KindSaturation)}, model.Symptom{}},
		{"a call", model.Symptom{}, false, []*model.Reading{bad("lb", "web", model.KindLatency)}, model.Symptom{}},
		{
			"unusual, but not bad",
			model.Symptom{},
			false,
			[]*model.Reading{with(bad("lb", "", model.KindLatency), func(r *model.Reading) { r.Bad = false })},
			model.Symptom{},
		},
		{
			"normal",
			model.Symptom{},
			false,
			[]*model.Reading{with(bad("lb", "", model.KindLatency), func(r *model.Reading) { r.State = model.StateNormal })},
			model.Symptom{},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inc := model.Incident{Symptom: tc.asked}
			locate(&inc, chainGraph(), tc.readings, tc.fromGiven)
			if diff := cmp.Diff(tc.want, inc.Symptom); diff != "" {
				t.Errorf("located (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEntrance(t *testing.T) {
	component := func(names ...string) (cs []model.Component) {
		for _, n := range names {
			cs = append(cs, model.Component{Name: n})
		}
		return cs
	}
	for _, tc := range []struct {
		name string
		g    *topo.Graph
		want string
	}{
		{"nobody depends on it", chainGraph(), "lb"},
		{"nothing at all", topo.New(&model.Topology{}), ""},
		{"alone", topo.New(&model.Topology{Components: component("web", "cart")}), "cart"},
		{"not the one that stands apart", topo.New(&model.Topology{
			Components: component("alone", "web", "db"), Dependencies: []model.Dependency{{From: "web", To: "db", Kind: model.Calls}},
		}), "web"},
		{"a ring has none, so the first", topo.New(&model.Topology{
			Components: component("b", "a"), Dependencies: []model.Dependency{{From: "a", To: "b", Kind: model.Calls}, {From: "b", To: "a", Kind: model.Calls}},
		}), "a"},
	} {
		if got := entrance(tc.g); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
