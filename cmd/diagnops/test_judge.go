package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

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

// judgeMissing looks for a signal among what nobody measures.
func judgeMissing(d *model.Diagnosis, e *collectors.RuleExpectation) (string, bool) {
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

// printLedgers writes the answer, and how the first cause and the faults that a failed test is about were reasoned on.
func printLedgers(b *strings.Builder, r *ruleResult) {
	about := func(component, fault string) bool {
		return slices.ContainsFunc(r.failures, func(f ruleFailure) bool {
			return f.expect.Component == component && (f.expect.Fault == fault || f.expect.Fault == "")
		})
	}
	fmt.Fprintf(b, "    %s\n", r.answer.Outcome.Summary)
	for _, c := range r.answer.Causes {
		if c.Rank == 1 || about(c.Component, c.Fault) {
			fmt.Fprintf(b, "    %d. %s %s, probability %.4f\n", c.Rank, c.Component, c.Fault, c.Probability)
			printLedger(b, c.Evidence)
		}
	}
	for _, x := range r.answer.Eliminated {
		if about(x.Component, x.Fault) {
			fmt.Fprintf(b, "    ruled out: %s %s\n", x.Component, x.Fault)
			printLedger(b, x.Evidence)
		}
	}
	for _, s := range r.answer.Contest.Suspects {
		if !about(s.Component, s.Fault) || isCause(r.answer, s.Component, s.Fault) {
			continue
		}
		fmt.Fprintf(b, "    survives behind another fault: %s %s\n", s.Component, s.Fault)
		for i, name := range model.TestNames() {
			if s.Evidence[i] != 0 {
				fmt.Fprintf(b, "        %-8s %+5.2f  %s\n", "", s.Evidence[i], name)
			}
		}
	}
}

func isCause(d *model.Diagnosis, component, fault string) bool {
	return slices.ContainsFunc(d.Causes, func(c model.Cause) bool { return c.Component == component && c.Fault == fault })
}

func printLedger(b *strings.Builder, ledger []model.Evidence) {
	for _, e := range ledger {
		fmt.Fprintf(b, "        %-8s %+5.2f  %-15s %s\n", e.Verdict, e.Weight, e.Test, e.Text)
	}
}
