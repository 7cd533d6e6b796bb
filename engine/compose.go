package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
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
	graph    *topo.Graph
	plan     []model.SignalQuery
	lexicon  *hypo.Lexicon
	alike    []model.Interval // when else the symptom was bad as it is now, in the order of time
	expected []model.Expected
	reach    map[string]topo.Path
	open     []openQuestion // in the order of what their answers would tell
	conclusion
}

func (c *composer) compose() *model.Diagnosis {
	c.reach = c.graph.Reach(c.incident.Symptom.Component)
	c.open = c.openQuestions()
	d := &model.Diagnosis{SchemaVersion: model.SchemaVersion, Incident: c.incident}
	d.Contest = c.ranking.Contest
	d.Question = c.asked()
	d.Earlier, d.Later = c.otherTimes()
	d.Causes = c.causes()
	d.Eliminated = c.eliminated()
	d.Untested = c.untested()
	d.Warnings = c.warnings()
	d.Chain, d.Sparks = c.chain()
	d.Outcome = model.Outcome{Status: c.status, Summary: c.summary()}
	d.Actions = c.actions()
	d.Coverage, d.Expected = c.coverage(), c.expected
	d.Engine = model.EngineInfo{
		Version: c.engine.opts.Version, RulesHash: c.engine.opts.Rules.Hash(),
		Series: c.frame.RawSeries, Samples: c.frame.RawSamples,
	}
	return d
}

// otherTimes are the stretches in which the symptom was bad as it is now, before it and after it: a baseline may lie after
// what is asked about.
func (c *composer) otherTimes() (before, after []model.Interval) {
	for _, iv := range c.alike {
		if iv.From.Before(c.incident.Symptom.Interval.From) {
			before = append(before, iv)
		} else {
			after = append(after, iv)
		}
	}
	return before, after
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
	whatIf := c.whatIf()
	for i, s := range c.ranking.Standings {
		if i == maxCauses {
			break
		}
		h := s.Hypothesis
		cause := model.Cause{
			Rank: i + 1, Component: h.Component, Signal: h.Signal, Fault: h.Fault.Name, Probability: s.Probability,
			Chain: c.reach[h.Component].Names, Score: h.Terms, Evidence: h.Ledger, WouldFlip: c.wouldFlip(i, whatIf),
			RivalFaults: c.rivalFaults(h),
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

func (c *composer) fault(name string) (rules.Fault, bool) { return c.engine.opts.Rules.Fault(name) }
