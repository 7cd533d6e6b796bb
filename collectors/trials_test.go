package collectors_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

const trialsCSV = `# a comment
kernel, cable, good, bad
6.1, c1, 3, 1
6.6, c1, , 2
6.6, c2, 5, 0
`

const trialsYAML = `version: 1
title: drops
run_cost: 2
trials:
- {with: {kernel: 6.1, cable: c1}, good: 3, bad: 1}
- {with: {kernel: 6.6, cable: c1}, outcome: bad}
- with: {cable: c2, kernel: 6.6}
  outcome: unknown
factors:
- {name: kernel, cost: 30, values: [6.9]}
- {name: cable}
`

func TestParseTrials(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct {
		text string
		want model.Trials
	}{
		"t.csv": {trialsCSV, model.Trials{
			RunCost: 1,
			Factors: []model.Factor{{Name: "kernel", Values: []string{"6.1", "6.6"}, Cost: 1}, {Name: "cable", Values: []string{"c1", "c2"}, Cost: 1}},
			Trials: []model.Trial{
				{Line: 3, Setting: []string{"6.1", "c1"}, Good: 3, Bad: 1},
				{Line: 4, Setting: []string{"6.6", "c1"}, Bad: 2},
				{Line: 5, Setting: []string{"6.6", "c2"}, Good: 5},
			},
		}},
		"t.yaml": {trialsYAML, model.Trials{
			Title: "drops", RunCost: 2,
			Factors: []model.Factor{{Name: "kernel", Values: []string{"6.1", "6.6", "6.9"}, Cost: 30}, {Name: "cable", Values: []string{"c1", "c2"}, Cost: 1}},
			Trials: []model.Trial{
				{Line: 5, Setting: []string{"6.1", "c1"}, Good: 3, Bad: 1},
				{Line: 6, Setting: []string{"6.6", "c1"}, Bad: 1},
				{Line: 7, Setting: []string{"6.6", "c2"}},
			},
		}},
	} {
		got, err := collectors.ParseTrials(file, []byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestTrialsOutcomesAndCosts(t *testing.T) {
	t.Parallel()
	got, err := collectors.ParseTrials("t.CSV", []byte("a,b,outcome\n2,0.5,cost\nx,y,good\nx,z,bad\nw,z,unknown\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Factors[0].Cost != 2 || got.Factors[1].Cost != 0.5 || len(got.Trials) != 3 || got.Trials[1].Bad != 1 || got.Trials[2].Good+got.Trials[2].Bad != 0 {
		t.Errorf("read %+v", got)
	}
}

func TestBadTrials(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, text, want string }{
		{"t.csv", "", "t.csv: must not be empty"},
		{"t.csv", "a,b\n1,2\n", "t.csv:1:1: header: must have a column outcome, or columns good and bad"},
		{"t.csv", "a,a,outcome\n", `t.csv:1:3: column 2: ("a") must be unique`},
		{"t.csv", "a,,outcome\n", "t.csv:1:3: column 2: must name a factor"},
		{"t.csv", "a,outcome,outcome\n", "t.csv:1:11: outcome: must be given once"},
		{"t.csv", "a,outcome\nx,fine\n", `t.csv:2:3: outcome: ("fine") must be good, bad or unknown, or good and bad be counts`},
		{"t.csv", "a,good,bad\nx,1,-1\n", `t.csv:2:5: bad: ("-1") must be a whole number from 0 to 1000000`},
		{"t.csv", "a,outcome,bad\nx,good,1\n", "t.csv:2:8: outcome: must not be given beside good and bad"},
		{"t.csv", "a,b,outcome\nx,,bad\n", "t.csv:2:3: b: must be given: every trial says what every factor was"},
		{"t.csv", "a,outcome\nmuch,cost\n", `t.csv:2:1: a: ("much") must be a cost: a number from 0 to 1e+09`},
		{"t.csv", "a,outcome\nx\n", "t.csv:2:1: must be CSV: wrong number of fields"},
		{"t.csv", "a,outcome\n", "t.csv: trials: must be given: one at least"},
		{"t.csv", "outcome\nbad\n", "t.csv: factors: must be given: one at least"},
		{"t.yaml", "factors: [{name: a}]\ntrials:\n- {with: {b: 1}, outcome: bad}\n", "t.yaml:3:3: trials[0].with.a: must be given: every trial says what every factor was\nt.yaml:3:3: trials[0].with.b: must be one of the factors"},
		{"t.yaml", "factors: [{name: a, price: 1}]\ntrials: []\n", `t.yaml:1:21: factors[0].price: unknown key; known are name, cost, values`},
		{"t.yaml", "run_cost: 0\nfactors: [{name: a}]\ntrials: []\n", "t.yaml:1:11: run_cost: (0) must be more than 0"},
		{"t.yaml", "factors: [{name: a}, {name: a}]\ntrials: []\n", `t.yaml:1:22: factors[1].name: ("a") must be unique`},
	} {
		_, err := collectors.ParseTrials(c.file, []byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q:\n  error %v\n  want  %s", c.text, err, c.want)
		}
	}
}

func FuzzParseTrials(f *testing.F) {
	f.Add(true, []byte(trialsCSV))
	f.Add(false, []byte(trialsYAML))
	f.Fuzz(func(t *testing.T, csv bool, data []byte) {
		file := "t.yaml"
		if csv {
			file = "t.csv"
		}
		got, err := collectors.ParseTrials(file, data)
		if err != nil {
			return
		}
		for _, trial := range got.Trials {
			if len(trial.Setting) != len(got.Factors) || trial.Good < 0 || trial.Bad < 0 {
				t.Errorf("trial %+v of %d factors", trial, len(got.Factors))
			}
		}
	})
}
