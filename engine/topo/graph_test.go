package topo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// topology writes a topology in words: "web calls cart; cart stored_on volume". Components are those named; "x" alone
// names one that stands by itself.
func topology(words string) *model.Topology {
	t := &model.Topology{}
	name := func(n string) string {
		if t.Component(n) == nil {
			t.Components = append(t.Components, model.Component{Name: n, Kind: strings.TrimRight(n, "0123456789")})
		}
		return n
	}
	for clause := range strings.SplitSeq(words, ";") {
		switch f := strings.Fields(clause); len(f) {
		case 1:
			name(f[0])
		case 3:
			t.Dependencies = append(t.Dependencies, model.Dependency{
				From: name(f[0]), Kind: model.DependencyKind(f[1]), To: name(f[2]), Source: "topology", Confidence: 1,
			})
		}
	}
	return t
}

// paths prints what is reached: one line for each component, sorted, with the kinds of the way.
func paths(reach map[string]Path) string {
	lines := make([]string, 0, len(reach))
	for to, p := range reach {
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %s", to, p.Names[0])
		for i, d := range p.Via {
			fmt.Fprintf(&b, " %s %s", d.Kind, p.Names[i+1])
		}
		lines = append(lines, b.String())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestReach(t *testing.T) {
	for _, tc := range []struct{ name, topology, from, want string }{
		{"alone", "web", "web", "web: web"},
		{"unknown start", "web", "cart", ""},
		{"a chain", "lb calls web; web calls db; db stored_on disk", "lb", `
db: lb calls web calls db
disk: lb calls web calls db stored_on disk
lb: lb
web: lb calls web`},
		{"nothing above", "lb calls web; web calls db", "web", "db: web calls db\nweb: web"},
		{"a cycle", "web calls cart; cart calls pay; pay calls web", "cart", `
cart: cart
pay: cart calls pay
web: cart calls pay calls web`},
		{"two that call each other", "web calls cart; cart calls web", "web", "cart: web calls cart\nweb: web"},
		{"the shortest way", "web calls cart; cart calls db; web calls db", "web", "cart: web calls cart\ndb: web calls db\nweb: web"},
		{"a tie goes to the name that sorts first", "web calls b; web calls a; a calls db; b calls db", "web", `
a: web calls a
b: web calls b
db: web calls a calls db
web: web`},
		{"a tie goes to calls, whatever the name", "web runs_on a; web calls b; a calls db; b calls db", "web", `
a: web runs_on a
b: web calls b
db: web calls b calls db
web: web`},
		{"two kinds between the same two", "web runs_on host; web calls host", "web", "host: web calls host\nweb: web"},
		{"async before a volume before a host", "q runs_on h; q stored_on h; q async h", "q", "h: q async h\nq: q"},
		{"watchers carry nothing", "web monitors db; web replicates cart; web fails_over pay", "web", "web: web"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := paths(New(topology(tc.topology)).Reach(tc.from))
			if diff := cmp.Diff(strings.TrimSpace(tc.want), got); diff != "" {
				t.Errorf("Reach (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpstream(t *testing.T) {
	for _, tc := range []struct {
		topology, from string
		want           []string
	}{
		{"web", "web", nil},
		{"web", "cart", nil},
		{"lb calls web; web calls db; cart calls db; probe monitors db", "db", []string{"cart", "lb", "web"}},
		{"lb calls web; web calls db", "lb", nil},
		{"a calls b; b calls c; c calls a", "a", []string{"b", "c"}},
		{"web runs_on host; cart runs_on host", "host", []string{"cart", "web"}},
	} {
		if diff := cmp.Diff(tc.want, New(topology(tc.topology)).Upstream(tc.from)); diff != "" {
			t.Errorf("Upstream of %s in %q (-want +got):\n%s", tc.from, tc.topology, diff)
		}
	}
}

func TestHosts(t *testing.T) {
	g := New(topology("db runs_on host1; db stored_on disk; db calls cache; db runs_on host0; cache runs_on host0"))
	if diff := cmp.Diff([]string{"disk", "host0", "host1"}, g.Hosts("db")); diff != "" {
		t.Errorf("Hosts (-want +got):\n%s", diff)
	}
	if got := g.Hosts("disk"); len(got) != 0 {
		t.Errorf("a disk lives on %v", got)
	}
	if got := g.Hosts("nobody"); len(got) != 0 {
		t.Errorf("an unknown component lives on %v", got)
	}
}

func TestLookUp(t *testing.T) {
	g := New(topology("web calls db; alone"))
	if diff := cmp.Diff([]string{"alone", "db", "web"}, g.Names()); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
	if c := g.Component("db"); c == nil || c.Name != "db" {
		t.Errorf("Component(db) = %v", c)
	}
	if g.Component("nobody") != nil || g.Kind("nobody") != "" || g.Kind("db") != "db" {
		t.Errorf("unknown: %v of kind %q; db is of kind %q", g.Component("nobody"), g.Kind("nobody"), g.Kind("db"))
	}
}

// TestUnknownEnds: a dependency is of the graph only when both its ends are, and are two.
func TestUnknownEnds(t *testing.T) {
	top := topology("web calls db")
	found := []model.Dependency{
		{From: "web", To: "ghost", Kind: model.Calls},
		{From: "ghost", To: "db", Kind: model.Calls},
		{From: "web", To: "web", Kind: model.Calls},
		{From: "db", To: "web", Kind: model.Monitors},
	}
	g := New(top, found...)
	if got := len(g.Below("web")); got != 1 {
		t.Errorf("web has %d dependencies, want 1: %v", got, g.Below("web"))
	}
	if got := g.Above("db"); len(got) != 1 || got[0].From != "web" {
		t.Errorf("above db: %v", got)
	}
	if got := g.Carriers("db"); len(got) != 0 {
		t.Errorf("a watcher carries %v", got)
	}
	if got := g.Below("db"); len(got) != 1 || got[0].Kind != model.Monitors {
		t.Errorf("below db: %v", got)
	}
}

// TestBestSource: a dependency known from several sources is there once, from the one believed most; of equals the
// topology's own word comes first.
func TestBestSource(t *testing.T) {
	edge := func(source string, confidence float64) model.Dependency {
		return model.Dependency{From: "web", To: "db", Kind: model.Calls, Source: source, Confidence: confidence}
	}
	for _, tc := range []struct {
		edges []model.Dependency
		want  string
	}{
		{[]model.Dependency{edge("mesh", 0.5), edge("service-graph", 0.9)}, "service-graph"},
		{[]model.Dependency{edge("service-graph", 0.9), edge("mesh", 0.5)}, "service-graph"},
		{[]model.Dependency{edge("mesh", 1), edge("topology", 1)}, "topology"},
		{[]model.Dependency{edge("topology", 1), edge("mesh", 1)}, "topology"},
		{[]model.Dependency{edge("service-graph", 0.9), edge("mesh", 0.9)}, "mesh"},
		{[]model.Dependency{edge("mesh", 0.9), edge("service-graph", 0.9)}, "mesh"},
	} {
		got := New(topology("web; db"), tc.edges...).Below("web")
		if len(got) != 1 || got[0].Source != tc.want {
			t.Errorf("of %v kept %v, want the one of %s", tc.edges, got, tc.want)
		}
	}
}

// anyTopology draws components, and dependencies of all kinds among them and beyond.
func anyTopology(t *rapid.T) *model.Topology {
	n := rapid.IntRange(1, 12).Draw(t, "components")
	top := &model.Topology{}
	for i := range n {
		top.Components = append(top.Components, model.Component{Name: string(rune('a' + i))})
	}
	kinds := model.DependencyKinds()
	for range rapid.IntRange(0, 3*n).Draw(t, "dependencies") {
		end := func(label string) string { return string(rune('a' + rapid.IntRange(0, n).Draw(t, label))) }
		top.Dependencies = append(top.Dependencies, model.Dependency{
			From: end("from"), To: end("to"), Kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			Source: rapid.SampledFrom([]string{"topology", "mesh", "edge-signal"}).Draw(t, "source"),
			// Few values, so that sources are often believed alike.
			Confidence: rapid.SampledFrom([]float64{0.5, 1}).Draw(t, "confidence"),
		})
	}
	return top
}

func TestOrderOfInputDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := anyTopology(t)
		other := &model.Topology{
			Components:   rapid.Permutation(top.Components).Draw(t, "components in order"),
			Dependencies: rapid.Permutation(top.Dependencies).Draw(t, "dependencies in order"),
		}
		a, b := New(top), New(other)
		for _, n := range a.Names() {
			if diff := cmp.Diff(paths(a.Reach(n)), paths(b.Reach(n))); diff != "" {
				t.Fatalf("Reach of %s differs:\n%s", n, diff)
			}
			for what, pair := range map[string][2]any{
				"below": {a.Below(n), b.Below(n)}, "above": {a.Above(n), b.Above(n)},
				"upstream": {a.Upstream(n), b.Upstream(n)}, "hosts": {a.Hosts(n), b.Hosts(n)},
			} {
				if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
					t.Fatalf("%s %s differs:\n%s", what, n, diff)
				}
			}
		}
	})
}

// TestReachIsUpstreamReversed: what is below somebody has that somebody above it, by a path whose steps are dependencies
// that carry, of which none repeats.
func TestReachIsUpstreamReversed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := New(anyTopology(t))
		for _, from := range g.Names() {
			reach := g.Reach(from)
			for _, to := range g.Names() {
				p, reached := reach[to]
				if to != from && reached != slices.Contains(g.Upstream(to), from) {
					t.Fatalf("%s reaches %s: %v, but upstream of it are %v", from, to, reached, g.Upstream(to))
				}
				if reached {
					walk(t, g, p, from, to)
				}
			}
		}
	})
}

