package engine

import (
	"context"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/detect"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/engine/window"
)

// provisionalShare of the window, at its end, stands in for a symptom whose beginning nobody told.
const provisionalShare = 0.3

// settle fills in what the question leaves open: the end is the window's, the beginning a provisional one. It tells
// whether the symptom must be searched for.
func settle(inc *model.Incident) (search bool) {
	sym := &inc.Symptom
	if sym.Interval.To.IsZero() {
		sym.Interval.To = inc.Window.To
	}
	if sym.Interval.From.IsZero() {
		length := sym.Interval.To.Sub(inc.Window.From)
		sym.Interval.From = sym.Interval.To.Add(-max(inc.Step, time.Duration(float64(length)*provisionalShare)))
		return true
	}
	return sym.Component == ""
}

// locate finds the symptom: of the components that users meet (asked about, or else those nothing depends on), the one
// with the worst bad user-facing reading, of what was asked about if any of that is bad; it began at that reading's onset.
func locate(inc *model.Incident, g *topo.Graph, readings []*model.Reading, fromGiven bool) {
	asked := inc.Symptom
	felt := func(r *model.Reading) bool {
		sig := r.Series.Signal
		if !r.Abnormal() || !r.Bad || !sig.Kind.UserFacing() || r.Series.Subject.IsEdge() {
			return false
		}
		if asked.Component != "" {
			return r.Series.Subject.Component == asked.Component
		}
		return len(g.Dependents(r.Series.Subject.Component)) == 0
	}
	worst := model.Worst(readings, func(r *model.Reading) bool {
		return felt(r) && r.Series.Signal.Kind.Family() == asked.Signal.Family()
	})
	if worst == nil {
		worst = model.Worst(readings, felt)
	}
	if worst == nil {
		return
	}
	if asked.Component == "" {
		inc.Symptom.Component = worst.Series.Subject.Component
	}
	if asked.Signal == "" {
		inc.Symptom.Signal = worst.Series.Signal.Kind
	}
	if !fromGiven && !worst.Onset.Latest.IsZero() {
		inc.Symptom.Interval.From = worst.Onset.Latest
	}
}

// entrance is the component asked about when nobody named one and nothing is bad: the first, by name, that nothing
// depends on.
func entrance(g *topo.Graph) string {
	for _, n := range g.Names() {
		if len(g.Dependents(n)) == 0 && len(g.Carriers(n)) > 0 {
			return n
		}
	}
	if names := g.Names(); len(names) > 0 {
		return names[0]
	}
	return ""
}

// sight is everything that was read, held against its reference.
type sight struct {
	frame    *window.Frame
	readings []*model.Reading
	alike    []model.Interval // the symptom was bad then as it is now; no part of the reference
	expected []model.Expected // unusual, and taken out of the readings
}

// read lays out the incident's time, asks for every signal and holds it against its reference.
func (e *Engine) read(ctx context.Context, inc model.Incident, graph *topo.Graph, in Input, p planned, src window.Querier) (sight, error) {
	tl := layOut(inc)
	frame, err := window.Build(ctx, src, p.plan, in.Topology, inc.Symptom.Interval.To, tl.grid, tl.phases, window.BuildOptions{Concurrency: p.width})
	if err != nil {
		return sight{}, err
	}
	frame.Phases = tl.phasesOf(func(i int) bool {
		return slices.ContainsFunc(frame.Series, func(s *model.Series) bool { return !model.IsGap(s.Values[i]) })
	})
	seen := sight{frame: frame, readings: detect.Read(frame.Series, frame.Grid, frame.Phases, tl.season, detect.Options{})}
	if when, phases := episodes(inc.Symptom, &seen); len(when) > 0 {
		seen.alike, frame.Phases = when, phases
		seen.readings = detect.Read(frame.Series, frame.Grid, phases, tl.season, detect.Options{})
	}
	seen.expected = exempt(e.opts.Rules, graph, seen.readings, inc.Symptom.Interval.To)
	return seen, nil
}

// episodes finds the stretches of the reference in which the symptom was bad as it is now, and the phases without them;
// nil when there are none, or when nobody said where the symptom is.
func episodes(asked model.Symptom, seen *sight) ([]model.Interval, []model.Phase) {
	for _, r := range seen.readings {
		s := r.Series
		if r.State == model.StateUnknown || !s.Signal.Kind.UserFacing() || s.Subject.IsEdge() || s.Subject.Component != asked.Component ||
			(asked.Signal != "" && s.Signal.Kind.Family() != asked.Signal.Family()) {
			continue
		}
		if when, phases := detect.Episodes(r, seen.frame.Grid, seen.frame.Phases); len(when) > 0 {
			return when, phases
		}
	}
	return nil, nil
}
