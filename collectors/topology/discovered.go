package topology

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// Certain is the confidence from which an edge is written without a remark.
	Certain = 0.8
	// Likely is the confidence from which an edge is written at all, as a guess; below, it is a comment.
	Likely = 0.5
)

// Discovered is what is known of a system: components by name, edges by their ends. Nothing is given twice.
type Discovered struct {
	Components []Component
	Edges      []Edge
	// Open are questions that the metrics raise and do not answer, one sentence each.
	Open []string
	// Partial: the source left questions unanswered; what is missing here need not be gone.
	Partial bool
}

// Component is one that was found.
type Component struct {
	model.Component
	Found string    // by what
	Seen  time.Time // last
}

// Edge is a dependency that was found, its confidence that of the moment in which it was Seen last.
type Edge struct {
	model.Dependency
	Why     string // it is believed
	Confirm string // what would confirm or refute it; "" = it needs no more
	Seen    time.Time
}

func compareComponents(a, b Component) int { return strings.Compare(a.Name, b.Name) }

func compareEdges(a, b Edge) int {
	return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.To, b.To), strings.Compare(string(a.Kind), string(b.Kind)))
}

// AgeOptions say how what is not seen any more is forgotten.
type AgeOptions struct {
	// Fresh is how long an edge keeps its full confidence; then it halves every HalfLife.
	Fresh, HalfLife time.Duration
	// Forget is when what was not seen is dropped.
	Forget time.Duration
}

// DefaultAge forgets a nightly job's edge only after it failed to come twice.
var DefaultAge = AgeOptions{Fresh: DefaultWindow, HalfLife: 12 * time.Hour, Forget: 48 * time.Hour}

// Confidence is an edge's at a time: less the longer it was not seen.
func (o AgeOptions) Confidence(e Edge, at time.Time) float64 {
	stale := at.Sub(e.Seen) - o.Fresh
	if stale <= 0 {
		return e.Confidence
	}
	return e.Confidence * math.Exp2(-stale.Seconds()/o.HalfLife.Seconds())
}

// Update is what is known at a time, of what was known and what is seen now. What is seen again is as it is seen now; what is
// not stays as it was until it is forgotten. It changes neither.
func Update(known, now *Discovered, at time.Time, o AgeOptions) *Discovered {
	out := &Discovered{Components: slices.Clone(now.Components), Edges: slices.Clone(now.Edges), Open: now.Open, Partial: now.Partial}
	for _, c := range known.Components {
		if _, again := slices.BinarySearchFunc(now.Components, c, compareComponents); !again && at.Sub(c.Seen) < o.Forget {
			out.Components = append(out.Components, c)
		}
	}
	slices.SortFunc(out.Components, compareComponents)
	for _, e := range known.Edges {
		_, again := slices.BinarySearchFunc(now.Edges, e, compareEdges)
		if !again && at.Sub(e.Seen) < o.Forget && out.has(e.From) && out.has(e.To) {
			out.Edges = append(out.Edges, e)
		}
	}
	slices.SortFunc(out.Edges, compareEdges)
	return out
}

func (d *Discovered) has(name string) bool {
	_, found := slices.BinarySearchFunc(d.Components, Component{Component: model.Component{Name: name}}, compareComponents)
	return found
}

// Topology is what is known as the engine reads it: all components, and the edges that are likely at the time.
func (d *Discovered) Topology(at time.Time, o AgeOptions) *model.Topology {
	t := &model.Topology{}
	for _, c := range d.Components {
		t.Components = append(t.Components, c.Component)
	}
	for _, e := range d.Edges {
		if confidence := o.Confidence(e, at); confidence >= Likely {
			dep := e.Dependency
			dep.Confidence = confidence
			t.Dependencies = append(t.Dependencies, dep)
		}
	}
	return t
}
