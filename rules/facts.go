package rules

import (
	"regexp"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// Facts are what placeholders of a text are filled with: {{component}}, {{owner}}, {{host}} (of the selector's instance,
// without its port), {{label}} of the selector, and of the reading that decides for the fault {{signal}}, {{observed}},
// {{baseline}} and {{since}}. What is not known stays as a name in angle brackets, so that nobody runs a command with a
// guess in it.
type Facts struct {
	Component *model.Component
	Reading   *model.Reading // the most telling sign of the fault; nil = it shows none
}

// For fills the placeholders of a piece of advice.
func (a Advice) For(f Facts) model.Action {
	link := f.fill(a.Link, "")
	if strings.Contains(link, "<") {
		link = "" // it would lead nowhere
	}
	return model.Action{
		Component: f.Component.Name, Text: f.Say(a.Text), Command: f.fill(a.Command, ""), Risk: f.Say(a.Risk), Link: link,
	}
}

// Say fills the placeholders of a text of a rule pack.
func (f Facts) Say(m model.Message) model.Message {
	korean := ""
	if f.Reading != nil {
		korean = f.Reading.Series.Signal.TitleKo
	}
	m.Format, m.Korean = f.fill(m.Format, ""), f.fill(m.Korean, korean)
	return m
}

var placeholder = regexp.MustCompile(`\{\{([a-zA-Z_][a-zA-Z0-9_.]*)\}\}`)

// fill replaces placeholders. signal is the deciding signal's name in the text's language; "" = its label.
func (f Facts) fill(text, signal string) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		name := p[2 : len(p)-2]
		value, known := f.evidence(name, signal)
		if !known {
			value = f.of(name)
		}
		if value == "" {
			return "<" + name + ">"
		}
		return value
	})
}

// of is what is known of the component by a name.
func (f Facts) of(name string) string {
	switch name {
	case "component":
		return f.Component.Name
	case "owner":
		return f.Component.Owner
	case "host":
		host, _, _ := strings.Cut(f.Component.Selector["instance"], ":")
		return host
	}
	return f.Component.Selector[name]
}

// evidence is what is known of the deciding reading by a name; known tells whether the name is one of its own.
func (f Facts) evidence(name, signal string) (value string, known bool) {
	r := f.Reading
	switch name {
	case "signal", "observed", "baseline", "since":
		if r == nil {
			return "", true
		}
	default:
		return "", false
	}
	sig := r.Series.Signal
	switch {
	case name == "signal" && signal != "":
		return signal, true
	case name == "signal":
		return sig.Label(), true
	case name == "since" && r.Onset.Known():
		return model.FormatClock(r.Onset.Earliest), true
	case name == "observed" && r.State != model.StateUnknown:
		return model.FormatValue(r.Observed, sig.Unit), true
	case name == "baseline" && r.State != model.StateUnknown:
		return model.FormatValue(r.Baseline, sig.Unit), true
	}
	return "", true
}
