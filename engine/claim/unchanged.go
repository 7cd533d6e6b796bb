package claim

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// unchanged asks whether anything was altered about the component: told, or seen in its metrics. That nothing is known of
// a change confirms it only where something would have shown one all the time.
func unchanged(h *hearing) finding {
	c := h.claim
	ours := func(component string, kind model.ChangeKind) bool {
		return component == c.Component && (c.Change == "" || kind == c.Change)
	}
	for i := range h.Scene.Changes {
		o := &h.Scene.Changes[i]
		if !ours(o.Component, o.Kind) || !o.Deliberate() || o.At.Before(c.Since) {
			continue
		}
		if o.Seen != nil && o.Seen.Verdict == model.Refutes {
			return cannotTell(model.Say("%s was told of at %s, but metrics do not show it: %s", o.Named(), model.FormatClock(o.At), o.Seen.What))
		}
		return of(model.ClaimContradicted, model.Say("%s at %s: %s", o.Kind, model.FormatClock(o.At), o.Named()))
	}
	var watched []string
	for _, w := range h.Scene.Watches {
		until := h.Scene.Symptom.Interval.To.Add(-2 * h.Scene.Grid.Step)
		since := c.Since.IsZero() || !w.Interval.From.After(c.Since)
		if ours(w.Component, w.Kind) && deliberate(w.Kind) && since && !w.Interval.To.Before(until) {
			name := w.What.String()
			if w.Shows != "" {
				name += " " + w.Shows
			}
			if !slices.Contains(watched, name) {
				watched = append(watched, name)
			}
		}
	}
	if len(watched) > 0 {
		return of(model.ClaimConfirmed, model.Say("nothing was told of, and this stayed as it was: %s", strings.Join(watched, ", ")))
	}
	return cannotTell(model.Say("nothing was told of, and nothing that is measured of %s would show it", c.Component), "version")
}

// deliberate tells whether what is found of a kind is made by somebody.
func deliberate(k model.ChangeKind) bool {
	return (&model.Change{Kind: k, Found: true}).Deliberate()
}
