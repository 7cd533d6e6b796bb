package correlate

import (
	"maps"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Input is what a scene is made of.
type Input struct {
	Symptom  model.Symptom
	Grid     model.Grid
	Graph    *topo.Graph
	Readings []*model.Reading
	Missing  []model.MissingSignal
	Changes  []model.Change
	Watches  []model.Watch
}

// Build sets the readings in relation.
func Build(in Input) *model.Scene {
	s := &model.Scene{
		Symptom: in.Symptom, Step: in.Grid.Step.Milliseconds(), Grid: in.Grid, Readings: in.Readings, Missing: in.Missing, Changes: in.Changes,
		Watches: in.Watches,
	}
	s.Profiles, s.Calls = profiles(in.Graph.Names(), in.Readings), calls(in.Readings)
	s.Influences = influences(in.Graph, s)
	return s
}

// Alter is the scene that Build makes of the same input with other readings of one subject, of which changed holds what
// each was and what it is instead. What was gathered on others is shared with the scene given.
func Alter(s *model.Scene, g *topo.Graph, of model.Subject, changed map[*model.Reading]*model.Reading) *model.Scene {
	out := &model.Scene{
		Symptom: s.Symptom, Step: s.Step, Grid: s.Grid, Readings: slices.Clone(s.Readings), Missing: s.Missing,
		Changes: s.Changes, Watches: s.Watches, Profiles: s.Profiles, Calls: s.Calls,
	}
	for i, r := range out.Readings {
		if other := changed[r]; other != nil {
			out.Readings[i] = other
		}
	}
	if old := s.Profiles[of.Component]; of.IsEdge() {
		out.Calls = calls(out.Readings)
	} else if old != nil {
		readings := slices.Clone(old.Readings)
		for i, r := range readings {
			if other := changed[r]; other != nil {
				readings[i] = other
			}
		}
		out.Profiles = maps.Clone(s.Profiles)
		out.Profiles[of.Component] = profileOf(of.Component, readings)
	}
	out.Influences = influences(g, out)
	return out
}
