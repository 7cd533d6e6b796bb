package eliminate

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Trials are what became of hypotheses before one scene, and what each of them hung on. Read-only after Run.
type Trials struct {
	graph *topo.Graph
	court *court
	seen  witness
}

// court is what all trials of a scene have in common.
type court struct {
	symptom *model.Reading // the worst of the symptom itself; nil when nothing of it is bad
	family  model.Family   // of what users feel
	routes  *routes
}

func newCourt(s *model.Scene, g *topo.Graph) *court {
	c := &court{symptom: SymptomReading(s)}
	c.family = familyOf(s, c.symptom)
	c.routes = newRoutes(s, g, c.family)
	return c
}

// reconvene is newCourt for another scene of the same question. Routes hang on nothing but how well each carries.
func (t *Trials) reconvene(s *model.Scene) *court {
	c := &court{symptom: SymptomReading(s), routes: t.court.routes}
	c.family = familyOf(s, c.symptom)
	if !slices.ContainsFunc(t.graph.Names(), func(name string) bool {
		return carries(s, name, c.family) != carries(t.seen.scene, name, t.court.family)
	}) {
		return c
	}
	c.routes = newRoutes(s, t.graph, c.family)
	return c
}

// Run tests every prediction of every hypothesis and fills in ledgers and refutations.
func Run(hs []*model.Hypothesis, s *model.Scene, g *topo.Graph) *Trials {
	c := newCourt(s, g)
	t := &Trials{graph: g, court: c, seen: witness{scene: s, began: firstTrouble(s, g), asked: map[string]*hearing{}, first: &hearing{}}}
	try(hs, c, &t.seen, g)
	return t
}

// Again is Run for another scene of the same question: symptom, graph and changes are the same. Of the hypotheses, those
// with a ledger are of the earlier trials. They are not changed: where nothing differs that their trials looked at, they
// stay in the list as they are, and are tried anew as copies where something does.
func (t *Trials) Again(hs []*model.Hypothesis, s *model.Scene) []*model.Hypothesis {
	c, w := t.reconvene(s), witness{scene: s, began: firstTrouble(s, t.graph)}
	stale := t.stale(c, &w)
	out, open := slices.Clone(hs), make([]*model.Hypothesis, 0, len(hs))
	for i, h := range hs {
		if len(h.Ledger) > 0 {
			if !stale(h.Component) {
				continue
			}
			out[i] = h.Untried()
		}
		open = append(open, out[i])
	}
	try(open, c, &w, t.graph)
	return out
}

// stale tells of whom the trials would look at something else before another scene.
func (t *Trials) stale(c *court, w *witness) func(component string) bool {
	before := t.court
	if c.family != before.family || c.symptom != before.symptom {
		return func(string) bool { return true } // everything is held against the symptom
	}
	again := map[string]bool{}
	add := func(h *hearing) {
		if h != nil {
			for _, name := range h.by {
				again[name] = true
			}
		}
	}
	if w.began != t.seen.began {
		add(t.seen.first)
	}
	for _, name := range differing(t.graph.Names(), t.seen.scene, w.scene) {
		add(t.seen.asked[name])
	}
	return func(component string) bool {
		return again[component] || c.routes != before.routes && !c.routes.same(before.routes, component)
	}
}

// differing are the components of which two scenes do not share what was read on them, on the calls they make, and what
// explains their trouble.
func differing(names []string, a, b *model.Scene) (out []string) {
	for _, name := range names {
		if a.Profiles[name] != b.Profiles[name] || !shared(a.Influences[name], b.Influences[name]) {
			out = append(out, name)
		}
	}
	for subject, c := range a.Calls {
		if b.Calls[subject] != c {
			out = append(out, subject.Component)
		}
	}
	for subject := range b.Calls {
		if a.Calls[subject] == nil {
			out = append(out, subject.Component)
		}
	}
	return out
}

// shared tells whether two lists are one and the same.
func shared(a, b []model.Influence) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// try holds trials, those of one component after each other.
func try(hs []*model.Hypothesis, c *court, w *witness, g *topo.Graph) {
	var t *Trial
	for _, h := range hs {
		w.trial = h.Component
		t = newTrial(h, c, w, g, t)
		h.Ledger = make([]model.Evidence, 0, len(h.Predictions))
		for _, p := range h.Predictions {
			f := tests[p.Test]
			if f == nil {
				panic("BUG: no test named " + p.Test)
			}
			e := f(t, p)
			e.Test, e.Necessary = p.Test, p.Necessary
			h.Ledger = append(h.Ledger, e)
			t.spoken += max(0, e.Weight)
		}
		for i := range h.Ledger {
			if e := &h.Ledger[i]; e.Necessary && e.Verdict == model.Refutes {
				h.RuledOut = e
				break
			}
		}
	}
}
