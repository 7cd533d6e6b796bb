package collectors

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// RuleExpectation is one line of what is expected of a diagnosis. What it is about is told by the field that is set:
// Verdict (what becomes of a fault of a component), Missing (a signal that is named among what is missing), Change (what is
// said of a change), Expected (a signal that is unusual and held against nobody), Cohort (a label that carries the
// badness), Component (a cause); else Status alone, of the whole answer.
type RuleExpectation struct {
	Line             int
	Component, Fault string       // "" = any
	Signal           string       // by which a cause shows; "" = any
	Rank             int          // of a cause, or among what would tell who is to blame, from 1; 0 = any
	Status           model.Status // of the answer; "" = any
	AtLeast, AtMost  float64      // of a cause's probability; 0 to 1 where not given
	Verdict          RuleVerdict
	Test             string // by which a fault is ruled out; "" = any
	Missing          string
	Change           string
	Relation         model.Relation
	Expected         string
	Cohort, Value    string // a label that carries the badness, and the value of it that does; "" = any
}

// RuleVerdict is what becomes of the supposition that a component has a fault.
type RuleVerdict string

// The verdicts. What is untested survives for want of measurements.
const (
	RuleSuspected RuleVerdict = "suspected"
	RuleRuledOut  RuleVerdict = "ruled_out"
	RuleUntested  RuleVerdict = "untested"
	RuleNotRaised RuleVerdict = "not_raised"
)

var ruleVerdicts = []RuleVerdict{RuleSuspected, RuleRuledOut, RuleUntested, RuleNotRaised}

var (
	statuses  = []model.Status{model.Diagnosed, model.Inconclusive, model.Healthy}
	relations = []model.Relation{model.RelationSuspect, model.RelationCleared, model.RelationUnrelated, model.RelationUnknown}
)

// String is the expectation as one writes it.
func (e RuleExpectation) String() string {
	var parts []string
	add := func(key string, value any, given bool) {
		if given {
			parts = append(parts, fmt.Sprintf("%s: %v", key, value))
		}
	}
	add("component", e.Component, e.Component != "")
	add("fault", e.Fault, e.Fault != "")
	add("signal", e.Signal, e.Signal != "")
	add("rank", e.Rank, e.Rank > 0)
	add("status", e.Status, e.Status != "")
	add("at_least", e.AtLeast, e.AtLeast > 0)
	add("at_most", e.AtMost, e.AtMost < 1)
	add("verdict", e.Verdict, e.Verdict != "")
	add("test", e.Test, e.Test != "")
	add("missing", e.Missing, e.Missing != "")
	add("change", e.Change, e.Change != "")
	add("relation", e.Relation, e.Relation != "")
	add("expected", e.Expected, e.Expected != "")
	add("cohort", e.Cohort, e.Cohort != "")
	add("value", e.Value, e.Value != "")
	return strings.Join(parts, ", ")
}

func (r *ruleTestReader) expectations(n *yaml.Node, path string, topology *model.Topology) []RuleExpectation {
	var out []RuleExpectation
	r.list(n, path, func(n *yaml.Node, path string) {
		e := RuleExpectation{Line: n.Line, AtMost: 1}
		before := len(r.problems) + r.dropped
		r.mapping(n, path,
			field{"component", false, r.component(&e.Component, topology)},
			field{"fault", false, r.name(&e.Fault)},
			field{"signal", false, r.name(&e.Signal)},
			field{"rank", false, r.integer(&e.Rank, 1, maxRank)},
			field{"status", false, oneOf(r, &e.Status, statuses)},
			field{"at_least", false, r.number(&e.AtLeast, 1)},
			field{"at_most", false, r.number(&e.AtMost, 1)},
			field{"verdict", false, oneOf(r, &e.Verdict, ruleVerdicts)},
			field{"test", false, r.testName(&e.Test)},
			field{"missing", false, r.name(&e.Missing)},
			field{"change", false, r.name(&e.Change)},
			field{"relation", false, oneOf(r, &e.Relation, relations)},
			field{"expected", false, r.name(&e.Expected)},
			field{"cohort", false, r.name(&e.Cohort)},
			field{"value", false, r.text(&e.Value)},
		)
		if len(r.problems)+r.dropped == before {
			if rule := e.contradiction(); rule != "" {
				r.fail(n, path, "%s", rule)
			}
		}
		out = append(out, e)
	})
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.fail(n, path, "must expect something: a test that cannot fail tests nothing")
	}
	return out
}

// maxRank is the last place that an answer has.
const maxRank = 20

// contradiction is what does not go together; "" = nothing.
func (e *RuleExpectation) contradiction() string {
	cause := e.Rank > 0 && e.Missing == "" || e.AtLeast > 0 || e.AtMost < 1 || e.Signal != ""
	kinds := 0
	for _, given := range []bool{e.Verdict != "", e.Missing != "", e.Change != "", e.Expected != "", e.Cohort != "", cause} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return "must be about one thing: a verdict, what is missing, a change, what is expected, a cohort, or a cause"
	case e.Verdict != "" && (e.Component == "" || e.Fault == "" || e.Status != ""):
		return "must name component and fault, and nothing but a test, beside a verdict"
	case e.Test != "" && e.Verdict != RuleRuledOut:
		return "must have verdict: ruled_out beside a test"
	case (e.Change != "") != (e.Relation != ""):
		return "must have both change and relation, or neither"
	case (e.Change != "" || e.Missing != "" || e.Cohort != "") && (e.Fault != "" || e.Status != "") || e.Expected != "" && e.Fault != "":
		return "must not name a fault or status here"
	case e.Value != "" && e.Cohort == "":
		return "must name the cohort's label beside a value"
	case cause && e.Component == "", kinds == 0 && e.Component == "" && e.Status == "":
		return "must name a component, a status, what is missing, a change, what is expected or a cohort"
	}
	return ""
}

// oneOf reads one of a few words.
func oneOf[T ~string](r *ruleTestReader, dst *T, known []T) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, "a word")
		if !ok {
			return
		}
		if !slices.Contains(known, T(s)) {
			r.fail(n, path, "(%q) must be one of %s%s", s, joinWords(known), hint(s, words(known)))
			return
		}
		*dst = T(s)
	}
}
