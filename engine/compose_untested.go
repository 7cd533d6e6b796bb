package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/eliminate"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/rules"
)

const (
	// maxUntested bounds the list of what could not be told: nobody adds more signals than that in one go.
	maxUntested = 60
	// usualStrength is the evidence, in nats, that a signal is taken to give where the symptom's own is not known: four
	// times the worst usual.
	usualStrength = 3.0
	// usualQuiet is the weight of a quiet signal where the incident shows no other.
	usualQuiet = -1.0
	// leastTold is the least expected gain, in bits, of which it is worth saying what each outcome would mean.
	leastTold = 0.05
)

// openQuestion is a hypothesis of which nobody measures its own signals, or what its rule predicts, and what measuring
// them would tell.
type openQuestion struct {
	h       *model.Hypothesis
	wanted  []string
	bearing rank.Bearing
	// predicted tells that nothing is missing but what its rule predicts; decides, that it would be ruled out if that were
	// measured otherwise.
	predicted, decides bool
	outlook            rank.Outlook
}

// untested are the hypotheses of which no signal of their own is measured, or not all that their rule predicts: those first of which a measurement is expected
// to tell most about who is to blame, then the nearest to the symptom.
func (c *composer) untested() []model.Untested {
	open := c.open
	var out []model.Untested
	for _, q := range open[:min(len(open), maxUntested)] {
		u := model.Untested{
			Component: q.h.Component, Fault: q.h.Fault.Name, Missing: q.wanted, DecidesBetween: []string{q.h.Component},
			ExpectedGainBits: q.outlook.Bits,
		}
		if f, ok := c.fault(q.h.Fault.Name); ok {
			u.HowToGet = rules.Facts{Component: c.graph.Component(q.h.Component), Reading: leading(q.h)}.Say(f.HowToGet)
		}
		if u.HowToGet.IsZero() && q.predicted {
			u.HowToGet = model.Say("a rule pack or the topology must give %s signals of these names", q.h.Component)
		}
		if u.HowToGet.IsZero() {
			u.HowToGet = model.Say("measure %s: give it a selector or a signal in the topology", q.h.Component)
		}
		if q.outlook.Rival != "" {
			u.DecidesBetween = append(u.DecidesBetween, q.outlook.Rival)
		}
		if q.outlook.Bits >= leastTold && c.status != model.Healthy {
			u.Outcomes = prospects(q.outlook)
		}
		out = append(out, u)
	}
	return out
}

// openQuestions in the order of what their answers would tell.
func (c *composer) openQuestions() []openQuestion {
	missing := map[string][]string{}
	for _, m := range c.scene.Missing {
		if m.Subject.Component != "" {
			missing[m.Subject.Component] = append(missing[m.Subject.Component], m.Signal.Name)
		}
	}
	byComponent := map[string][]*openQuestion{}
	var all []*openQuestion
	blind := c.blind()
	known := setOf(blind)
	for _, h := range blind {
		all = append(all, &openQuestion{h: h, wanted: union(c.wanted(h, missing[h.Component]), unseen(h)), bearing: c.bearing(h)})
	}
	for _, h := range c.ranking.Survivors() {
		if names := unseen(h); len(names) > 0 && !known[h] {
			b, decides := c.expectedBearing(h)
			all = append(all, &openQuestion{h: h, wanted: names, bearing: b, predicted: true, decides: decides})
		}
	}
	for _, q := range all {
		byComponent[q.h.Component] = append(byComponent[q.h.Component], q)
	}
	forecast, untested := c.ranking.Forecast(c.engine.weights), setOf(c.ranking.Untested)
	for _, q := range all {
		var bearings []rank.Bearing
		for _, o := range byComponent[q.h.Component] {
			if slices.ContainsFunc(o.wanted, func(name string) bool { return slices.Contains(q.wanted, name) }) {
				bearings = append(bearings, o.bearing)
			}
		}
		q.outlook = forecast.Outlook(q.h.Component, bearings)
		q.outlook.Bits = math.Round(q.outlook.Bits*1e3) / 1e3 // what differs by less is noise
	}
	all = slices.DeleteFunc(all, func(q *openQuestion) bool {
		// Others' view of it has decided, and nothing would rule it out.
		return q.outlook.Bits < leastTold && !q.decides && !untested[q.h] && !c.beneath(q.h)
	})
	deeper := func(q *openQuestion) int {
		if c.beneath(q.h) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b *openQuestion) int {
		return cmp.Or(
			cmp.Compare(b.outlook.Bits, a.outlook.Bits),
			cmp.Compare(deeper(a), deeper(b)),
			cmp.Compare(len(c.reach[a.h.Component].Names), len(c.reach[b.h.Component].Names)),
			cmp.Compare(b.h.LogOdds, a.h.LogOdds),
			strings.Compare(a.h.Component, b.h.Component), strings.Compare(a.h.Fault.Name, b.h.Fault.Name),
		)
	})
	out := make([]openQuestion, len(all))
	for i, q := range all {
		out[i] = *q
	}
	return out
}

