package eliminate

import (
	"github.com/diagnops/diagnops/engine/model"
)

// witness is the one way by which tests look at a scene. It notes in whose trials it was asked about whom: where another
// scene differs in what is known of one component, only those need be tried again who asked about that one.
type witness struct {
	scene *model.Scene
	began *model.Reading      // the trouble that began first of all; nil when none is clear
	trial string              // whose trials are going on: a component
	asked map[string]*hearing // by the component that was asked about; nil = nobody wants to know
	first *hearing            // who asked which trouble began first; nil likewise
}

// hearing is who asked about something: components, each once where its trials follow one another.
type hearing struct{ by []string }

func (h *hearing) note(trial string) {
	if n := len(h.by); n == 0 || h.by[n-1] != trial {
		h.by = append(h.by, trial)
	}
}

func (w *witness) note(about string) {
	if w.asked == nil {
		return
	}
	h := w.asked[about]
	if h == nil {
		h = &hearing{}
		w.asked[about] = h
	}
	h.note(w.trial)
}

// profile is what was read on a component.
func (w *witness) profile(name string) *model.Profile {
	w.note(name)
	return w.scene.Profiles[name]
}

// influences are how far each thing that a component needs explains its trouble.
func (w *witness) influences(name string) []model.Influence {
	w.note(name)
	return w.scene.Influences[name]
}

// call is what was read on the calls from one component to another; nil = nobody measured them. Calls are noted under who
// makes them.
func (w *witness) call(from, to string) *model.Call {
	w.note(from)
	return w.scene.Calls[model.Subject{Component: from, Peer: to}]
}

func (w *witness) linkAlone(from, to string) bool {
	w.note(from)
	return w.scene.LinkAlone(from, to)
}

// firstTrouble is the trouble that began first of all; nil when none is clear.
func (w *witness) firstTrouble() *model.Reading {
	if w.first != nil {
		w.first.note(w.trial)
	}
	return w.began
}

// What was asked, and when what was changed, is the same in all scenes that are held against each other.

func (w *witness) symptom() *model.Symptom { return &w.scene.Symptom }
func (w *witness) step() int64             { return w.scene.Step }
func (w *witness) changes() []model.Change { return w.scene.Changes }
