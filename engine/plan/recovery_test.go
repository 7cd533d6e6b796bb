package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// graph reads "lb:lb calls was:app" lines into a topology; a kind is given once.
func graph(lines ...string) *topo.Graph {
	t := &model.Topology{}
	add := func(word string) string {
		name, kind, _ := strings.Cut(word, ":")
		if c := t.Component(name); c == nil {
			t.Components = append(t.Components, model.Component{Name: name, Kind: kind})
		} else if kind != "" {
			c.Kind = kind
		}
		return name
	}
	for _, line := range lines {
		words := strings.Fields(line)
		from := add(words[0])
		if len(words) == 3 {
			t.Dependencies = append(t.Dependencies, model.Dependency{From: from, To: add(words[2]), Kind: model.DependencyKind(words[1]), Confidence: 1})
		}
	}
	return topo.New(t)
}

func waves(r model.Recovery) []string {
	var out []string
	for _, w := range r.Waves {
		var names []string
		for _, s := range w.Steps {
			names = append(names, s.Component)
		}
		out = append(out, strings.Join(names, " "))
	}
	return out
}

// replay starts everything in the order given and returns what is wrong with it: started twice or never, or before
// something that it needs, other than what was said to be given up.
func replay(g *topo.Graph, r model.Recovery) error {
	given := map[[2]string]bool{}
	for _, b := range r.Broken {
		given[[2]string{b.From, b.To}] = true
	}
	up := map[string]bool{}
	for i, w := range r.Waves {
		for _, s := range w.Steps {
			if up[s.Component] {
				return fmt.Errorf("%s is started twice", s.Component)
			}
			for _, d := range g.Below(s.Component) {
				if orders(d.Kind) && !up[d.To] && !given[[2]string{d.From, d.To}] {
					return fmt.Errorf("wave %d: %s is started before %s, which it needs (%s)", i+1, d.From, d.To, d.Kind)
				}
			}
		}
		for _, s := range w.Steps {
			up[s.Component] = true
		}
	}
	for _, name := range g.Names() {
		if !up[name] {
			return fmt.Errorf("%s is never started", name)
		}
	}
	return nil
}

func TestRecover(t *testing.T) {
	t.Parallel()
	g := graph("lb:lb calls was:app", "was calls db:db", "db stored_on volume:disk", "was async mail:app", "mail calls was", "prom:monitor monitors db", "db2:db replicates db")
	r := Recover(g)
	if diff := cmp.Diff([]string{"volume prom", "db", "was db2", "lb mail"}, waves(r)); diff != "" {
		t.Error(diff)
	}
	if err := replay(g, r); err != nil {
		t.Error(err)
	}
	if len(r.Broken) != 1 || r.Broken[0].From != "was" || r.Broken[0].To != "mail" || r.Broken[0].Kind != model.Async {
		t.Fatalf("%+v", r.Broken)
	}
	if diff := cmp.Diff([]string{"was", "mail"}, r.Broken[0].Cycle); diff != "" {
		t.Error(diff)
	}
	if text := r.Broken[0].Reason.String(); !strings.Contains(text, "late until mail is up") {
		t.Error(text)
	}
	if step := r.Waves[2].Steps[0]; step.Component != "was" || !slices.Equal(step.Without, []string{"mail"}) || !slices.Equal(step.Needs, []string{"db"}) {
		t.Errorf("%+v", step)
	}
	if one := waves(Recover(g, "db2")); !slices.Equal(one, []string{"volume", "db", "db2"}) {
		t.Error(one)
	}
}

