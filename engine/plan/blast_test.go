package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

func told(b model.Blast) string {
	var lines []string
	add := func(what string, list []model.Affected) {
		for _, a := range list {
			lines = append(lines, fmt.Sprintf("%s %s: %s", what, strings.Join(a.Via, " <- "), a.Reason))
		}
	}
	add("lost", b.Lost)
	add("degraded", b.Degraded)
	return strings.Join(lines, "\n")
}

func TestHit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		g      *topo.Graph
		failed string
		want   string
	}{
		{
			"what needs it is lost, up to the top", graph("lb:lb calls was:app", "was calls db:db", "db stored_on vol:disk"), "vol",
			"lost db <- vol: db stored_on vol, and nothing stands in for it\n" +
				"lost lb <- was <- db <- vol: lb calls was, and nothing stands in for it\n" +
				"lost was <- db <- vol: was calls db, and nothing stands in for it",
		},
		{
			"what stands beside it carries on", graph("lb:lb calls was1:app", "lb calls was2:app", "lb calls auth:auth"), "was1",
			"degraded lb <- was1: was2 stands in for was1",
		},
		{"nothing stands beside them", graph("lb:lb calls was1:app", "lb calls was2:app"), "was1 was2", "lost lb <- was1: lb calls was1, and nothing stands in for it"},
		{
			"an application's callees are not one another's", graph("was:app calls a:app", "was calls b:app"), "a",
			"lost was <- a: was calls a, and nothing stands in for it",
		},
		{
			"a queue keeps what comes", graph("was:app async mail:app", "lb:lb calls was"), "mail",
			"degraded lb <- was <- mail: was works with less or later\ndegraded was <- mail: what it sends to mail waits or gets lost",
		},
		{"a standby takes over", graph("was:app calls db:db", "db fails_over db2:db"), "db", "degraded was <- db: db2 stands in for db"},
		{
			"nobody is left to switch over", graph("was:app calls db:db", "db fails_over db2:db", "orchestrator:controller fails_over db"), "db orchestrator",
			"lost was <- db: was calls db, and nothing stands in for it",
		},
		{"several machines", graph("was:app runs_on h1:host", "was runs_on h2:host"), "h1", "degraded was <- h1: h2 stands in for h1"},
		{"who watches does not suffer", graph("prom:monitor monitors db:db"), "db", ""},
		{"a replica gets nothing new", graph("db2:db replicates db:db"), "db", "degraded db2 <- db: it gets no new data from db"},
		{"in a circle", graph("a:app calls b:app", "b calls a"), "a", "lost b <- a: b calls a, and nothing stands in for it"},
	} {
		if diff := cmp.Diff(c.want, told(Hit(c.g, strings.Fields(c.failed), nil))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestTrafficShare(t *testing.T) {
	t.Parallel()
	g := graph("web:lb calls was:app", "mobile:lb calls api:app", "was calls db:db")
	for _, c := range []struct {
		traffic Traffic
		want    float64
	}{{Traffic{"web": 300, "mobile": 100, "was": 5000}, 0.75}, {nil, -1}, {Traffic{"was": 1}, -1}} {
		got := -1.0
		if share := Hit(g, []string{"db"}, c.traffic).TrafficShare; share != nil {
			got = *share
		}
		if got != c.want {
			t.Errorf("%v: %v, want %v", c.traffic, got, c.want)
		}
	}
}

// burning is a system whose watchers and fail-over sit in one of its two zones.
func burning() *topo.Graph {
	c := func(name, kind, zone string, more model.Component) model.Component {
		more.Name, more.Kind = name, kind
		if zone != "" {
			more.Domain = map[string]string{"zone": zone}
		}
		return more
	}
	dep := func(from string, kind model.DependencyKind, to string) model.Dependency {
		return model.Dependency{From: from, To: to, Kind: kind, Confidence: 1}
	}
	rps := func(v float64) model.Component {
		return model.Component{Replicas: 1, Capacity: map[string]float64{"rps": v}}
	}
	return topo.New(&model.Topology{
		Components: []model.Component{
			c("lb", "lb", "", model.Component{Serves: []string{"checkout"}, Replicas: 2}),
			c("was1", "app", "a", rps(100)), c("was2", "app", "b", rps(60)),
			c("db", "db", "a", model.Component{Replicas: 1}), c("db2", "db", "b", model.Component{Replicas: 1}),
			c("orchestrator", "controller", "a", model.Component{}), c("prom", "monitor", "a", model.Component{}),
			c("jenkins", "ci", "a", model.Component{}), c("mail", "external", "", model.Component{}),
		},
		Dependencies: []model.Dependency{
			dep("lb", model.Calls, "was1"), dep("lb", model.Calls, "was2"), dep("was1", model.Calls, "db"), dep("was2", model.Calls, "db"),
			dep("db", model.FailsOver, "db2"), dep("orchestrator", model.FailsOver, "db"), dep("prom", model.Monitors, "was2"), dep("was1", model.Calls, "mail"),
		},
	})
}

func TestExamine(t *testing.T) {
	t.Parallel()
	a := Examine(burning(), Traffic{"was1": 50, "was2": 40})
	if len(a.Fates) != 2 || a.Fates[0].Domain != "zone=a" {
		t.Fatalf("%+v", a.Fates)
	}
	f := a.Fates[0]
	if !slices.Equal(f.Blast.Functions, []string{"checkout"}) || !slices.Equal(f.Deployers, []string{"jenkins"}) {
		t.Errorf("%+v", f)
	}
	if b := a.Fates[1]; len(b.Blast.Functions) != 0 || len(b.Blind)+len(b.Stuck)+len(b.Deployers) != 0 {
		t.Errorf("%+v", b)
	}

	var singles []string
	for _, s := range a.Singles {
		singles = append(singles, s.Component)
	}
	if len(singles) != 0 { // was1 and was2 stand in for each other, db2 for db
		t.Error(singles)
	}
	tiers := map[string]string{}
	for _, tier := range a.Tiers {
		tiers[tier.Kind] = fmt.Sprint(tier.Doubled, tier.Single, tier.Unknown)
	}
	want := map[string]string{"lb": "[lb] [] []", "app": "[was1 was2] [] []", "db": "[db] [] []", "external": "[] [] [mail]"}
	if diff := cmp.Diff(want, tiers); diff != "" {
		t.Error(diff)
	}
	if len(a.Reserves) != 1 || a.Reserves[0].Capacity != 60 || a.Reserves[0].Enough != model.StateAbnormal || !strings.Contains(a.Reserves[0].Text.String(), "but the peak is 90 req/s") {
		t.Errorf("%+v", a.Reserves)
	}
}

// TestWatchers: what is outside and watched or switched over from inside alone is told.
func TestWatchers(t *testing.T) {
	t.Parallel()
	tp := &model.Topology{
		Components: []model.Component{
			{Name: "prom", Kind: "monitor", Domain: map[string]string{"rack": "1"}},
			{Name: "sentinel", Kind: "controller", Domain: map[string]string{"rack": "1"}},
			{Name: "redis", Kind: "cache"},
			{Name: "web", Kind: "app"},
			{Name: "blackbox", Kind: "monitor"},
		},
		Dependencies: []model.Dependency{
			{From: "prom", To: "redis", Kind: model.Monitors},
			{From: "prom", To: "web", Kind: model.Monitors},
			{From: "blackbox", To: "web", Kind: model.Monitors},
			{From: "sentinel", To: "redis", Kind: model.FailsOver},
		},
	}
	f := Examine(topo.New(tp), nil).Fates
	if len(f) != 1 || !slices.Equal(f[0].Blind, []string{"redis"}) || !slices.Equal(f[0].Stuck, []string{"redis"}) {
		t.Errorf("%+v", f)
	}
}

// TestSingles: what has no second and takes functions away is told with advice, the worst first.
func TestSingles(t *testing.T) {
	t.Parallel()
	tp := &model.Topology{
		Components: []model.Component{
			{Name: "lb", Kind: "lb", Serves: []string{"browse", "order"}, Replicas: 2},
			{Name: "was", Kind: "app", Replicas: 3},
			{Name: "orders", Kind: "app", Serves: []string{"order"}, Replicas: 2},
			{Name: "db", Kind: "db"},
		},
		Dependencies: []model.Dependency{{From: "lb", To: "was", Kind: model.Calls}, {From: "orders", To: "db", Kind: model.Calls}},
	}
	a := Examine(topo.New(tp), nil)
	if len(a.Singles) != 1 || a.Singles[0].Component != "db" || !slices.Equal(a.Singles[0].Functions, []string{"order"}) || a.Singles[0].Advice.IsZero() {
		t.Errorf("%+v", a.Singles)
	}
	var unknown []string
	for _, m := range a.Unknown {
		unknown = append(unknown, m.String())
	}
	if diff := cmp.Diff([]string{"no failure domain is given (domain) for db, lb, orders, was", "replicas are not given for db: counted as one"}, unknown); diff != "" {
		t.Error(diff)
	}
}
