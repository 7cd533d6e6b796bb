package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

const (
	// maxUntested bounds the list of what could not be told.
	maxUntested = 12
	// actedOn is the probability from which a cause below the first gets actions too.
	actedOn = 0.3
)

// actions are what the rule packs advise for the accused, with the evidence that is the reason.
func (c *composer) actions() model.Actions {
	var a model.Actions
	if c.status == model.Healthy {
		return a
	}
	for i, s := range c.ranking.Standings {
		if i > 0 && s.Probability < actedOn {
			break
		}
		h := s.Hypothesis
		f, ok := c.fault(h.Fault.Name)
		comp := c.graph.Component(h.Component)
		if !ok || comp == nil {
			continue
		}
		because := model.Say("%s is the likeliest cause found", h.Component)
		if e := heaviest(h.Terms, +1); e != nil {
			because = e.Why
		}
		fill := func(advice []rules.Advice) []model.Action {
			out := make([]model.Action, 0, len(advice))
			for _, ad := range advice {
				act := ad.For(comp)
				act.Because = because
				out = append(out, act)
			}
			return out
		}
		if c.status == model.Diagnosed {
			a.Mitigate = append(a.Mitigate, fill(f.Mitigate)...)
			a.Permanent = append(a.Permanent, fill(f.Permanent)...)
			a.Isolate = append(a.Isolate, c.isolate(h, because)...)
		}
		a.Experiments = append(a.Experiments, fill(f.Experiments)...)
		a.Runbook = append(a.Runbook, fill(f.Runbook)...)
		if i == 0 && !f.Interacts.IsZero() && c.status == model.Diagnosed {
			a.Mitigate = append(a.Mitigate, model.Action{Component: h.Component, Text: rules.Say(f.Interacts, comp), Because: because})
		}
	}
	return a
}

// isolate advises to take the accused out of service when a sibling (another component that the same callers need, of
// the same kind) is well and can carry the load.
func (c *composer) isolate(h *model.Hypothesis, because model.Message) []model.Action {
	kind := c.graph.Kind(h.Component)
	for _, d := range c.graph.Dependents(h.Component) {
		if d.Kind != model.Calls {
			continue
		}
		for _, s := range c.graph.Carriers(d.From) {
			if s.To == h.Component || s.Kind != model.Calls || c.graph.Kind(s.To) != kind {
				continue
			}
			p := c.scene.Profiles[s.To]
			if !sharesName(c.graph.Component(h.Component), c.graph.Component(s.To)) || p.Latency != nil || p.Errors != nil || p.Measured[model.KindLatency] == 0 {
				continue
			}
			return []model.Action{{
				Component: h.Component, Because: because,
				Text: model.Say("take %s out of %s; %s does the same work and is well", h.Component, d.From, s.To),
				Risk: model.Say("%s then carries the load of both: watch its utilization", s.To),
			}}
		}
	}
	return nil
}

// sharesName tells whether two components serve the same functions, as replicas do.
func sharesName(a, b *model.Component) bool {
	return a != nil && b != nil && len(a.Serves) > 0 && slices.Equal(a.Serves, b.Serves)
}

// untested are the hypotheses nothing speaks for or against, for want of signals; the ones nearest to the symptom first.
func (c *composer) untested() []model.Untested {
	missing := map[string][]string{}
	for _, m := range c.scene.Missing {
		if m.Subject.Component != "" {
			missing[m.Subject.Component] = append(missing[m.Subject.Component], m.Signal.Name)
		}
	}
	hs := slices.Clone(c.ranking.Untested)
	slices.SortStableFunc(hs, func(a, b *model.Hypothesis) int {
		return cmp.Or(
			cmp.Compare(len(c.reach[a.Component].Names), len(c.reach[b.Component].Names)),
			cmp.Compare(b.Fault.Prior, a.Fault.Prior),
			strings.Compare(a.Component, b.Component), strings.Compare(a.Fault.Name, b.Fault.Name),
		)
	})
	var out []model.Untested
	for _, h := range hs {
		if len(out) == maxUntested {
			break
		}
		u := model.Untested{Component: h.Component, Fault: h.Fault.Name, Missing: c.wanted(h, missing[h.Component])}
		if f, ok := c.fault(h.Fault.Name); ok {
			u.HowToGet = rules.Say(f.HowToGet, c.graph.Component(h.Component))
		}
		if u.HowToGet.IsZero() {
			u.HowToGet = model.Say("measure %s: give it a selector or a signal in the topology", h.Component)
		}
		u.DecidesBetween = []string{h.Component}
		if len(c.ranking.Standings) > 0 && c.ranking.Standings[0].Hypothesis.Component != h.Component {
			u.DecidesBetween = append(u.DecidesBetween, c.ranking.Standings[0].Hypothesis.Component)
		}
		out = append(out, u)
	}
	return out
}

// wanted are the signals that would test a hypothesis: of the missing ones of the component those that mark the fault,
// else the names that the rule gives.
func (c *composer) wanted(h *model.Hypothesis, missing []string) []string {
	f, ok := c.fault(h.Fault.Name)
	if !ok || len(f.Shows) == 0 {
		return []string{"latency", "errors"} // how it answers is the first that one wants to know
	}
	var out []string
	for i := range f.Shows {
		m := &f.Shows[i]
		name := m.Signal
		if name == "" {
			name = strings.TrimSpace(strings.TrimPrefix(m.Resource, rules.NoResource) + " " + string(m.Kind))
		}
		if name != "" && (m.Signal == "" || len(missing) == 0 || slices.Contains(missing, m.Signal)) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
