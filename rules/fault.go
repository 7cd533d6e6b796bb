package rules

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// Fault is what is known of one kind of fault: whom it befalls, how it shows, what refutes it, what to do.
type Fault struct {
	Name  string
	Kinds []string // component kinds it can befall; "*" = any
	// NotKinds are kinds taken out of "*".
	NotKinds []string
	// Title says the fault of a component: "the volume is saturated".
	Title model.Message
	// Shows are the signals that betray it, the most telling first.
	Shows []Mark
	// Excludes are necessary signs: where at least one was measured and none is abnormal, the fault is refuted.
	Excludes []Mark
	// Predicts is what else is to be seen where the fault is, each by itself; Contradicts is what, seen, speaks against it.
	Predicts, Contradicts []Expectation `json:",omitempty"`
	// HostResource, of a component that runs on a host: the host's resource which, if normal, refutes the fault.
	HostResource string
	// Nature is what kind of mechanism it is, which decides how it is tested.
	Nature model.Nature
	// Changes are the kinds of change events that a fault of NatureChange stands or falls by.
	Changes []model.ChangeKind
	// Recorded: it is supposed only where an event of one of these kinds is known of the component. Deploys are often not
	// recorded, and are supposed all the same; nobody supposes a failover that nobody knows of.
	Recorded bool `json:",omitempty"`
	// Control is who could have prevented or can end it.
	Control model.Control
	// Prior is the log-odds that experience adds before any evidence.
	Prior float64
	// Severity is how urgent it is at least, whatever users feel of it yet; "" = as urgent as what they feel.
	Severity model.Severity `json:",omitempty"`

	Mitigate    []Advice // what helps now, with what it could break
	Permanent   []Advice // what helps for good
	Experiments []Advice // what would prove or disprove it
	Runbook     []Advice // commands that look closer and change nothing
	// HowToGet says how to measure what decides about it.
	HowToGet model.Message
	// Interacts says which obvious cure is none, and why; zero = nothing to say.
	Interacts model.Message
}

// Mark matches signals, by name or by what they are about.
type Mark struct {
	Signal   string           // exact name; "" = any
	Kind     model.SignalKind // "" = any
	Resource string           // "" = any; NoResource = signals that are about none
	Strength float64          // 0 to 1: how much an abnormal signal tells
}

// NoResource in a mark matches signals without a resource.
const NoResource = "none"

// The strengths of a mark, by the word in the pack.
const (
	Strong = 1.0
	Medium = 0.6
	Weak   = 0.3
)

// Advice is a piece of advice with placeholders (see Facts).
type Advice struct {
	Text    model.Message
	Command string        // to be run as it stands; "" = none
	Link    string        `json:",omitempty"` // of the page that says more; "" = none
	Risk    model.Message // what it could break; zero = nothing known
}

// Befalls tells whether the fault can befall components of that kind.
func (f Fault) Befalls(kind string) bool {
	return matchesKind(f.Kinds, kind) && !matchesKind(f.NotKinds, kind)
}

// Marks tells whether the signal, abnormal in its bad direction, is a sign of the fault, and how telling: 0 to 1. A fault
// that names no signs shows itself by the moves that it predicts of the component.
func (f Fault) Marks(sig *model.Signal) (strength float64, ok bool) {
	if len(f.Shows) > 0 {
		return firstMark(f.Shows, sig)
	}
	for i := range f.Predicts {
		if x := &f.Predicts[i]; x.ownMove() && x.Matches(sig) {
			return x.Strength, true
		}
	}
	return 0, false
}

// Refutes tells whether the signal is one of those that, measured and normal all of them, rule the fault out: what it
// excludes by name, and the moves of the component that it predicts of necessity.
func (f Fault) Refutes(sig *model.Signal) bool {
	if _, ok := firstMark(f.Excludes, sig); ok {
		return true
	}
	return slices.ContainsFunc(f.Predicts, func(x Expectation) bool { return x.Necessary && x.ownMove() && x.Matches(sig) })
}

func firstMark(marks []Mark, sig *model.Signal) (float64, bool) {
	for i := range marks {
		if marks[i].Matches(sig) {
			return marks[i].Strength, true
		}
	}
	return 0, false
}

// Name is how the marked signal is asked for where nobody measures it: "io_queue_length", or "disk latency".
func (m *Mark) Name() string {
	if m.Signal != "" {
		return m.Signal
	}
	return strings.TrimSpace(strings.TrimPrefix(m.Resource, NoResource) + " " + string(m.Kind))
}

// Matches tells whether the mark speaks of the signal.
func (m *Mark) Matches(sig *model.Signal) bool {
	switch {
	case m.Signal != "" && m.Signal != sig.Name:
		return false
	case m.Kind != "" && m.Kind != sig.Kind:
		return false
	case m.Resource == NoResource:
		return sig.Resource == ""
	}
	return m.Resource == "" || m.Resource == sig.Resource
}
