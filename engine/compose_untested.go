package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// maxUntested bounds the list of what could not be told: nobody adds more signals than that in one go.
const maxUntested = 60

// untested are the hypotheses nothing speaks for or against, for want of signals; the ones nearest to the symptom first.
func (c *composer) untested() []model.Untested {
	missing := map[string][]string{}
	for _, m := range c.scene.Missing {
		if m.Subject.Component != "" {
			missing[m.Subject.Component] = append(missing[m.Subject.Component], m.Signal.Name)
		}
	}
	hs := slices.DeleteFunc(slices.Clone(c.ranking.Untested), c.testedByHost)
	slices.SortStableFunc(hs, func(a, b *model.Hypothesis) int {
		return cmp.Or(
			cmp.Compare(len(c.reach[a.Component].Names), len(c.reach[b.Component].Names)),
			cmp.Compare(b.Fault.Prior, a.Fault.Prior),
			strings.Compare(a.Component, b.Component), strings.Compare(a.Fault.Name, b.Fault.Name),
		)
	})
	var out []model.Untested
	for _, h := range hs[:min(len(hs), maxUntested)] {
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
