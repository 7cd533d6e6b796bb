package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// coverage counts the signals that were looked for and those that answered, and names what is not measured.
func (c *composer) coverage() model.Coverage {
	seen := make(map[signalOf]bool, len(c.frame.Series))
	for _, s := range c.frame.Series {
		seen[signalOf{s.Subject, s.Signal.Name}] = true
	}
	cov := model.Coverage{SignalsSeen: len(seen), SignalsExpected: len(seen)}
	unread := c.unread()
	for _, m := range c.scene.Missing {
		key := signalOf{m.Subject, m.Signal.Name}
		if seen[key] {
			continue
		}
		cov.SignalsExpected++
		if m.Subject.Component != "" {
			unread = append(unread, unreadSignal{key, m.Signal, cmp.Or(m.Reason, model.ReasonNoSeries)})
		}
	}
	for _, name := range c.graph.Names() {
		if _, on := c.reach[name]; on && len(c.scene.Profiles[name].Readings) == 0 {
			cov.Gaps = append(cov.Gaps, model.Say("nothing is measured on %s itself", name))
		}
	}
	cov.Gaps = append(cov.Gaps, c.gaps(unread)...)
	for _, u := range unread {
		cov.Unread = append(cov.Unread, model.UnreadSignal{Subject: u.of.subject, Signal: u.of.signal, Reason: u.reason})
	}
	for _, w := range c.frame.Warnings {
		cov.Gaps = append(cov.Gaps, model.Verbatim(w))
	}
	return cov
}

// signalOf is a signal of a subject, however many series (replicas, devices) it has.
type signalOf struct {
	subject model.Subject
	signal  string
}

// unreadSignal is one that cannot be judged, and why.
type unreadSignal struct {
	of     signalOf
	signal *model.Signal
	reason model.Reason
}

// unread lists the signals of which no series could be judged, and those of which a series stopped: what the others go on
// showing does not make up for that.
func (c *composer) unread() []unreadSignal {
	var unknown []unreadSignal
	known := map[signalOf]bool{} // of those of which some series is unknown: whether another is known
	for _, r := range c.scene.Readings {
		if r.State == model.StateUnknown && r.Reason != model.ReasonExempt {
			key := observationOf(r)
			unknown = append(unknown, unreadSignal{key, r.Series.Signal, r.Reason})
			known[key] = false
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	for _, r := range c.scene.Readings {
		if _, asked := known[observationOf(r)]; asked && r.State != model.StateUnknown {
			known[observationOf(r)] = true
		}
	}
	return slices.DeleteFunc(unknown, func(u unreadSignal) bool { return known[u.of] && u.reason != model.ReasonVanished })
}

// gaps says, once for each component and reason, what could not be judged, nearest to the symptom first. What a caller
// measures of its calls is the caller's.
func (c *composer) gaps(all []unreadSignal) []model.Message {
	type key struct {
		component string
		reason    model.Reason
	}
	counted := map[signalOf]map[model.Reason]bool{}
	signals := map[key][]*model.Signal{}
	for _, u := range all {
		if counted[u.of][u.reason] {
			continue
		}
		if counted[u.of] == nil {
			counted[u.of] = map[model.Reason]bool{}
		}
		counted[u.of][u.reason] = true
		k := key{u.of.subject.Component, u.reason}
		signals[k] = append(signals[k], u.signal)
	}
	keys := make([]key, 0, len(signals))
	for k := range signals {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(c.distance(a.component), c.distance(b.component)), cmp.Compare(a.component, b.component), cmp.Compare(a.reason, b.reason))
	})
	var out []model.Message
	for _, k := range keys {
		if n := len(signals[k]); n > 1 {
			out = append(out, model.Say("%s: %d signals (%s)", k.component, n, k.reason))
			continue
		}
		out = append(out, model.Say("%s: %s (%s)", k.component, signals[k][0].Said(), k.reason))
	}
	return out
}

// distance is how many steps a component lies below the symptom; what does not lie below it is farthest.
func (c *composer) distance(name string) int {
	if path, ok := c.reach[name]; ok {
		return len(path.Names)
	}
	return math.MaxInt
}
