package engine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/detect"
	"github.com/diagnops/diagnops/engine/model"
)

// maxWarnings bounds the list of what will be used up: an answer is about what is wrong now.
const maxWarnings = 5

// warnings are the signals of what the symptom needs that will be used up if they go on as they did up to its end, the
// earliest first; of several series of one signal the one that gets there first.
func (c *composer) warnings() []model.Warning {
	at := c.incident.Symptom.Interval.To
	var out []model.Warning
	for _, s := range c.frame.Series {
		if _, needed := c.reach[s.Subject.Component]; !needed {
			continue
		}
		if end, ok := detect.ExhaustionOf(s, c.frame.Grid, at); ok {
			out = append(out, warning(s, end, at))
		}
	}
	slices.SortStableFunc(out, func(a, b model.Warning) int {
		return cmp.Or(
			a.Exhausted.Likely.Compare(b.Exhausted.Likely), strings.Compare(a.Component, b.Component),
			strings.Compare(a.Peer, b.Peer), strings.Compare(a.Signal, b.Signal),
		)
	})
	first := out[:0]
	for _, w := range out {
		if !slices.ContainsFunc(first, func(f model.Warning) bool {
			return f.Component == w.Component && f.Peer == w.Peer && f.Signal == w.Signal
		}) {
			first = append(first, w)
		}
	}
	return first[:min(len(first), maxWarnings)]
}

// warning says when a series will be at its end, counted from a time.
func warning(s *model.Series, end detect.Exhaustion, at time.Time) model.Warning {
	in := func(t time.Time) string { return model.FormatDuration(max(0, t.Sub(at))) }
	return model.Warning{
		Component: s.Subject.Component, Peer: s.Subject.Peer, Signal: s.Signal.Name, Unit: s.Signal.Unit,
		Limit: end.Limit, PerHour: end.Slope,
		Exhausted: model.Exhaustion{Earliest: end.Earliest, Likely: end.Likely, Latest: end.Latest},
		Text: model.Say("if it goes on like this, %s of %s will reach %s in %s (%s to %s)",
			s.Signal.Said(), s.Subject.String(), model.FormatValue(end.Limit, s.Signal.Unit), in(end.Likely), in(end.Earliest), in(end.Latest)),
	}
}