func walk(t *rapid.T, g *Graph, p Path, from, to string) {
	t.Helper()
	if p.Names[0] != from || p.Names[len(p.Names)-1] != to || len(p.Via) != len(p.Names)-1 {
		t.Fatalf("the path from %s to %s is %v by %v", from, to, p.Names, p.Via)
	}
	seen := map[string]bool{}
	for i, n := range p.Names {
		if seen[n] {
			t.Fatalf("the path %v comes by %s twice", p.Names, n)
		}
		seen[n] = true
		if i > 0 && (p.Via[i-1].To != n || !slices.Contains(g.Carriers(p.Names[i-1]), p.Via[i-1])) {
			t.Fatalf("step %d of %v goes by %v", i, p.Names, p.Via[i-1])
		}
	}
}

func BenchmarkReach500(b *testing.B) {
	top := &model.Topology{}
	for i := range 500 {
		top.Components = append(top.Components, model.Component{Name: fmt.Sprintf("c%03d", i)})
		for _, k := range []int{2*i + 1, 2*i + 2, (i * 7) % 500} {
			if k < 500 {
				top.Dependencies = append(top.Dependencies, model.Dependency{From: fmt.Sprintf("c%03d", i), To: fmt.Sprintf("c%03d", k), Kind: model.Calls})
			}
		}
	}
	g := New(top)
	b.ReportAllocs()
	for b.Loop() {
		if got := len(g.Reach("c000")); got != 500 {
			b.Fatalf("reached %d", got)
		}
	}
}
