package engine

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

const (
	// actedOn is the probability from which a cause gets actions that is not the diagnosis.
	actedOn = 0.3
)

// actions are what the rule packs advise for the accused, with the evidence that is the reason.
func (c *composer) actions() model.Actions {
	var a model.Actions
	if c.status == model.Healthy {
		return a
	}
	for i, s := range c.ranking.Standings {
		if s.Probability < actedOn && (i > 0 || c.status != model.Diagnosed) {
			break
		}
		h := s.Hypothesis
		f, ok := c.fault(h.Fault.Name)
		comp := c.graph.Component(h.Component)
		if !ok || comp == nil {
			continue
		}
		because := model.Say("%s is the likeliest cause found", h.Component)
		if e := heaviest(h.Terms); e != nil {
			because = e.Why
		}
		facts := rules.Facts{Component: comp, Reading: leading(h)}
		fill := func(advice []rules.Advice) []model.Action {
			out := make([]model.Action, 0, len(advice))
			for _, ad := range advice {
				act := runnable(ad.For(facts))
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
			a.Mitigate = append(a.Mitigate, model.Action{Component: h.Component, Text: facts.Say(f.Interacts), Because: because})
		}
	}
	return a
}

// leastSeverity is how urgent the fault that was diagnosed is, by its rule; "" = its rule does not say.
func (c *composer) leastSeverity() model.Severity {
	if c.status != model.Diagnosed {
		return ""
	}
	f, _ := c.fault(c.ranking.Standings[0].Hypothesis.Fault.Name)
	return f.Severity
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

// unfilled is a placeholder of a command for which nothing is known of the component.
var unfilled = regexp.MustCompile(`<[a-zA-Z_][a-zA-Z0-9_.]*>`)

// runnable leaves out a command that cannot be run as it stands. A selector that names the machine's own address, as that
// of an exporter beside its Prometheus does, tells nobody where to log in: there the command is for the machine itself.
func runnable(a model.Action) model.Action {
	if unfilled.MatchString(a.Command) {
		a.Command = ""
		return a
	}
	host, remote, isSSH := "", "", false
	if rest, ok := strings.CutPrefix(a.Command, "ssh "); ok {
		host, remote, isSSH = strings.Cut(rest, " ")
	}
	switch {
	case isSSH && loopback(host):
		a.Command = strings.TrimSuffix(strings.TrimPrefix(remote, "'"), "'")
		a.Text = model.Say("%s (run it on the machine itself)", a.Text)
	case slices.ContainsFunc(strings.Fields(a.Command), loopback):
		a.Command = ""
	}
	return a
}

// loopback tells whether a word of a command names the machine that it runs on, with or without a port.
func loopback(word string) bool {
	host, _, _ := strings.Cut(word, ":")
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// heaviest is the term that speaks most for a hypothesis, the first of equals; nil when none does.
func heaviest(terms []model.Term) *model.Term {
	var best *model.Term
	for i := range terms {
		if v := terms[i].Value; v > 0 && (best == nil || v > best.Value) {
			best = &terms[i]
		}
	}
	return best
}
