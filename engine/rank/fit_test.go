package rank

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// labelled are incidents in which one test always tells the truth and another always lies, under two causes.
func labelled() []Case {
	candidate := func(component string, honest, liar float64) Candidate {
		return Candidate{Component: component, Supported: true, Terms: map[string]float64{model.TestOwnSignal: honest, model.TestRole: liar}}
	}
	var cases []Case
	for i := range 12 {
		truth, other := "db", "web"
		if i%2 == 1 {
			truth, other = other, truth
		}
		cases = append(cases, Case{
			Set: "shop", Group: truth, Symptom: strong, True: []string{truth},
			Candidates: []Candidate{candidate(truth, 2, 0), candidate(other, 0, 2)},
		})
	}
	return cases
}

func TestFitTrustsWhatTellsTheTruth(t *testing.T) {
	cases := labelled()
	fitted, err := Fit(cases, weights, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if honest, liar := fitted.Test(model.TestOwnSignal), fitted.Test(model.TestRole); !(honest > 1 && liar < 1 && liar >= 0 && honest <= maxMultiplier) {
		t.Errorf("the test that tells the truth counts %g times, the one that lies %g", honest, liar)
	}
	if before, after := MeanLogProbability(cases, weights), MeanLogProbability(cases, fitted); !(after > before) {
		t.Errorf("fitted, the truth is worth %g, before %g", after, before)
	}
	if fitted.Test(model.TestDose) != 1 || fitted.LoneSignalCap != weights.LoneSignalCap || fitted.Diagnosed != weights.Diagnosed || fitted.Temperature != weights.Temperature {
		t.Errorf("what no case bears on, or is policy, was moved: %+v", fitted)
	}
	again, err := Fit(cases, weights, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fitted, again); diff != "" {
		t.Errorf("fitted twice (-first +second):\n%s", diff)
	}
}

func TestRidgeHoldsBack(t *testing.T) {
	moved := func(ridge float64) float64 {
		w, err := Fit(labelled(), weights, FitOptions{Ridge: ridge})
		if err != nil {
			t.Fatal(err)
		}
		return math.Abs(w.Test(model.TestOwnSignal) - 1)
	}
	if loose, tight := moved(0.01), moved(10); !(tight < loose/4) {
		t.Errorf("a loose ridge moves a weight by %g, a tight one by %g", loose, tight)
	}
}

// TestFewIncidentsMoveLittle: one incident moves the weights less than many that say the same.
func TestFewIncidentsMoveLittle(t *testing.T) {
	moved := func(cases []Case) float64 {
		w, err := Fit(cases, weights, FitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return math.Abs(w.Test(model.TestOwnSignal) - 1)
	}
	var many []Case
	for range 10 {
		many = append(many, labelled()...)
	}
	one, some, all := moved(many[:1]), moved(many[:12]), moved(many)
	if !(one < some && some < all && one < 0.25 && all > 0.5) {
		t.Errorf("one incident moves a multiplier by %.2f, twelve by %.2f, %d by %.2f", one, some, len(many), all)
	}
}

func TestFitOfNothing(t *testing.T) {
	if _, err := Fit(nil, weights, FitOptions{}); err == nil || !strings.Contains(err.Error(), "no labelled incidents") {
		t.Errorf("error %v", err)
	}
}

// TestCrossValidation judges each case by weights that did not see its cause: a cause that another contradicts does
// worse than when the fit may see it.
func TestCrossValidation(t *testing.T) {
	cases := labelled()
	for i := range cases {
		if cases[i].Group == "web" { // Here the liar tells the truth.
			for k := range cases[i].Candidates {
				terms := cases[i].Candidates[k].Terms
				terms[model.TestOwnSignal], terms[model.TestRole] = terms[model.TestRole], terms[model.TestOwnSignal]
			}
		}
	}
	blind, err := CrossValidate(cases, weights, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := Fit(cases, weights, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(blind) != len(cases) {
		t.Fatalf("%d results of %d cases", len(blind), len(cases))
	}
	if unseen, seen := MeanOverSets(cases, blind), MeanLogProbability(cases, all); !(unseen < seen) {
		t.Errorf("unseen, the truth is worth %g, seen %g", unseen, seen)
	}
}

// TestCrossValidationLeavesTheGroupOut: where all incidents are of one cause nothing is left to fit on.
func TestCrossValidationLeavesTheGroupOut(t *testing.T) {
	cases := labelled()
	for i := range cases {
		cases[i].Group = "all"
	}
	blind, err := CrossValidate(cases, weights, FitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, len(cases))
	for i, c := range cases {
		want[i] = logProbability(c, weights)
	}
	if diff := cmp.Diff(want, blind); diff != "" {
		t.Errorf("held out (-as it was +got):\n%s", diff)
	}
}

func TestEverySetWeighsTheSame(t *testing.T) {
	cases := []Case{{Set: "a"}, {Set: "a"}, {Set: "a"}, {Set: "b"}}
	if got := MeanOverSets(cases, []float64{-1, -1, -1, -3}); got != -2 {
		t.Errorf("mean %g, want -2", got)
	}
}

// TestCaseGivesBackTheRanking: what the fit takes a case for has the probability that the ranking gave.
func TestCaseGivesBackTheRanking(t *testing.T) {
	w := weights
	w.Tests = map[string]float64{model.TestOwnSignal: 1.5}
	hs := []*model.Hypothesis{
		suspect("db", "slow", supports(model.TestOwnSignal, "a", 2), supports(model.TestCallersSee, "b", 0.5)),
		suspect("web", "slow", supports(model.TestOwnSignal, "c", 1), supports(model.TestCallersSee, "d", 1)),
		suspect("cart", "slow", model.Evidence{Test: model.TestRole, Verdict: model.Supports, Weight: 1}),
	}
	r := Rank(hs, faint, w)
	d := &model.Diagnosis{Symptom: model.SymptomEvidence{Strength: faint.Strength, Measured: faint.Measured}}
	for _, s := range r.Standings {
		d.Causes = append(d.Causes, model.Cause{Component: s.Hypothesis.Component, Score: s.Hypothesis.Terms, Supported: Supported(s.Hypothesis)})
	}
	for _, s := range r.Standings {
		truth := model.Truth{Causes: []model.TrueCause{{Component: s.Hypothesis.Component}}}
		got := math.Exp(logProbability(NewCase("shop", d, truth, w), w))
		if math.Abs(got-s.Probability) > 1e-4 {
			t.Errorf("%s: ranked with %g, fitted as %g", s.Hypothesis.Component, s.Probability, got)
		}
	}
	accused := 0.0
	for _, s := range r.Standings {
		accused += s.Probability
	}
	if got := math.Exp(logProbability(NewCase("shop", d, model.Truth{None: true}, w), w)); math.Abs(got-(1-accused)) > 3e-4 {
		t.Errorf("that nobody is to blame has %g, want what is left of 1: %g", got, 1-accused)
	}
}

func TestWriteWeights(t *testing.T) {
	var b bytes.Buffer
	w := weights
	w.Tests = map[string]float64{model.TestRole: 1.357}
	if err := WriteWeights(&b, "fitted", w); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"# fitted\n", "\n    role: 1.36\n", "\n    dose: 1.00\n", "\n  unsupported: -2.00\n", "\n  diagnosed: 0.40\n"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("%q is not in\n%s", line, b.String())
		}
	}
}
