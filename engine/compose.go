package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

const (
	// maxCauses bounds the list of causes; what is far down helps nobody.
	maxCauses = 20
	// maxEliminated bounds the list of what was ruled out.
	maxEliminated = 200
)

// composer turns a ranking into a Diagnosis.
type composer struct {
	engine   *Engine
	in       Input
	incident model.Incident
	frame    *window.Frame
	scene    *model.Scene
	graph    *topo.Graph
	plan     []model.SignalQuery
	ranking  rank.Ranking
	status   model.Status
	symptom  *model.Reading
	reach    map[string]topo.Path
}

func (c *composer) compose() *model.Diagnosis {
	c.reach = c.graph.Reach(c.incident.Symptom.Component)
	d := &model.Diagnosis{SchemaVersion: model.SchemaVersion, Incident: c.incident}
	d.Symptom = model.SymptomEvidence{Strength: model.StrengthOf(c.symptom), Measured: symptomMeasured(c.scene)}
	d.Question = c.asked()
	d.Causes = c.causes()
	d.Eliminated = c.eliminated()
	d.Untested = c.untested()
	d.Chain, d.Sparks = c.chain()
	d.Outcome = model.Outcome{Status: c.status, Summary: c.summary()}
	d.Actions = c.actions()
	d.Coverage = c.coverage()
	d.Engine = model.EngineInfo{
		Version: c.engine.opts.Version, RulesHash: c.engine.opts.Rules.Hash(),
		Series: c.frame.RawSeries, Samples: c.frame.RawSamples,
	}
	return d
}

func (c *composer) asked() model.Asked {
	sym := c.incident.Symptom
	a := model.Asked{Component: sym.Component, Signal: sym.Signal, From: sym.Interval.From, To: sym.Interval.To}
	a.Understood = c.in.Question.Understood
	if a.Understood.IsZero() {
		var kind any = sym.Signal
		if sym.Signal == "" {
			kind = model.Say("slow or failing")
		}
		a.Understood = model.Say("%s: %s, from %s to %s", sym.Component, kind, model.FormatClock(sym.Interval.From), model.FormatClock(sym.Interval.To))
	}
	return a
}

func (c *composer) causes() []model.Cause {
	var out []model.Cause
	for i, s := range c.ranking.Standings {
		if i == maxCauses {
			break
		}
		h := s.Hypothesis
		cause := model.Cause{
			Rank: i + 1, Component: h.Component, Signal: h.Signal, Fault: h.Fault.Name, Probability: s.Probability,
			Chain: c.reach[h.Component].Names, Score: h.Terms, Evidence: h.Ledger, WouldFlip: c.wouldFlip(i),
			Supported: rank.Supported(h),
		}
		if r := leading(h); r != nil {
			cause.SignalKind, cause.Onset = r.Series.Signal.Kind, r.Onset
		}
		if cause.Chain == nil { // above the symptom: load comes down
			cause.Chain = []string{c.incident.Symptom.Component, h.Component}
		}
		out = append(out, cause)
	}
	return out
}

// leading is the reading that shows a hypothesis best.
func leading(h *model.Hypothesis) *model.Reading {
	if len(h.Marks) > 0 {
		return h.Marks[0].Reading
	}
	return nil
}

// wouldFlip names the single observation that would change the order of a cause and its neighbour: for the first, what
// would bring it below the second; for others, what would lift them above the one before.
func (c *composer) wouldFlip(i int) model.Message {
	all := c.ranking.Standings
	if i > 0 {
		h, rival := all[i].Hypothesis, all[i-1].Hypothesis
		if e := heaviest(h.Terms, -1); e != nil && h.LogOdds-e.Value > rival.LogOdds {
			return model.Say("without this it would come before %s: %s", rival.Component, e.Why)
		}
		return model.Say("no single observation would lift it above %s", rival.Component)
	}
	if len(all) < 2 {
		return model.Say("no other cause is left to change places with")
	}
	h, rival := all[0].Hypothesis, all[1].Hypothesis
	if e := heaviest(h.Terms, +1); e != nil && h.LogOdds-e.Value < rival.LogOdds {
		return model.Say("were this not so, %s would come first: %s", rival.Component, e.Why)
	}
	return model.Say("no single observation would put %s before it", rival.Component)
}

// heaviest is the term of the largest value of a sign, the first of equals; nil when there is none.
func heaviest(terms []model.Term, sign float64) *model.Term {
	var best *model.Term
	for i := range terms {
		if v := sign * terms[i].Value; v > 0 && (best == nil || v > sign*best.Value) {
			best = &terms[i]
		}
	}
	return best
}

