package window

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Frame is everything that was measured, on one time grid: what every later stage reads. Once built it is read-only and
// safe for any number of goroutines; a Frame must not be copied.
type Frame struct {
	// At is the event time of the cut.
	At time.Time
	// Grid is the time axis of all series.
	Grid model.Grid
	// Phases says, for each grid point, what it is used for.
	Phases []model.Phase
	// Series are ordered by subject, signal name and labels. Each has at least one value.
	Series []*model.Series
	// Missing are the signals that were looked for and not found, ordered by subject and signal name.
	Missing []model.MissingSignal
	// Warnings are in the words of whoever had them, bounded.
	Warnings []string
	// RawSeries and RawSamples count what the frame was made from; 0 when the source cannot tell.
	RawSeries, RawSamples int

	once      sync.Once
	bySubject map[model.Subject][]*model.Series // owner: once, then nobody
	edges     []model.Subject                   // owner: once, then nobody
}

// Of returns the series measured on a component itself, in the frame's order; calls are no part of it. The list must
// not be changed.
func (f *Frame) Of(component string) []*model.Series {
	return f.On(model.Subject{Component: component})
}

// OnEdge returns the series measured on the call of from to to, in the frame's order. The list must not be changed.
func (f *Frame) OnEdge(from, to string) []*model.Series {
	return f.On(model.Subject{Component: from, Peer: to})
}

// On returns the series measured on a subject, in the frame's order. The list must not be changed.
func (f *Frame) On(s model.Subject) []*model.Series {
	f.once.Do(f.index)
	return f.bySubject[s]
}

// Edges returns the calls that something was measured on, sorted. The list must not be changed.
func (f *Frame) Edges() []model.Subject {
	f.once.Do(f.index)
	return f.edges
}

func (f *Frame) index() {
	f.bySubject = map[model.Subject][]*model.Series{}
	for _, s := range f.Series {
		if s.Subject.IsEdge() && f.bySubject[s.Subject] == nil {
			f.edges = append(f.edges, s.Subject)
		}
		f.bySubject[s.Subject] = append(f.bySubject[s.Subject], s)
	}
	slices.SortFunc(f.edges, model.Subject.Compare)
}

// sort brings the frame into its order. It is stable, so that series which agree in everything keep the plan's order.
func (f *Frame) sort() {
	slices.SortStableFunc(f.Series, func(a, b *model.Series) int {
		if c := a.Subject.Compare(b.Subject); c != 0 {
			return c
		}
		if c := strings.Compare(a.Signal.Name, b.Signal.Name); c != 0 {
			return c
		}
		return a.Labels.Compare(b.Labels)
	})
	slices.SortStableFunc(f.Missing, func(a, b model.MissingSignal) int {
		if c := a.Subject.Compare(b.Subject); c != 0 {
			return c
		}
		return strings.Compare(a.Signal.Name, b.Signal.Name)
	})
}
