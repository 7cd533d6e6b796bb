package engine

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
)

// wouldFlip says which single observation would change the place of a cause: for the first, what would put another
// before it or leave the question open; for the others, what would lift them above the one before. For the first two the
// conclusion was drawn again from other readings; further down the ledgers are held against each other.
func (c *composer) wouldFlip(i int, whatIf []counterfactual) model.Message {
	if i == 0 {
		return c.flipsFirst(whatIf)
	}
	if i == 1 {
		h, first := c.ranking.Standings[1].Hypothesis.Component, leader(c.ranking)
		for _, w := range whatIf {
			if w.then.status == model.Healthy || !before(w.then.ranking, h, first) {
				continue
			}
			if leader(w.then.ranking) == h {
				return model.Say("if %s, %s", c.premise(w.supposition), c.consequence(w.then))
			}
			return model.Say("if %s, it would come before %s", c.premise(w.supposition), first)
		}
	}
	return c.overtakes(i, i > 1)
}

// flipsFirst is for the first cause. Where the answer is open, an observation that settles it is named before one that
// leaves it open another way.
func (c *composer) flipsFirst(whatIf []counterfactual) model.Message {
	first := c.ranking.Standings[0].Hypothesis.Component
	turned := func(w counterfactual) bool { return leader(w.then.ranking) != first || w.then.status != c.status }
	settled := func(w counterfactual) bool { return turned(w) && w.then.status == model.Diagnosed }
	for _, flips := range []func(counterfactual) bool{settled, turned} {
		if i := slices.IndexFunc(whatIf, flips); i >= 0 {
			return model.Say("if %s, %s", c.premise(whatIf[i].supposition), c.consequence(whatIf[i].then))
		}
	}
	if t, ok := c.ranking.Overtake(1, c.engine.weights, func(e *model.Evidence) bool { return e.Reading == nil && observable(e) }); ok && !t.Reversed {
		return model.Say("but for this, %s would come first: %s", c.ranking.Standings[1].Hypothesis.Component, t.Evidence.Text)
	}
	switch {
	case len(whatIf) > 0:
	case c.status == model.Healthy:
		return model.Say("no single observation would put anything before it")
	default:
		return model.Say("no single observation: nothing but the symptom itself is behind it")
	}
	nearest := slices.MinFunc(whatIf, func(a, b counterfactual) int {
		return compareProbability(a.then, b.then)
	})
	return model.Say("no single observation: even if %s, %s", c.premise(nearest.supposition), c.consequence(nearest.then))
}

// overtakes is what a cause further down would need, by the evidence alone.
func (c *composer) overtakes(i int, readings bool) model.Message {
	rival := c.ranking.Standings[i-1].Hypothesis.Component
	t, ok := c.ranking.Overtake(i, c.engine.weights, func(e *model.Evidence) bool { return observable(e) && (readings || e.Reading == nil) })
	switch {
	case !ok:
		return model.Say("no single observation would lift it above %s", rival)
	case t.Reversed:
		return model.Say("if this were the other way round, it would come before %s: %s", rival, t.Evidence.Text)
	}
	return model.Say("without this it would come before %s: %s", rival, t.Evidence.Text)
}

// observable tells whether evidence was observed: what a component is for was known before.
func observable(e *model.Evidence) bool { return e.Test != model.TestRole }

// premise is a supposition in words.
func (c *composer) premise(s supposition) model.Message {
	sig, now := s.reading.Series.Signal, model.FormatValue(s.reading.Observed, s.reading.Series.Signal.Unit)
	if s.bad {
		worse := model.FormatValue(s.reading.AsBadAs(c.symptom).Observed, sig.Unit)
		return model.Say("%s of %s were at %s or so (it is %s)", sig.Said(), s.of.subject.String(), worse, now)
	}
	if s.reading.Reason == model.ReasonVanished {
		return model.Say("samples of %s of %s had not stopped", sig.Said(), s.of.subject.String())
	}
	return model.Say("%s of %s were as usual (%s, not %s)", sig.Said(), s.of.subject.String(), model.FormatValue(s.reading.Baseline, sig.Unit), now)
}

// consequence is a conclusion in words.
func (c *composer) consequence(then alternative) model.Message {
	if then.status == model.Healthy || len(then.ranking.Standings) == 0 {
		return model.Say("no fault would be found")
	}
	first := then.ranking.Standings[0]
	switch name, sure := first.Hypothesis.Component, percent(first.Probability); {
	case then.status == model.Inconclusive:
		return model.Say("the question would be open, %s coming nearest (%d %%)", name, sure)
	case name == leader(c.ranking):
		return model.Say("%s would still come first, %d %% sure", name, sure)
	default:
		return model.Say("%s would come first, %d %% sure", name, sure)
	}
}

// leader is the component that a ranking puts first; "" for none.
func leader(r rank.Ranking) string {
	if len(r.Standings) == 0 {
		return ""
	}
	return r.Standings[0].Hypothesis.Component
}

// compareProbability orders conclusions by how sure they are of their first.
func compareProbability(a, b alternative) int {
	return int(1e4*a.ranking.Standings[0].Probability) - int(1e4*b.ranking.Standings[0].Probability)
}

// before tells whether a component stands above another, which may be ruled out.
func before(r rank.Ranking, component, other string) bool {
	for _, s := range r.Standings {
		if s.Hypothesis.Component == component || s.Hypothesis.Component == other {
			return s.Hypothesis.Component == component
		}
	}
	return false
}
