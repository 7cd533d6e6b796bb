package correlate

import (
	"maps"
	"math"
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
// each was and what it is instead. What comes out as before, of profiles, calls and influences, is shared with the scene given.
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
	instead := func(readings []*model.Reading) []*model.Reading {
		readings = slices.Clone(readings)
		for i, r := range readings {
			if other := changed[r]; other != nil {
				readings[i] = other
			}
		}
		return readings
	}
	if of.IsEdge() {
		out.Calls = maps.Clone(s.Calls)
		delete(out.Calls, of)
		if old := s.Calls[of]; old != nil {
			for _, r := range instead(old.Readings) {
				addToCall(out.Calls, r)
			}
		}
	} else if old := s.Profiles[of.Component]; old != nil {
		out.Profiles = maps.Clone(s.Profiles)
		out.Profiles[of.Component] = profileOf(of.Component, instead(old.Readings))
	}
	out.Influences = maps.Clone(s.Influences)
	for name := range concerned(g, of) {
		if infs := influencesOn(name, g, out); !slices.EqualFunc(infs, s.Influences[name], sameInfluence) {
			out.Influences[name] = infs
		}
	}
	return out
}

// sameInfluence tells whether two influences of one dependency say the same.
func sameInfluence(a, b model.Influence) bool {
	same := func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) }
	return a.Caller == b.Caller && a.Callee == b.Callee && same(a.Overlap, b.Overlap) && same(a.Dose, b.Dose) &&
		same(a.Correlation, b.Correlation) && same(a.LagSeconds, b.LagSeconds) && same(a.Explained, b.Explained)
}
