package rules

import (
	"regexp"
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
	// HostResource, of a component that runs on a host: the host's resource which, if normal, refutes the fault.
	HostResource string
	// Nature is what kind of mechanism it is, which decides how it is tested.
	Nature model.Nature
	// Changes are the kinds of change events that a fault of NatureChange stands or falls by.
	Changes []model.ChangeKind
	// Control is who could have prevented or can end it.
	Control model.Control
	// Prior is the log-odds that experience adds before any evidence.
	Prior float64

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

// Advice is a piece of advice with placeholders: {{component}}, {{owner}} and {{label}} of the component's selector.
type Advice struct {
	Text    model.Message
	Command string        // to be run as it stands; "" = none
	Risk    model.Message // what it could break; zero = nothing known
}

// Befalls tells whether the fault can befall components of that kind.
func (f Fault) Befalls(kind string) bool {
	return matchesKind(f.Kinds, kind) && !matchesKind(f.NotKinds, kind)
}

// Marks tells whether the signal, abnormal in its bad direction, is a sign of the fault, and how telling: 0 to 1.
func (f Fault) Marks(sig *model.Signal) (strength float64, ok bool) {
	return firstMark(f.Shows, sig)
}

// Refutes tells whether the signal is one of those that, measured and normal all of them, rule the fault out.
func (f Fault) Refutes(sig *model.Signal) bool {
	_, ok := firstMark(f.Excludes, sig)
	return ok
}

func firstMark(marks []Mark, sig *model.Signal) (float64, bool) {
	for i := range marks {
		if marks[i].Matches(sig) {
			return marks[i].Strength, true
		}
	}
	return 0, false
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

// For fills the placeholders with what is known of the component. What is not known stays as a name in angle brackets,
// so that nobody runs a command with a guess in it.
func (a Advice) For(c *model.Component) model.Action {
	return model.Action{
		Component: c.Name, Text: fillMessage(a.Text, c), Command: fillAdvice(a.Command, c), Risk: fillMessage(a.Risk, c),
	}
}

// Say fills the placeholders of a fault's text with what is known of the component.
func Say(m model.Message, c *model.Component) model.Message { return fillMessage(m, c) }

func fillMessage(m model.Message, c *model.Component) model.Message {
	m.Format, m.Korean = fillAdvice(m.Format, c), fillAdvice(m.Korean, c)
	return m
}

var advicePlaceholder = regexp.MustCompile(`\{\{([a-zA-Z_][a-zA-Z0-9_.]*)\}\}`)

func fillAdvice(text string, c *model.Component) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return advicePlaceholder.ReplaceAllStringFunc(text, func(p string) string {
		name := p[2 : len(p)-2]
		value := c.Selector[name]
		switch name {
		case "component":
			value = c.Name
		case "owner":
			value = c.Owner
		case "host":
			value, _, _ = strings.Cut(c.Selector["instance"], ":")
		}
		if value == "" {
			return "<" + name + ">"
		}
		return value
	})
}
