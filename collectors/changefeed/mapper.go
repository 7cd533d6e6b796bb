package changefeed

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// Rule says outright what a change is about: where Label of an event has Value, it is Component. The label "component"
// stands for the name that the event was told with.
type Rule struct {
	Label, Value string
	Component    string // name or alias
}

// Mapper finds the components that changes are about. In order:
//
//  1. a Rule;
//  2. the name told is a component's name or alias, letter case aside;
//  3. a label that says what is concerned (nameLabels) is;
//  4. all labels of a component's selector are labels of the event; of several components, the one with the longest
//     selector;
//  5. the name told is a value in the selector of one component alone.
//
// A Mapper is immutable. A nil one leaves every change as it was told.
type Mapper struct {
	rules     map[[2]string]string // by label and value
	names     map[string]string    // by name or alias, in lower case
	selectors []*model.Component   // those with one, longest first
	values    map[string]string    // by value in a selector; "" = of several components
}

// nameLabels are the labels of an event that say what is concerned, best first. Of a path the last segment counts, and
// tags are parted by commas.
var nameLabels = []string{
	"component", "service", "service_name", "app", "application", "app.kubernetes.io/name", "deployment", "name", "job",
	"artifact", "repository", "tags", "instance", "source",
}

// NewMapper returns a mapper to the components of a topology. The error lists every rule that names none of them.
func NewMapper(t *model.Topology, rules []Rule) (*Mapper, error) {
	m := &Mapper{rules: map[[2]string]string{}, names: map[string]string{}, values: map[string]string{}}
	for i := range t.Components {
		c := &t.Components[i]
		for _, alias := range c.Aliases {
			setDefault(m.names, strings.ToLower(alias), c.Name)
		}
		if len(c.Selector) > 0 {
			m.selectors = append(m.selectors, c)
		}
		for _, value := range c.Selector {
			if first, known := m.values[value]; known && first != c.Name {
				m.values[value] = ""
				continue
			}
			m.values[value] = c.Name
		}
	}
	for i := range t.Components { // A name goes before an alias.
		m.names[strings.ToLower(t.Components[i].Name)] = t.Components[i].Name
	}
	slices.SortStableFunc(m.selectors, func(a, b *model.Component) int { return len(b.Selector) - len(a.Selector) })
	var problems []error
	for i, r := range rules {
		c := t.Find(r.Component)
		if c == nil {
			problems = append(problems, fmt.Errorf("rule %d: component (%q) must be a component of the topology", i+1, r.Component))
			continue
		}
		m.rules[[2]string{r.Label, r.Value}] = c.Name
	}
	return m, errors.Join(problems...)
}

func setDefault(m map[string]string, key, value string) {
	if _, known := m[key]; !known {
		m[key] = value
	}
}

// Component returns the component that a change is about. ok is false when none was found: then it is the name that was
// told, or where there is none, what the event says of itself.
func (m *Mapper) Component(c *model.Change) (name string, ok bool) {
	if m == nil {
		return c.Component, true
	}
	for _, find := range []func(*model.Change) string{m.byRule, m.byName, m.byLabel, m.bySelector} {
		if name := find(c); name != "" {
			return name, true
		}
	}
	if name := m.values[c.Component]; name != "" && c.Component != "" {
		return name, true
	}
	if c.Component != "" {
		return c.Component, false
	}
	return describe(c.Labels), false
}

func (m *Mapper) byRule(c *model.Change) string {
	if len(m.rules) == 0 {
		return ""
	}
	if name := m.rules[[2]string{"component", c.Component}]; name != "" {
		return name
	}
	for _, label := range slices.Sorted(maps.Keys(c.Labels)) {
		if name := m.rules[[2]string{label, c.Labels[label]}]; name != "" {
			return name
		}
	}
	return ""
}

func (m *Mapper) byName(c *model.Change) string { return m.names[strings.ToLower(c.Component)] }

func (m *Mapper) byLabel(c *model.Change) string {
	for _, label := range nameLabels {
		for value := range strings.SplitSeq(c.Labels[label], ",") {
			value = strings.TrimSuffix(strings.TrimRight(value, "/"), ".git")
			for _, name := range []string{value, value[strings.LastIndexByte(value, '/')+1:]} {
				if found := m.names[strings.ToLower(name)]; found != "" && name != "" {
					return found
				}
			}
		}
	}
	return ""
}

// bySelector finds the one component with the longest selector that the labels fulfil; "" when there are several.
func (m *Mapper) bySelector(c *model.Change) string {
	found, size := "", 0
	for _, candidate := range m.selectors {
		switch {
		case len(candidate.Selector) < size:
			return found
		case !fulfils(c.Labels, candidate.Selector):
		case found != "":
			return ""
		default:
			found, size = candidate.Name, len(candidate.Selector)
		}
	}
	return found
}

func fulfils(labels, selector map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

// describe names an event by its labels: by its tags, else by the first label there is.
func describe(labels map[string]string) string {
	if tags := labels["tags"]; tags != "" {
		return tags
	}
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		return k + "=" + labels[k]
	}
	return ""
}

// Map puts the component found into each change of a list, which it copies, and returns how many were not found.
func (m *Mapper) Map(changes []model.Change) (mapped []model.Change, unmapped int) {
	mapped = slices.Clone(changes)
	for i := range mapped {
		name, ok := m.Component(&mapped[i])
		mapped[i].Component = name
		if !ok {
			unmapped++
		}
	}
	return mapped, unmapped
}
