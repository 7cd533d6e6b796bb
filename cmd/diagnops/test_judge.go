package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// judgeRules holds an answer against all that is expected of it.
func judgeRules(name string, d *model.Diagnosis, expect []collectors.RuleExpectation) ruleResult {
	out := ruleResult{name: name, answer: d}
	for i := range expect {
		if answered, holds := judgeRule(d, &expect[i]); !holds {
			out.failures = append(out.failures, ruleFailure{&expect[i], answered})
		}
	}
	return out
}

// judgeRule tells whether an answer is as expected, and what it says of what was expected.
func judgeRule(d *model.Diagnosis, e *collectors.RuleExpectation) (answered string, holds bool) {
	switch {
	case e.Verdict != "":
		return judgeVerdict(d, e)
	case e.Missing != "":
		return judgeMissing(d, e)
	case e.Change != "":
		return judgeChange(d, e)
	case e.Expected != "":
		return judgeExpected(d, e)
	case e.Cohort != "":
		return judgeCohort(d, e)
	case e.Component != "":
		return judgeCause(d, e)
	}
	return "status: " + string(d.Outcome.Status), d.Outcome.Status == e.Status
}

// judgeCause looks for a cause at its rank, or at any.
func judgeCause(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	said := fmt.Sprintf("status: %s; %s", d.Outcome.Status, causesOf(d))
	if e.Status != "" && e.Status != d.Outcome.Status {
		return said, false
	}
	return said, slices.ContainsFunc(d.Causes, func(c model.Cause) bool {
		return c.Component == e.Component && (e.Fault == "" || c.Fault == e.Fault) && (e.Signal == "" || c.Signal == e.Signal) &&
			(e.Rank == 0 || c.Rank == e.Rank) && c.Probability >= e.AtLeast && c.Probability <= e.AtMost
	})
}

// causesOf is the head of the list of causes.
func causesOf(d *model.Diagnosis) string {
	const shown = 3
	if len(d.Causes) == 0 {
		return "nobody is suspected"
	}
	var parts []string
	for _, c := range d.Causes[:min(shown, len(d.Causes))] {
		parts = append(parts, fmt.Sprintf("%d. %s %s %.2f (%s)", c.Rank, c.Component, c.Fault, c.Probability, orNone(c.Signal)))
	}
	return strings.Join(parts, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "no signal"
	}
	return s
}

// judgeVerdict looks for what became of a fault.
func judgeVerdict(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	verdicts, said := verdictsOn(d, e.Component, e.Fault)
	if !slices.Contains(verdicts, e.Verdict) {
		return said, false
	}
	return said, e.Test == "" || slices.ContainsFunc(d.Eliminated, func(x model.Eliminated) bool {
		return x.Component == e.Component && x.Fault == e.Fault && x.Test == e.Test
	})
}

// verdictsOn are the verdicts that hold of a fault of a component, and the same in words. One that others' view speaks for
// while nobody measures its own signals is suspected and untested both.
func verdictsOn(d *model.Diagnosis, component, fault string) (verdicts []collectors.RuleVerdict, said string) {
	for _, x := range d.Eliminated {
		if x.Component == component && x.Fault == fault {
			return []collectors.RuleVerdict{collectors.RuleRuledOut}, fmt.Sprintf("ruled_out, test: %s (%s)", x.Test, x.Text)
		}
	}
	var parts []string
	for _, u := range d.Untested {
		if u.Component == component && u.Fault == fault {
			verdicts = append(verdicts, collectors.RuleUntested)
			parts = append(parts, "untested, missing: "+strings.Join(u.Missing, ", "))
		}
	}
	for _, s := range d.Contest.Suspects {
		if s.Component == component && s.Fault == fault && (s.Supported || len(verdicts) == 0) {
			verdicts = append(verdicts, collectors.RuleSuspected)
			parts = append(parts, "suspected"+placeOf(d, component, fault))
		}
	}
	if len(verdicts) == 0 {
		return []collectors.RuleVerdict{collectors.RuleNotRaised}, "not_raised"
	}
	return verdicts, strings.Join(parts, "; ")
}

