package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/rules"
)

// shippedTests is where the tests of the packs that come with the program lie.
const shippedTests = "../../rules/packs/tests"

// TestShippedRules runs the tests of the packs that come with the program.
func TestShippedRules(t *testing.T) {
	t.Parallel()
	files, err := testFiles([]string{shippedTests})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			s := &streams{out: &out, err: &out, log: zerolog.Nop()}
			tester := &ruleTester{log: s.log, only: regexp.MustCompile(""), analysts: map[string]*analyst{}}
			results, err := tester.file(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := s.printResults(file, results, true); err != nil || !ok {
				t.Errorf("error %v\n%s", err, out.String())
			}
		})
	}
}

// untestedFaults lists the faults that still want a test: "expected", no test sees it accused; "refuted", no test sees it
// acquitted. It only ever gets shorter.
const untestedFaults = "testdata/untested-faults.txt"

// TestEveryFaultIsTested: of each fault of the packs, a test sees it accused where it is to blame, and another sees it
// acquitted where it is not.
func TestEveryFaultIsTested(t *testing.T) {
	t.Parallel()
	files, err := testFiles([]string{shippedTests})
	if err != nil {
		t.Fatal(err)
	}
	wanting := map[string]bool{}
	for _, f := range rules.Default().Faults() {
		wanting[f.Name+" expected"], wanting[f.Name+" refuted"] = true, true
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests, err := collectors.ParseRuleTests(file, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range tests.Tests {
			for _, e := range test.Expect {
				if _, known := rules.Default().Fault(e.Fault); e.Fault != "" && !known && len(tests.Rules) == 0 {
					t.Errorf("%s:%d: no pack has the fault %s", file, e.Line, e.Fault)
				}
				switch {
				case e.Verdict == collectors.RuleRuledOut || e.Verdict == collectors.RuleNotRaised:
					delete(wanting, e.Fault+" refuted")
				case e.Verdict == collectors.RuleSuspected || e.Rank == 1:
					delete(wanting, e.Fault+" expected")
				}
			}
		}
	}
	var lines strings.Builder
	for _, line := range slices.Sorted(maps.Keys(wanting)) {
		fmt.Fprintln(&lines, line)
	}
	if *update {
		if err := os.WriteFile(untestedFaults, []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(untestedFaults)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(lines.String(), "\n")); diff != "" {
		t.Errorf("what is listed as untested (-) and what is (+); a new fault needs two tests, -update takes out what has them:\n%s", diff)
	}
}