// beneath tells whether a hypothesis would say why the first cause is in trouble, where it is known only that it is: what
// the same component may lack, or a fault of what carries it and shows nothing of itself.
func (c *composer) beneath(h *model.Hypothesis) bool {
	if len(c.ranking.Standings) == 0 || c.status == model.Healthy {
		return false
	}
	first := c.ranking.Standings[0].Hypothesis
	if h.Component == first.Component {
		return first.Fault.Nature == model.NatureService && h.Fault.Nature == model.NatureResource
	}
	return len(c.scene.Profiles[h.Component].Readings) == 0 && slices.ContainsFunc(c.graph.Carriers(first.Component), func(d model.Dependency) bool {
		return d.To == h.Component
	})
}

// blind are the surviving hypotheses that nothing measured bears on, and those that rest on what others saw of their
// component while no signal of their own is measured.
func (c *composer) blind() []*model.Hypothesis {
	out, untested := slices.Clone(c.ranking.Untested), setOf(c.ranking.Untested)
	for _, h := range c.ranking.Survivors() {
		unseen := slices.ContainsFunc(h.Ledger, func(e model.Evidence) bool {
			return e.Test == model.TestOwnSignal && e.Verdict == model.VerdictUnknown
		})
		if unseen && len(h.Marks) == 0 && !untested[h] {
			out = append(out, h)
		}
	}
	return slices.DeleteFunc(out, c.testedByHost)
}

func setOf(hs []*model.Hypothesis) map[*model.Hypothesis]bool {
	set := make(map[*model.Hypothesis]bool, len(hs))
	for _, h := range hs {
		set[h] = true
	}
	return set
}

// bearing is what a measurement of a hypothesis' own signals would do to it: bad, they are taken to be as unusual as the
// symptom is; quiet, they rule out what must show in them, and weigh on all else as quiet signals do in this incident.
func (c *composer) bearing(h *model.Hypothesis) rank.Bearing {
	w := &c.engine.weights
	strength, telling := cmp.Or(model.StrengthOf(c.symptom), usualStrength), 1.0
	if f, ok := c.fault(h.Fault.Name); ok && len(f.Shows) > 0 {
		telling = slices.MaxFunc(f.Shows, func(a, b rules.Mark) int { return cmp.Compare(a.Strength, b.Strength) }).Strength
	}
	b := rank.Bearing{
		Hypothesis: h, Bad: strength * telling * w.Test(model.TestOwnSignal),
		Quiet: cmp.Or(c.ranking.Mean(model.TestOwnSignal, false), usualQuiet) * w.Test(model.TestOwnSignal),
	}
	if !rank.Supported(h) {
		b.Bad -= w.Unsupported
	}
	if slices.ContainsFunc(h.Predictions, func(p model.Prediction) bool { return p.Test == model.TestOwnSignal && p.Necessary }) {
		b.Quiet = math.Inf(-1)
	}
	return b
}

// expectedBearing is what a measurement of what a hypothesis' rule predicts would do to it; decides tells whether it would
// rule it out, measured otherwise.
func (c *composer) expectedBearing(h *model.Hypothesis) (b rank.Bearing, decides bool) {
	w := &c.engine.weights
	b.Hypothesis = h
	for i := range h.Ledger {
		p := &h.Predictions[i]
		if !unmeasured(&h.Ledger[i]) {
			continue
		}
		met, missed := eliminate.ExpectedWeights(p.Expect)
		b.Bad += met * w.Test(p.Test)
		b.Quiet += missed * w.Test(p.Test)
		decides = decides || p.Necessary
	}
	if decides {
		b.Quiet = math.Inf(-1)
	}
	return b, decides
}

// unseen are the signals that a hypothesis' rule predicts and that nobody measures.
func unseen(h *model.Hypothesis) []string {
	var out []string
	for i := range h.Ledger {
		if unmeasured(&h.Ledger[i]) {
			out = union(out, []string{h.Ledger[i].Signal})
		}
	}
	return out
}

