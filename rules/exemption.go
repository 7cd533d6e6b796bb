package rules

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// Exemption is behaviour that is expected for a while, so that nobody is accused of it: a reindexing, a load test.
type Exemption struct {
	Component string            // name or alias; "" = any
	Kind      string            // of the component; "" = any
	Selector  map[string]string // labels that the component's selector has; empty = any
	Signal    string            // name
	Shape     model.Shape       // up, down or absent; "" = whichever way it is unusual
	Reason    model.Message
	Until     time.Time // it holds before
}

// Exemption returns the first exemption that covers a reading of a component, as of a time. Only what is unusual, or of
// which samples stopped, needs one.
func (s *Set) Exemption(c *model.Component, r *model.Reading, at time.Time) (*Exemption, bool) {
	if c == nil || !r.Amiss() {
		return nil, false
	}
	for i := range s.exemptions {
		if x := &s.exemptions[i]; x.covers(c, r) && at.Before(x.Until) {
			return x, true
		}
	}
	return nil, false
}

func (x *Exemption) covers(c *model.Component, r *model.Reading) bool {
	if x.Signal != r.Series.Signal.Name || (x.Component != "" && !c.Called(x.Component)) ||
		(x.Kind != "" && !matchesKind([]string{x.Kind}, c.Kind)) {
		return false
	}
	for name, value := range x.Selector {
		if c.Selector[name] != value {
			return false
		}
	}
	switch x.Shape {
	case "":
		return true
	case model.ShapeAbsent:
		return r.Reason == model.ReasonVanished
	}
	return r.Abnormal() && r.Sign == x.Shape.Sign()
}

func (r *reader) exemptions(n *yaml.Node, path string) []Exemption {
	var out []Exemption
	r.list(n, path, func(v *yaml.Node, at string) {
		var x Exemption
		r.mapping(v, at, map[string]field{
			"component": func(v *yaml.Node, at string) { x.Component = r.text(v, at) },
			"kind":      func(v *yaml.Node, at string) { x.Kind = r.token(v, at, kindPattern) },
			"selector":  func(v *yaml.Node, at string) { x.Selector = r.selector(v, at) },
			"signal":    func(v *yaml.Node, at string) { x.Signal = r.token(v, at, namePattern) },
			"is": func(v *yaml.Node, at string) {
				x.Shape = word(r, v, at, []model.Shape{model.ShapeUp, model.ShapeDown, model.ShapeAbsent})
			},
			"reason":    func(v *yaml.Node, at string) { x.Reason.Format = r.text(v, at) },
			"reason_ko": func(v *yaml.Node, at string) { x.Reason.Korean = r.text(v, at) },
			"until":     func(v *yaml.Node, at string) { x.Until = r.until(v, at) },
		}, "signal", "reason", "until")
		if x.Component == "" && x.Kind == "" && len(x.Selector) == 0 {
			r.problem(v, at, "must name a component, a kind or a selector")
		}
		out = append(out, x)
	})
	return out
}

// selector reads a mapping of labels to values.
func (r *reader) selector(n *yaml.Node, path string) map[string]string {
	if n.Kind != yaml.MappingNode {
		r.problem(n, path, "must be a mapping of labels to values")
		return nil
	}
	out := map[string]string{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := r.token(n.Content[i], path, labelPattern)
		if _, twice := out[name]; twice {
			r.problem(n.Content[i], join(path, name), "is given twice")
		}
		out[name] = r.text(resolve(n.Content[i+1]), join(path, name))
	}
	return out
}

// until reads the end of something: a time in RFC 3339, or a date, of which the whole day (in UTC) is meant.
func (r *reader) until(n *yaml.Node, path string) time.Time {
	if t, err := time.Parse(time.RFC3339, n.Value); err == nil {
		return t.UTC()
	}
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		r.problem(n, path, "(%q) must be a date such as 2026-12-31, or a time such as 2026-12-31T18:00:00Z", n.Value)
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}
