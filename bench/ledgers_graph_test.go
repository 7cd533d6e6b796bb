package bench

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// graphText draws a topology as an indented text: below each component what it needs. Whoever is needed by several is
// drawn below the first of them and named below the others; what a component runs on stands behind it.
type graphText struct {
	*ledgerPage
	drawn map[string]bool
}

func (p *ledgerPage) graph() {
	g := graphText{p, map[string]bool{}}
	for i := range p.scenario.Topology.Components {
		if c := &p.scenario.Topology.Components[i]; !g.needed(c.Name) {
			g.draw(c.Name, model.Calls, "", 1)
		}
	}
	for i := range p.scenario.Topology.Components { // what is left is needed in a circle
		if c := &p.scenario.Topology.Components[i]; !g.drawn[c.Name] {
			g.draw(c.Name, model.Calls, "", 1)
		}
	}
}

// needed tells whether a component stands below another one.
func (g *graphText) needed(name string) bool {
	return slices.ContainsFunc(g.scenario.Topology.Dependencies, func(d model.Dependency) bool {
		return d.To == name && d.Kind != model.RunsOn
	})
}

func (g *graphText) draw(name string, kind model.DependencyKind, from string, depth int) {
	text := strings.Repeat("  ", depth)
	if kind != model.Calls {
		text += strings.ReplaceAll(string(kind), "_", " ") + " "
	}
	text += name
	again := g.drawn[name]
	if again {
		text += ", as above"
	} else {
		text += " (" + g.scenario.Topology.Component(name).Kind + ")" + g.runsOn(name)
	}
	if mark := g.mark(name, from, again); mark != "" {
		text = fmt.Sprintf("%-48s  <== %s", text, mark)
	}
	fmt.Fprintln(g, text)
	if again {
		return
	}
	g.drawn[name] = true
	for _, d := range g.scenario.Topology.Dependencies {
		if d.From == name && d.Kind != model.RunsOn {
			g.draw(d.To, d.Kind, name, depth+1)
		}
	}
}

func (g *graphText) runsOn(name string) string {
	for _, d := range g.scenario.Topology.Dependencies {
		if d.From == name && d.Kind == model.RunsOn {
			return " on " + d.To
		}
	}
	return ""
}

// mark says what happens at a component, or at the call from above it.
func (g *graphText) mark(name, from string, again bool) string {
	var marks []string
	if name == g.scenario.Incident.Symptom.Component && !again {
		marks = append(marks, "the symptom")
	}
	for i := range g.scenario.Faults {
		f := &g.scenario.Faults[i]
		switch {
		case f.Caller != "" && f.Caller == from && f.Callee == name:
			marks = append(marks, string(f.Kind)+", on this call")
		case f.Caller == "" && f.Component == name && !again:
			marks = append(marks, string(f.Kind))
		}
	}
	return strings.Join(marks, "; ")
}

// TestGraphText: everything is drawn once, calls in a circle end, and faults stand where they are.
func TestGraphText(t *testing.T) {
	t.Parallel()
	topology := &model.Topology{Dependencies: []model.Dependency{
		{From: "in", To: "app", Kind: model.Calls},
		{From: "app", To: "db", Kind: model.Calls},
		{From: "app", To: "work", Kind: model.Async},
		{From: "work", To: "app", Kind: model.Calls},
		{From: "work", To: "db", Kind: model.Calls},
		{From: "db", To: "vol", Kind: model.StoredOn},
		{From: "db", To: "box", Kind: model.RunsOn},
		{From: "egg", To: "hen", Kind: model.Calls},
		{From: "hen", To: "egg", Kind: model.Calls},
	}}
	for _, name := range []string{"in", "app", "db", "work", "vol", "box", "hen", "egg"} {
		topology.Components = append(topology.Components, model.Component{Name: name, Kind: "kind"})
	}
	p := ledgerPage{scenario: &synth.Scenario{
		Topology: topology, Incident: model.Incident{Symptom: model.Symptom{Component: "in"}},
		Faults: []synth.Injected{{Kind: synth.KindLoss, Component: "db", Caller: "work", Callee: "db"}, {Kind: synth.KindCPU, Component: "box"}},
	}}
	p.graph()
	want := `  in (kind)                                       <== the symptom
    app (kind)
      db (kind) on box
        stored on vol (kind)
      async work (kind)
        app, as above
        db, as above                              <== packet-loss, on this call
  box (kind)                                      <== cpu-saturation
  hen (kind)
    egg (kind)
      hen, as above
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(p.Builder.String(), "\n")); diff != "" {
		t.Errorf("drawn (-want +got):\n%s", diff)
	}
}
