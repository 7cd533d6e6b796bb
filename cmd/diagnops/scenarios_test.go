package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/report"
)

// scenarioDir holds incidents that engineers lived through, as bundles with what must be answered.
const scenarioDir = "../../testdata/scenarios"

// scenarios runs f for each of them, at the same time.
func scenarios(t *testing.T, f func(t *testing.T, a *analyst, dir string)) {
	t.Helper()
	dirs, err := bundle.Find(scenarioDir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAnalyst(inputFlags{}, 1, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			f(t, a, dir)
		})
	}
}

// TestScenarios: every line of what is expected holds, of the incident as recorded and with the culprit's own metrics left
// out.
func TestScenarios(t *testing.T) {
	t.Parallel()
	scenarios(t, func(t *testing.T, a *analyst, dir string) {
		t.Helper()
		results, err := a.testIncident(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		s := &streams{out: &out, err: &out}
		if ok, err := s.printResults(filepath.Join(dir, expectFile), results, true); err != nil || !ok {
			t.Errorf("error %v\n%s", err, out.String())
		}
		if len(results) == 1 && results[0].answer.Outcome.Status == model.Diagnosed {
			t.Error("no variant leaves the culprit's own metrics out")
		}
	})
}

// TestScenarioAnswers: what is printed about each is what was read and approved.
func TestScenarioAnswers(t *testing.T) {
	t.Parallel()
	scenarios(t, func(t *testing.T, a *analyst, dir string) {
		t.Helper()
		b, err := bundle.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		}()
		d, err := a.bundle(t.Context(), b, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		d.Engine.Version, d.Engine.RulesHash, d.Engine.TookMS = "", "", 0
		var out bytes.Buffer
		if err := report.Render(&out, d, report.FormatText, report.Options{Width: 100}); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join(dir, "answer.golden")
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out.String()); diff != "" {
			t.Errorf("the answer changed (-approved +now); make scenarios writes it:\n%s", diff)
		}
	})
}