func (c *composer) eliminated() []model.Eliminated {
	hs := slices.DeleteFunc(slices.Clone(c.ranking.RuledOut), func(h *model.Hypothesis) bool {
		return h.RuledOut.Test == model.TestChange // nobody suspects a change that never was
	})
	slices.SortStableFunc(hs, func(a, b *model.Hypothesis) int {
		return cmp.Or(
			cmp.Compare(support(b), support(a)),
			cmp.Compare(len(c.reach[a.Component].Names), len(c.reach[b.Component].Names)),
			strings.Compare(a.Component, b.Component), strings.Compare(a.Fault.Name, b.Fault.Name),
		)
	})
	var out []model.Eliminated
	for _, h := range hs[:min(len(hs), maxEliminated)] {
		out = append(out, model.Eliminated{
			Component: h.Component, Fault: h.Fault.Name, Test: h.RuledOut.Test, Evidence: h.Ledger, Text: h.RuledOut.Text,
		})
	}
	return out
}

// support is how much spoke for a hypothesis that was ruled out all the same: the more, the more people suspected it.
func support(h *model.Hypothesis) float64 {
	sum := 0.0
	for _, e := range h.Ledger {
		sum += max(0, e.Weight)
	}
	return sum
}

// culprits are the components that the answer points at, best first; none when nothing is wrong.
func (c *composer) culprits() []*model.Hypothesis {
	if c.status == model.Healthy {
		return nil
	}
	var out []*model.Hypothesis
	for i, s := range c.ranking.Standings {
		if i == 0 || s.Probability >= alsoAccused {
			out = append(out, s.Hypothesis)
		}
	}
	return out
}

// alsoAccused is the probability from which a lower cause counts when changes are judged.
const alsoAccused = 0.25

func (c *composer) summary() model.Message {
	sym := c.incident.Symptom
	switch c.status {
	case model.Healthy:
		if len(c.ranking.Standings) > 0 || c.symptom == nil {
			return model.Say("no fault found: %s is as it usually is", sym.Component)
		}
		return model.Say("no fault found that would explain %s", sym.Component)
	case model.Inconclusive:
		return c.inconclusive()
	}
	first := c.ranking.Standings[0]
	h := first.Hypothesis
	sure := int(first.Probability*100 + 0.5)
	if r := leading(h); r != nil {
		sig := r.Series.Signal
		return model.Say("%s: %s (%s %s, usually %s), %d %% sure", h.Component, h.Fault.Title, sig.Said(),
			model.FormatValue(r.Observed, sig.Unit), model.FormatValue(r.Baseline, sig.Unit), sure)
	}
	return model.Say("%s: %s, %d %% sure", h.Component, h.Fault.Title, sure)
}

func (c *composer) inconclusive() model.Message {
	all := c.ranking.Standings
	switch {
	case !symptomMeasured(c.scene):
		return model.Say("inconclusive: %s itself is not measured", c.incident.Symptom.Component)
	case len(all) == 0:
		return model.Say("inconclusive: %s is not as usual, and nothing measured explains it", c.incident.Symptom.Component)
	case len(all) == 1 || all[1].Probability < all[0].Probability/3:
		return model.Say("inconclusive: %s comes nearest (%s, %d %%)", all[0].Hypothesis.Component, all[0].Hypothesis.Fault.Title, int(all[0].Probability*100+0.5))
	}
	return model.Say("inconclusive between %s (%d %%) and %s (%d %%)", all[0].Hypothesis.Component, int(all[0].Probability*100+0.5),
		all[1].Hypothesis.Component, int(all[1].Probability*100+0.5))
}

// coverage counts the signals that were looked for and those that answered, and names what is not measured.
func (c *composer) coverage() model.Coverage {
	type key struct {
		subject model.Subject
		signal  string
	}
	seen := map[key]bool{}
	for _, s := range c.frame.Series {
		seen[key{s.Subject, s.Signal.Name}] = true
	}
	cov := model.Coverage{SignalsSeen: len(seen), SignalsExpected: len(seen)}
	for _, m := range c.scene.Missing {
		if !seen[key{m.Subject, m.Signal.Name}] {
			cov.SignalsExpected++
		}
	}
	for _, name := range c.graph.Names() {
		if _, on := c.reach[name]; on && len(c.scene.Profiles[name].Readings) == 0 {
			cov.Gaps = append(cov.Gaps, model.Say("nothing is measured on %s itself", name))
		}
	}
	for _, r := range c.scene.Readings {
		if r.State == model.StateUnknown && r.Reason == model.ReasonVanished {
			cov.Gaps = append(cov.Gaps, model.Say("%s: samples stopped", r.Series.ID()))
		}
	}
	for _, w := range c.frame.Warnings {
		cov.Gaps = append(cov.Gaps, model.Verbatim(w))
	}
	return cov
}

func (c *composer) fault(name string) (rules.Fault, bool) { return c.engine.opts.Rules.Fault(name) }