// placeOf says where a component came in, and for which fault where that is another.
func placeOf(d *model.Diagnosis, component, fault string) string {
	for _, c := range d.Causes {
		switch {
		case c.Component != component:
		case c.Fault == fault:
			return fmt.Sprintf(", rank: %d (%.2f)", c.Rank, c.Probability)
		default:
			return fmt.Sprintf(", behind %s of the same component, rank: %d (%.2f)", c.Fault, c.Rank, c.Probability)
		}
	}
	return ""
}

// judgeMissing looks for a signal among what nobody measures; with a rank, among what would tell so much about who is to
// blame.
func judgeMissing(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	if e.Rank > 0 {
		return judgeTelling(d, e)
	}
	var missing []string
	for _, u := range d.Untested {
		if e.Component == "" || u.Component == e.Component {
			missing = append(missing, u.Missing...)
		}
	}
	for _, u := range d.Coverage.Unread {
		if e.Component == "" || u.Subject.Component == e.Component {
			missing = append(missing, u.Signal)
		}
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	if len(missing) == 0 {
		return "nothing is missing", false
	}
	return "missing: " + strings.Join(missing, ", "), slices.Contains(missing, e.Missing)
}

// judgeTelling looks for a signal at its place among what is untested: what would tell most comes first.
func judgeTelling(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	var parts []string
	for i, u := range d.Untested[:min(len(d.Untested), maxTelling)] {
		parts = append(parts, fmt.Sprintf("%d. %s %s: %s", i+1, u.Component, u.Fault, strings.Join(u.Missing, ", ")))
	}
	if e.Rank > len(d.Untested) {
		return fmt.Sprintf("%d are untested: %s", len(d.Untested), strings.Join(parts, "; ")), false
	}
	u := d.Untested[e.Rank-1]
	return strings.Join(parts, "; "), slices.Contains(u.Missing, e.Missing) && (e.Component == "" || e.Component == u.Component)
}

// maxTelling bounds how many untested faults a failed expectation prints.
const maxTelling = 3

// judgeChange looks for what is said of a change.
func judgeChange(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	var known []string
	for _, c := range d.Changes {
		if c.ID == e.Change {
			return fmt.Sprintf("relation: %s (%s)", c.Relation, c.Reason), c.Relation == e.Relation && (e.Component == "" || e.Component == c.Component)
		}
		known = append(known, c.ID)
	}
	if len(known) == 0 {
		return "no change is known", false
	}
	return "no such change; known are " + strings.Join(known, ", "), false
}

// judgeExpected looks for a signal that is unusual and held against nobody.
func judgeExpected(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	var names []string
	for _, x := range d.Expected {
		names = append(names, x.Component+" "+x.Signal)
		if x.Signal == e.Expected && (e.Component == "" || x.Component == e.Component) {
			return "expected: " + x.Signal, true
		}
	}
	if len(names) == 0 {
		return "nothing is excused as expected", false
	}
	return "expected: " + strings.Join(names, ", "), false
}

// judgeCohort looks for a label, or a value of it, that carries the badness by itself.
func judgeCohort(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
	if d.Cohorts == nil {
		return "nothing was held apart by labels", false
	}
	var said []string
	for _, s := range d.Cohorts.SeparatedBy {
		if len(s.Where) == 1 && s.Where[0].Label == e.Cohort && (e.Value == "" || s.Where[0].Value == e.Value && !s.Where[0].Not) &&
			(e.Component == "" || s.Component == e.Component) {
			return s.Text.String(), true
		}
		said = append(said, s.Text.String())
	}
	for _, c := range d.Cohorts.Compared {
		if !c.Separated {
			said = append(said, c.Text.String())
		}
	}
	return strings.Join(said, "; "), false
}
