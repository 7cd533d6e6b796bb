package hypo

import (
	"cmp"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Generate raises every hypothesis about the components that can cause the symptom: those below it, and those above it
// for faults of load. The order is by component, then fault. The lexicon must know the signals of the scene.
func Generate(s *model.Scene, g *topo.Graph, lex *Lexicon) []*model.Hypothesis {
	return generate(s, g, lex, func(string) ([]*model.Hypothesis, bool) { return nil, false })
}

// Again is Generate for a scene that correlate.Alter made of one for which everything was raised before. Nothing is changed
// of what was raised then; about a component of which the scenes share all that was read, the same hypotheses stand in the
// list, with whatever became of them.
func Again(s *model.Scene, g *topo.Graph, lex *Lexicon, before *model.Scene, raised []*model.Hypothesis) []*model.Hypothesis {
	of := map[string][]*model.Hypothesis{}
	for _, h := range raised {
		of[h.Component] = append(of[h.Component], h)
	}
	was, is := seenByCallers(before), seenByCallers(s)
	return generate(s, g, lex, func(name string) ([]*model.Hypothesis, bool) {
		same := s.Profiles[name] == before.Profiles[name] && is[name] == was[name] && slices.Equal(s.CallsTo(name), before.CallsTo(name))
		return of[name], same
	})
}

// generate raises hypotheses, but where known gives those that would be raised about a component.
func generate(s *model.Scene, g *topo.Graph, lex *Lexicon, known func(name string) ([]*model.Hypothesis, bool)) []*model.Hypothesis {
	var out []*model.Hypothesis
	reach := g.Reach(s.Symptom.Component)
	upstream, seen := g.Upstream(s.Symptom.Component), seenByCallers(s)
	for _, name := range g.Names() {
		_, below := reach[name]
		_, above := slices.BinarySearch(upstream, name)
		if !below && !above {
			continue
		}
		if hs, ok := known(name); ok {
			out = append(out, hs...)
			continue
		}
		kind, own := g.Kind(name), lex.gather(s.Profiles[name].Readings)
		for i := range lex.faults {
			f := &lex.faults[i]
			if !f.Befalls(kind) || !(below || f.Nature == model.NatureLoad) {
				continue
			}
			if h := lex.suppose(s, name, i, own[i], seen); h != nil {
				out = append(out, h)
			}
		}
		if below && silent(s, name) {
			out = append(out, unmeasured(name))
		}
	}
	slices.SortStableFunc(out, func(a, b *model.Hypothesis) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), cmp.Compare(a.Fault.Name, b.Fault.Name))
	})
	return out
}

// suppose raises the hypothesis if anything speaks for it or could rule it out; nil otherwise. own is what the component's
// own readings say about it.
func (l *Lexicon) suppose(s *model.Scene, name string, fault int, own bearing, seen map[string]bool) *model.Hypothesis {
	f, profile := &l.faults[fault], s.Profiles[name]
	if f.Recorded && !recorded(s, name, f) {
		return nil
	}
	if f.Nature == model.NatureAbsent && !owesSign(f) {
		own.silence(profile)
	}
	answers := f.Nature == model.NatureService || f.Nature == model.NatureLink || f.Nature == model.NatureChange
	if answers {
		for _, c := range s.CallsTo(name) {
			for _, r := range model.Present(c.Client, c.Server) {
				own.add(f, r, l.entry(r.Series.Signal, fault))
			}
		}
	}
	switch {
	case len(own.marks) > 0:
	case answers && !seen[name] && !silent(s, name):
		return nil
	case !answers && len(own.quiet) == 0 && f.HostResource == "":
		return nil
	}
	h := &model.Hypothesis{Component: name, Fault: f, Marks: own.marks, Quiet: own.quiet}
	slices.SortStableFunc(h.Marks, func(a, b model.Mark) int {
		return cmp.Or(
			cmp.Compare(b.Telling(), a.Telling()),
			// Of one signal on several calls the worst goes first, whatever the callers are called.
			cmp.Compare(a.Reading.Series.Signal.Name, b.Reading.Series.Signal.Name), cmp.Compare(b.Reading.Severity, a.Reading.Severity),
			a.Reading.Series.Compare(b.Reading.Series),
		)
	})
	h.Marks = append(h.Marks, foretold(h, profile.Readings)...)
	slices.SortStableFunc(h.Quiet, func(a, b *model.Reading) int { return a.Series.Compare(b.Series) })
	if len(h.Marks) > 0 {
		h.Signal = h.Marks[0].Reading.Series.Signal.Name
	}
	for _, r := range profile.Readings {
		h.Hint = max(h.Hint, r.Severity)
	}
	h.Predictions = append(predictions(h), expected(h)...)
	return h
}