// TestCheapest: of each cycle the cheapest dependency is given up, and what is uncertain is cheap.
func TestCheapest(t *testing.T) {
	t.Parallel()
	guess := topo.New(&model.Topology{
		Components: []model.Component{{Name: "a"}, {Name: "b"}},
		Dependencies: []model.Dependency{
			{From: "a", To: "b", Kind: model.Calls, Confidence: 1}, {From: "b", To: "a", Kind: model.Calls, Confidence: 0.5, Source: "edge-signal"},
		},
	})
	for _, c := range []struct {
		g    *topo.Graph
		want string
	}{
		{graph("a calls b", "b async a"), "b async a"},
		{graph("a calls b", "b calls c", "c replicates a"), "c replicates a"},
		{graph("a runs_on b", "b stored_on c", "c calls a"), "c calls a"},
		{guess, "b calls a"},
		{graph("a calls b", "b calls a", "x calls a", "y calls a"), "a calls b"}, // more wait for a
		{graph("a runs_on b", "b runs_on a"), "b runs_on a"},
	} {
		var got []string
		r := Recover(c.g)
		for _, b := range r.Broken {
			got = append(got, fmt.Sprintf("%s %s %s", b.From, b.Kind, b.To))
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%v, want %s", got, c.want)
		}
		if err := replay(c.g, r); err != nil {
			t.Error(err)
		}
	}
}

// TestReplay: any order of any graph replays; what is given up closes a cycle and nothing of it is dearer than the rest of
// its cycle.
func TestReplay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tp := &model.Topology{}
		n := rapid.IntRange(1, 12).Draw(t, "components")
		for i := range n {
			tp.Components = append(tp.Components, model.Component{Name: fmt.Sprint("c", i)})
		}
		for range rapid.IntRange(0, 3*n).Draw(t, "dependencies") {
			tp.Dependencies = append(tp.Dependencies, model.Dependency{
				From:       fmt.Sprint("c", rapid.IntRange(0, n-1).Draw(t, "from")),
				To:         fmt.Sprint("c", rapid.IntRange(0, n-1).Draw(t, "to")),
				Kind:       rapid.SampledFrom(model.DependencyKinds()).Draw(t, "kind"),
				Confidence: rapid.SampledFrom([]float64{0.3, 1}).Draw(t, "confidence"),
			})
		}
		g := topo.New(tp)
		r := Recover(g)
		if err := replay(g, r); err != nil {
			t.Fatal(err)
		}
		for _, b := range r.Broken {
			price := cost(edge(g, b.From, b.To, b.Kind))
			for i, from := range b.Cycle {
				to := b.Cycle[(i+1)%len(b.Cycle)]
				dearest := 0.0
				for _, d := range g.Below(from) {
					if d.To == to && orders(d.Kind) {
						dearest = max(dearest, cost(d))
					}
				}
				if dearest < price {
					t.Fatalf("%+v was given up, but %s to %s costs less", b, from, to)
				}
			}
		}
	})
}

func edge(g *topo.Graph, from, to string, kind model.DependencyKind) model.Dependency {
	for _, d := range g.Below(from) {
		if d.To == to && d.Kind == kind {
			return d
		}
	}
	return model.Dependency{}
}

// large is a graph of many components in which everything hangs together in cycles.
func large(n int) *topo.Graph {
	rng := rand.New(rand.NewPCG(1, 2))
	tp := &model.Topology{}
	for i := range n {
		tp.Components = append(tp.Components, model.Component{Name: fmt.Sprintf("c%05d", i), Kind: "app", Serves: []string{fmt.Sprint("f", i%20)}})
		for range 3 {
			tp.Dependencies = append(tp.Dependencies, model.Dependency{
				From: fmt.Sprintf("c%05d", i), To: fmt.Sprintf("c%05d", rng.IntN(n)), Confidence: 1,
				Kind: []model.DependencyKind{model.Calls, model.Calls, model.Async, model.Replicates}[rng.IntN(4)],
			})
		}
	}
	return topo.New(tp)
}

func TestReplayLarge(t *testing.T) {
	t.Parallel()
	g := large(2000)
	r := Recover(g)
	if err := replay(g, r); err != nil {
		t.Error(err)
	}
	if len(r.Broken) == 0 {
		t.Error("no cycle in what should be full of them")
	}
}

func BenchmarkRecover2000(b *testing.B) {
	g := large(2000)
	var r model.Recovery
	for b.Loop() {
		r = Recover(g)
	}
	b.ReportMetric(float64(len(r.Broken)), "broken")
}

func BenchmarkExamine2000(b *testing.B) {
	g := large(2000)
	for b.Loop() {
		Examine(g, nil)
	}
}
