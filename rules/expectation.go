package rules

import (
	"math"
	"slices"
	"strings"
	"time"

	prommodel "github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// Expectation is a mark together with how the signal behaves, where, since when and for whom.
type Expectation struct {
	Mark
	Shape     model.Shape
	Necessary bool
	On        model.Place
	By        string     `json:",omitempty"` // a label, of whose values only some show it
	Lag       *model.Lag `json:",omitempty"` // nil = at any time
}

// ownMove tells whether it is a move of the component that has the fault.
func (x *Expectation) ownMove() bool { return x.On == model.OnComponent && x.Shape.Sign() != 0 }

// expectations reads a list of what is predicted, or of what contradicts. necessary is the default of that key.
func (r *reader) expectations(n *yaml.Node, path string, necessary bool) []Expectation {
	var out []Expectation
	r.list(n, path, func(v *yaml.Node, at string) {
		x := Expectation{Mark: Mark{Strength: Medium}, Necessary: necessary, On: model.OnComponent}
		r.mapping(v, at, r.expectationFields(&x), "is")
		r.checkMark(v, at, &x.Mark)
		if x.By != "" && x.Shape.Sign() == 0 {
			r.problem(v, join(at, "by"), "(%q) must stand beside is: up or is: down", x.By)
		}
		if x.Lag != nil && x.Shape.Sign() == 0 {
			r.problem(v, join(at, "lag"), "must stand beside is: up or is: down: what does not move has no onset")
		}
		out = append(out, x)
	})
	return out
}

func (r *reader) expectationFields(x *Expectation) map[string]field {
	fields := r.markFields(&x.Mark)
	fields["strength"] = func(v *yaml.Node, at string) { x.Strength = r.strength(v, at) }
	fields["is"] = func(v *yaml.Node, at string) { x.Shape = word(r, v, at, model.Shapes()) }
	fields["on"] = func(v *yaml.Node, at string) { x.On = word(r, v, at, model.Places()) }
	fields["necessary"] = func(v *yaml.Node, at string) { x.Necessary = r.flag(v, at) }
	fields["by"] = func(v *yaml.Node, at string) { x.By = r.token(v, at, labelPattern) }
	fields["lag"] = func(v *yaml.Node, at string) { x.Lag = r.lag(v, at) }
	return fields
}

func (r *reader) lag(n *yaml.Node, path string) *model.Lag {
	lag, before := &model.Lag{Max: math.MaxInt64}, len(*r.problems)
	r.mapping(n, path, map[string]field{
		"after": func(v *yaml.Node, at string) { lag.After = r.token(v, at, namePattern) },
		"min":   func(v *yaml.Node, at string) { lag.Min = r.duration(v, at) },
		"max":   func(v *yaml.Node, at string) { lag.Max = r.duration(v, at) },
	}, "after")
	if lag.Min > lag.Max && len(*r.problems) == before {
		r.problem(n, join(path, "max"), "(%s) must not be less than min (%s)", lag.Max, lag.Min)
	}
	return lag
}

// duration reads a duration as Prometheus writes it, with a minus before it where it is negative.
func (r *reader) duration(n *yaml.Node, path string) time.Duration {
	text, negative := strings.CutPrefix(n.Value, "-")
	d, err := prommodel.ParseDuration(text)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.problem(n, path, "(%q) must be a duration such as 15s, 5m or -30s", n.Value)
		return 0
	}
	if negative {
		return -time.Duration(d)
	}
	return time.Duration(d)
}

// word reads one of a few words; "" when it is none of them.
func word[T ~string](r *reader, n *yaml.Node, path string, words []T) T {
	if w := T(n.Value); n.Kind == yaml.ScalarNode && slices.Contains(words, w) {
		return w
	}
	known := make([]string, len(words))
	for i, w := range words {
		known[i] = string(w)
	}
	r.problem(n, path, "(%q) must be one of %s", n.Value, strings.Join(known, ", "))
	return ""
}
