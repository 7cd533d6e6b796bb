package collectors

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

// seed adds every broken file of a kind, and good ones.
func seed(f *testing.F, pattern string, good ...string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(brokenDir, pattern))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds %s: %v", pattern, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range good {
		f.Add([]byte(text))
	}
}

// checkProblems fails unless err is a list of problems that can be printed, within the file.
func checkProblems(t *testing.T, data []byte, err error) {
	t.Helper()
	var problems Problems
	if !errors.As(err, &problems) || len(problems) == 0 || len(problems) > maxProblems+1 {
		t.Fatalf("not problems: %v", err)
	}
	for _, p := range problems {
		if p.Rule == "" || p.File != "f" || p.Line < 0 || p.Line > lineCount(data) {
			t.Fatalf("problem without rule or out of the file: %+v", p)
		}
	}
}

func FuzzTopology(f *testing.F) {
	seed(f, "topologies/*.yaml", goodTopology, "\r{", "---", "verjion: 0\r00n: 0\r0000000000:")
	promql := parser.NewParser(parser.Options{})
	f.Fuzz(func(t *testing.T, data []byte) {
		topo, err := ParseTopology("f", data)
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		for _, d := range topo.Dependencies {
			if topo.Component(d.From) == nil || topo.Component(d.To) == nil || d.From == d.To {
				t.Fatalf("dependency %+v", d)
			}
		}
		for _, s := range topo.Signals {
			if _, err := promql.ParseExpr(s.Expr); err != nil || (s.By == "") == (s.Edge == nil) {
				t.Fatalf("signal %+v: %v", s, err)
			}
		}
		again, err := ParseTopology("f", data)
		if err != nil || !cmp.Equal(topo, again) {
			t.Fatalf("read differently the second time: %v", err)
		}
	})
}

func FuzzChanges(f *testing.F) {
	seed(f, "changes/*.jsonl", goodChanges)
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseChanges("f", data)
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		ids := map[string]bool{}
		for i, c := range list {
			if c.ID == "" || ids[c.ID] || c.At.IsZero() || !slices.Contains(model.ChangeKinds(), c.Kind) {
				t.Fatalf("change %+v", c)
			}
			ids[c.ID] = true
			if i > 0 && c.At.Before(list[i-1].At) {
				t.Fatalf("not sorted at %d", i)
			}
		}
	})
}

func FuzzJSON(f *testing.F)         { fuzzFormat(f, FormatJSON) }
func FuzzCDEvents(f *testing.F)     { fuzzFormat(f, FormatCDEvents) }
func FuzzPagerDuty(f *testing.F)    { fuzzFormat(f, FormatPagerDuty) }
func FuzzGrafana(f *testing.F)      { fuzzFormat(f, FormatGrafana) }
func FuzzGitHub(f *testing.F)       { fuzzFormat(f, FormatGitHub) }
func FuzzArgoCD(f *testing.F)       { fuzzFormat(f, FormatArgoCD) }
func FuzzAlertmanager(f *testing.F) { fuzzFormat(f, FormatAlertmanager) }

// fuzzFormat holds what is read of one format against what every change must have.
func fuzzFormat(f *testing.F, format ChangeFormat) {
	f.Helper()
	for _, file := range examples(f, format) {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	if format != FormatJSON {
		seed(f, "changes/"+string(format)+".jsonl")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := ChangeInput{File: "f", Format: format, Received: receivedAt}
		told, none, err := ReadChanges(in, data)
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		keys := map[string]bool{}
		for _, c := range told {
			if c.ID == "" || c.Key == "" || keys[c.Key] || c.At.IsZero() || c.Format != format ||
				!slices.Contains(model.ChangeKinds(), c.Kind) || c.Component != "" && nameRule(c.Component) != "" {
				t.Fatalf("change %+v", c)
			}
			keys[c.Key] = true
		}
		again, noneAgain, err := ReadChanges(in, data)
		if err != nil || !cmp.Equal(told, again) || !cmp.Equal(none, noneAgain) {
			t.Fatalf("read differently the second time: %v", err)
		}
	})
}

func FuzzIncidentLines(f *testing.F) {
	seed(f, "incidents/*.jsonl", goodIncidentLine)
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseIncidentLines("f", data)
		if err != nil {
			checkProblems(t, data, err)
			return
		}
		for _, line := range list {
			if problems := CheckIncident(line.Incident); len(problems) > 0 {
				t.Fatalf("accepted, but: %v", problems)
			}
		}
	})
}
