package correlate

import (
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Input is what a scene is made of.
type Input struct {
	Symptom    model.Symptom
	StepMillis int64
	Graph      *topo.Graph
	Readings   []*model.Reading
	Missing    []model.MissingSignal
	Changes    []model.Change
}

// Build sets the readings in relation.
func Build(in Input) *model.Scene {
	s := &model.Scene{
		Symptom: in.Symptom, Step: in.StepMillis, Readings: in.Readings, Missing: in.Missing, Changes: in.Changes,
	}
	s.Profiles, s.Calls = profiles(in.Graph.Names(), in.Readings)
	s.Influences = influences(in.Graph, s)
	return s
}
