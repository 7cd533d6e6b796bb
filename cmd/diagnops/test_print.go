package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// printResults writes what failed, then "ok" or "FAIL" and where the tests are from; ok tells which.
func (s *streams) printResults(from string, results []ruleResult, verbose bool) (ok bool, err error) {
	var b strings.Builder
	failed := 0
	for i := range results {
		r := &results[i]
		if len(r.failures) == 0 {
			if verbose {
				fmt.Fprintf(&b, "--- ok: %s\n", r.name)
			}
			continue
		}
		failed++
		fmt.Fprintf(&b, "--- FAIL: %s\n", r.name)
		for _, f := range r.failures {
			fmt.Fprintf(&b, "    %s:%d: expected %s\n        answered %s\n", from, f.expect.Line, f.expect, f.answered)
		}
		if verbose {
			printLedgers(&b, r)
		}
	}
	if failed > 0 {
		fmt.Fprintf(&b, "FAIL\t%s\t%d of %d tests failed\n", from, failed, len(results))
	} else {
		fmt.Fprintf(&b, "ok\t%s\t%d tests\n", from, len(results))
	}
	_, err = fmt.Fprint(s.out, b.String())
	return failed == 0, err
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