// recorded tells whether a change event of one of the fault's kinds is known of the component.
func recorded(s *model.Scene, name string, f *model.Fault) bool {
	return slices.ContainsFunc(s.Changes, func(c model.Change) bool {
		return c.Component == name && slices.Contains(f.Changes, c.Kind)
	})
}

// foretold are the further marks of a fault that has some: what its rule predicts of the component, and what is so. A rule
// that says what else comes with its own sign must not count for less than one that takes all of it for signs.
func foretold(h *model.Hypothesis, readings []*model.Reading) []model.Mark {
	if len(h.Marks) == 0 || len(h.Fault.Predicts) == 0 {
		return nil
	}
	var out []model.Mark
	for _, r := range readings {
		marked := func(m model.Mark) bool { return m.Reading == r }
		predicts := func(x model.Expectation) bool {
			return x.On == model.OnComponent && x.Shape.Sign() == r.Sign && x.Matches(r.Series.Signal)
		}
		if !r.Abnormal() || slices.ContainsFunc(h.Marks, marked) {
			continue
		}
		if k := slices.IndexFunc(h.Fault.Predicts, predicts); k >= 0 {
			out = append(out, model.Mark{Reading: r, Weight: h.Fault.Predicts[k].Weight})
		}
	}
	return out
}

// owesSign tells whether the fault, by its rule, shows itself by a sign of the component: then silence does not.
func owesSign(f *model.Fault) bool {
	return slices.ContainsFunc(f.Predicts, func(x model.Expectation) bool {
		return x.Necessary && x.On == model.OnComponent && x.Shape.Sign() != 0
	})
}

// silence takes stopped samples for a mark when at least half of what the component gave has stopped: one series that
// ends is a label that changed.
func (b *bearing) silence(p *model.Profile) {
	stopped, alive := p.Stopped()
	if len(stopped) == 0 || len(stopped) < alive {
		return
	}
	b.marks = append(b.marks, model.Mark{Reading: stopped[0], Weight: float64(len(stopped)) / float64(len(stopped)+alive)})
}

// moved tells whether the reading moved the way the fault moves it: loads rise (or change), all else goes bad.
func moved(f *model.Fault, r *model.Reading) bool {
	if f.Nature == model.NatureLoad {
		return r.Sign > 0 || r.Bad && r.Series.Signal.Bad != model.BadChange
	}
	return r.Bad && !(r.Series.Signal.Kind.UserFacing() && r.Series.Signal.Side == model.SideClient && !r.Series.Subject.IsEdge())
}

// seenByCallers are the components of which a dependent shows trouble: its trouble is then seen of them.
func seenByCallers(s *model.Scene) map[string]bool {
	seen := map[string]bool{}
	for _, infs := range s.Influences {
		for _, inf := range infs {
			if inf.Caller != nil {
				seen[inf.Dependency.To] = true
			}
		}
	}
	return seen
}

// silent tells whether nothing at all is known of the component, neither by itself nor by its callers.
func silent(s *model.Scene, name string) bool {
	if len(s.Profiles[name].Measured) > 0 {
		return false
	}
	return !slices.ContainsFunc(s.CallsTo(name), func(c *model.Call) bool {
		return c.SeenByCaller(model.FamilyNone) || c.SeenByCallee(model.FamilyNone)
	})
}

func unmeasured(name string) *model.Hypothesis {
	h := &model.Hypothesis{Component: name, Fault: &model.Fault{
		Name: model.FaultUnmeasured, Nature: model.NatureService, Prior: priorUnmeasured,
		Title: model.Say("something about it that is not measured"),
	}}
	h.Predictions = predictions(h)
	return h
}

// priorUnmeasured: a component of which nothing is known is a suspect only while its dependents' trouble has no other.
const priorUnmeasured = -0.5