// unmeasured tells whether evidence is a prediction of a rule of which no signal is measured.
func unmeasured(e *model.Evidence) bool {
	return e.Test == model.TestRulePredicts && e.Verdict == model.VerdictUnknown && e.Reading == nil
}

// union appends what is not in the list yet.
func union(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// prospects say what each outcome of a measurement would mean.
func prospects(o rank.Outlook) model.Message {
	if o.Bad.First == o.Quiet.First && o.Bad.First != "" {
		return model.Say("bad or as usual, %s stays first (%d %% or %d %%)", o.Bad.First, percent(o.Bad.Probability), percent(o.Quiet.Probability))
	}
	return model.Say("if bad, %s; if as usual, %s", prospect(o.Bad), prospect(o.Quiet))
}

func prospect(p rank.Prospect) model.Message {
	if p.First == "" {
		return model.Say("nobody comes first")
	}
	return model.Say("%s comes first (%d %%)", p.First, percent(p.Probability))
}

// decider is the measurement that is expected to tell most; ok is false where none would decide.
func (c *composer) decider() (q openQuestion, ok bool) {
	open := c.open
	if len(open) == 0 || open[0].outlook.Bits < leastDeciding || len(open[0].wanted) == 0 {
		return openQuestion{}, false
	}
	return open[0], true
}

// leastDeciding is the least expected gain, in bits, of a measurement that is called what would decide.
const leastDeciding = 0.1

// wanted are the signals that would test a hypothesis: of the missing ones of the component those that mark the fault,
// else the names that the rule gives.
func (c *composer) wanted(h *model.Hypothesis, missing []string) []string {
	f, ok := c.fault(h.Fault.Name)
	if !ok || len(f.Shows) == 0 {
		if f, ok = c.usualShortage(h.Component); !ok {
			return []string{"latency", "errors"} // how it answers is the first that one wants to know
		}
	}
	var out []string
	for i := range f.Shows {
		m := &f.Shows[i]
		name := m.Name()
		if name != "" && (m.Signal == "" || len(missing) == 0 || slices.Contains(missing, m.Signal)) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// usualShortage is the fault that can be seen in most signals of what answers no requests: a machine, a volume. Of what does
// answer, ok is false.
func (c *composer) usualShortage(component string) (most rules.Fault, ok bool) {
	kind := c.graph.Kind(component)
	if !model.IsMachine(kind) && !model.IsStorage(kind) {
		return rules.Fault{}, false
	}
	for _, f := range c.engine.opts.Rules.Faults() {
		if f.Befalls(kind) && f.Nature == model.NatureResource && len(f.Shows) > len(most.Shows) {
			most, ok = f, true
		}
	}
	return most, ok
}

// hostPrefix begins the names of the resources that a process sees of the machine under it.
const hostPrefix = "host_"

// testedByHost tells whether a hypothesis is about nothing but the machine under a component (or about the component,
// where that is the machine), and the machine itself is measured: then its own hypotheses have decided.
func (c *composer) testedByHost(h *model.Hypothesis) bool {
	f, ok := c.fault(h.Fault.Name)
	if !ok || f.HostResource == "" || slices.ContainsFunc(f.Shows, func(m rules.Mark) bool { return !strings.HasPrefix(m.Resource, hostPrefix) }) {
		return false
	}
	machines := c.graph.Hosts(h.Component)
	if model.IsMachine(c.graph.Kind(h.Component)) {
		machines = append(machines, h.Component)
	}
	return slices.ContainsFunc(machines, func(name string) bool {
		return slices.ContainsFunc(c.scene.Profiles[name].Readings, func(r *model.Reading) bool {
			return r.State != model.StateUnknown && r.Series.Signal.Resource == f.HostResource
		})
	})
}

// howToGet says how to measure what a claim lacks: as the first fault says that shows in it, or that stands by a release.
func (c *composer) howToGet(component, missing string) model.Message {
	comp := c.graph.Component(component)
	for _, f := range c.engine.opts.Rules.Faults() {
		shows := slices.ContainsFunc(f.Shows, func(m rules.Mark) bool { return m.Resource == missing })
		released := missing == versionMissing && f.Nature == model.NatureChange && slices.Contains(f.Changes, model.ChangeDeploy)
		if f.Befalls(comp.Kind) && (shows || released) && !f.HowToGet.IsZero() {
			return rules.Facts{Component: comp}.Say(f.HowToGet)
		}
	}
	return model.Say("measure %s: give it a selector or a signal in the topology", component)
}

// versionMissing is what a claim lacks that nothing was altered.
const versionMissing = "version"
