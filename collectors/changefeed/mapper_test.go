package changefeed

import (
	"testing"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

var topology = &model.Topology{Components: []model.Component{
	{Name: "web", Aliases: []string{"storefront", "db"}, Selector: map[string]string{"job": "nginx"}},
	{Name: "db", Selector: map[string]string{"instance": "db1:9187", "job": "postgres"}},
	{Name: "replica", Selector: map[string]string{"instance": "db2:9187", "job": "postgres"}},
	{Name: "orders", Selector: map[string]string{"namespace": "shop", "deployment": "orders-v1"}},
	{Name: "shop", Selector: map[string]string{"namespace": "shop"}},
	{Name: "bare"},
}}

func newMapper(tb testing.TB, rules ...Rule) *Mapper {
	tb.Helper()
	m, err := NewMapper(topology, rules)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func TestMapper(t *testing.T) {
	m := newMapper(t, Rule{"repository", "acme/monolith", "storefront"}, Rule{"component", "legacy", "db"})
	type labels = map[string]string
	for _, test := range []struct {
		told   string
		labels labels
		want   string // "?" before it: not found
	}{
		{"web", nil, "web"},
		{"WEB", nil, "web"},
		{"Storefront", nil, "web"},
		{"db", nil, "db"}, // a name goes before an alias
		{"legacy", nil, "db"},
		{"web", labels{"repository": "acme/monolith"}, "web"},
		{"orders", labels{"repository": "acme/monolith"}, "web"}, // a rule goes before a name
		{"ci-runner-7", labels{"service": "orders"}, "orders"},
		{"mySubject123", labels{"artifact": "orders"}, "orders"},
		{"x", labels{"repository": "https://git.example/acme/orders.git"}, "orders"},
		{"", labels{"tags": "deploy,production,storefront"}, "web"},
		{"x", labels{"job": "postgres", "instance": "db2:9187", "zone": "a"}, "replica"},
		{"x", labels{"namespace": "shop", "deployment": "orders-v1"}, "orders"}, // the longer selector
		{"x", labels{"namespace": "shop", "deployment": "cart-v1"}, "shop"},
		{"db1:9187", nil, "db"},
		{"postgres", nil, "?postgres"}, // a value of two selectors
		{"nowhere", labels{"service": "nothing"}, "?nowhere"},
		{"", labels{"tags": "blue,green"}, "?blue,green"},
		{"", labels{"flag": "cart", "region": "eu"}, "?flag=cart"},
		{"", nil, "?"},
	} {
		got, ok := m.Component(&model.Change{Component: test.told, Labels: test.labels})
		if !ok {
			got = "?" + got
		}
		if got != test.want {
			t.Errorf("%q %v: got %q, want %q", test.told, test.labels, got, test.want)
		}
	}
	if _, err := NewMapper(topology, []Rule{{"a", "b", "gone"}, {"a", "c", "lost"}}); err == nil {
		t.Error("rules for components that do not exist were taken")
	}
}

// TestAmbiguousSelector finds none of two components that fit equally.
func TestAmbiguousSelector(t *testing.T) {
	twins := &model.Topology{Components: []model.Component{
		{Name: "a", Selector: map[string]string{"pool": "x"}}, {Name: "b", Selector: map[string]string{"pool": "x"}},
	}}
	m, err := NewMapper(twins, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := m.Component(&model.Change{Component: "x", Labels: map[string]string{"pool": "x"}}); ok || got != "x" {
		t.Errorf("got %q", got)
	}
}

// TestAnotherTopology maps what is kept anew, from the names that were told.
func TestAnotherTopology(t *testing.T) {
	s := newStore(t, StoreOptions{})
	a := s.Add(at(1), []collectors.ToldChange{told(collectors.FormatJSON, "a", 0, "storefront", "2")})
	if len(a.Unmapped) != 0 || s.Changes(model.Interval{})[0].Component != "storefront" {
		t.Errorf("without a mapper: %+v", a)
	}
	s.SetMapper(newMapper(t))
	if got := s.Changes(model.Interval{})[0].Component; got != "web" || s.Stats().Unmapped != 0 {
		t.Errorf("got %q", got)
	}
	other, err := NewMapper(&model.Topology{Components: []model.Component{{Name: "x"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.SetMapper(other)
	if got := s.Changes(model.Interval{})[0].Component; got != "storefront" || s.Stats().Unmapped != 1 {
		t.Errorf("got %q", got)
	}
	b := s.Add(at(1), []collectors.ToldChange{told(collectors.FormatJSON, "b", 0, "cart", "2"), told(collectors.FormatJSON, "c", 0, "cart", "3")})
	if len(b.Unmapped) != 1 || b.Unmapped[0] != "cart" {
		t.Errorf("%+v", b)
	}
}

func TestMap(t *testing.T) {
	in := []model.Change{{Component: "storefront"}, {Component: "nowhere"}}
	out, unmapped := newMapper(t).Map(in)
	if unmapped != 1 || out[0].Component != "web" || out[1].Component != "nowhere" || in[0].Component != "storefront" {
		t.Errorf("%v, %d", out, unmapped)
	}
}
