package rank

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestAgainIsWhatTheRankingSaid: with the same weights, the contest gives back components, order, probabilities and kind
// of answer; with others it gives what the ranking would have said with them. That holds for what NewCase leaves of it.
func TestAgainIsWhatTheRankingSaid(t *testing.T) {
	other := weights
	other.Tests = map[string]float64{model.TestOwnSignal: 0, model.TestCallersSee: 2.5, model.TestRole: 0.3}
	other.Unmeasured, other.Unsupported, other.Diagnosed = 0.5, -0.1, 0.6
	rapid.Check(t, func(t *rapid.T) {
		hs, symptom := anySuspects(t), anySymptom(t)
		contest := Rank(hs, symptom, weights).Contest
		for _, w := range []model.Weights{weights, other} {
			r := Rank(hs, symptom, w)
			want := &model.Diagnosis{Causes: []model.Cause{}}
			want.Outcome.Status = r.Decide(w)
			for i, s := range r.Standings {
				want.Causes = append(want.Causes, model.Cause{
					Rank: i + 1, Component: s.Hypothesis.Component, Fault: s.Hypothesis.Fault.Name, Probability: s.Probability,
				})
			}
			for name, c := range map[string]*model.Contest{
				"whole": contest, "distinct": NewCase("shop", &model.Diagnosis{Contest: contest}, model.Truth{}).Contest,
			} {
				got := Again(c, w)
				got.Contest = nil
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s (-ranked +again):\n%s", name, diff)
				}
			}
		}
	})
}

// TestLogProbabilityIsTheRankings: what the fit takes a case for has the probability that the ranking gave.
func TestLogProbabilityIsTheRankings(t *testing.T) {
	w := weights
	w.Tests = map[string]float64{model.TestOwnSignal: 1.5}
	hs := []*model.Hypothesis{
		suspect("db", "slow", supports(model.TestOwnSignal, "a", 2), supports(model.TestCallersSee, "b", 0.5)),
		suspect("db", "cpu", supports(model.TestOwnSignal, "a", 0.5)),
		suspect("web", "slow", supports(model.TestOwnSignal, "c", 1), supports(model.TestCallersSee, "d", 1)),
		suspect("cart", "slow", model.Evidence{Test: model.TestRole, Verdict: model.Supports, Weight: 1}),
	}
	r := Rank(hs, faint, w)
	d := &model.Diagnosis{Contest: r.Contest}
	given := func(truth model.Truth) float64 {
		c := NewCase("shop", d, truth)
		return math.Exp(LogProbability(&c, w))
	}
	accused := 0.0
	for _, s := range r.Standings {
		accused += s.Probability
		truth := model.Truth{Causes: []model.TrueCause{{Component: s.Hypothesis.Component}}}
		if got := given(truth); math.Abs(got-s.Probability) > 1e-4 {
			t.Errorf("%s: ranked with %g, fitted as %g", s.Hypothesis.Component, s.Probability, got)
		}
	}
	if got := given(model.Truth{None: true}); math.Abs(got-(1-accused)) > 3e-4 {
		t.Errorf("that nobody is to blame has %g, want what is left of 1: %g", got, 1-accused)
	}
	if got := given(model.Truth{Causes: []model.TrueCause{{Component: "nobody"}}}); math.Abs(got-leastProbability) > 1e-12 {
		t.Errorf("a cause that is not in the ranking has %g, want the least, %g", got, leastProbability)
	}
}

func TestNewCase(t *testing.T) {
	d := &model.Diagnosis{Contest: &model.Contest{Symptom: strong, Suspects: []model.Suspect{
		{Component: "db", Fault: "cpu", Evidence: []float64{1, 0}},
		{Component: "db", Fault: "disk", Evidence: []float64{1, 0}, Marks: 2},
		{Component: "db", Fault: "slow", Evidence: []float64{1, 0}, Supported: true},
		{Component: "web", Fault: "slow", Evidence: []float64{1, 0}},
	}}}
	d.Question.From = time.Date(2026, 3, 1, 1, 0, 0, 0, time.FixedZone("", 9*3600)) // the evening before, in UTC
	got := NewCase("shop", d, model.Truth{Causes: []model.TrueCause{
		{Component: "web", Fault: "slow"}, {Component: "db"}, {Component: "web", Fault: "cpu"},
	}})
	want := Case{
		Set: "shop", Day: "2026-02-28", True: []string{"db", "web"}, Faults: []string{"cpu", "slow"},
		Contest: &model.Contest{Symptom: strong, Suspects: d.Contest.Suspects[1:]},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("case (-want +got):\n%s", diff)
	}
}

func TestKin(t *testing.T) {
	c := func(set, day, component, fault string) *Case {
		c := &Case{Set: set, Day: day}
		if component != "" {
			c.True = []string{component}
		}
		if fault != "" {
			c.Faults = []string{fault}
		}
		return c
	}
	for _, tc := range []struct {
		name             string
		a, b             *Case
		cause, day, sets bool
	}{
		{"nothing in common", c("shop", "1", "db", "cpu"), c("bank", "2", "web", "disk"), false, false, false},
		{"the component, in another set", c("shop", "1", "db", "cpu"), c("bank", "2", "db", "disk"), true, false, false},
		{"the fault, on another component", c("shop", "1", "db", "cpu"), c("shop", "2", "web", "cpu"), true, false, true},
		{"faults that nobody knows", c("shop", "1", "db", ""), c("shop", "1", "web", ""), false, true, true},
		{"quiet windows of a set", c("shop", "1", "", ""), c("shop", "2", "", ""), true, false, true},
		{"quiet windows of two sets", c("shop", "1", "", ""), c("bank", "1", "", ""), false, true, false},
		{"a fault and a quiet window", c("shop", "1", "db", "cpu"), c("shop", "1", "", ""), false, true, true},
	} {
		got := [...]bool{SameCause(tc.a, tc.b), SameDay(tc.a, tc.b), SameSet(tc.a, tc.b)}
		back := [...]bool{SameCause(tc.b, tc.a), SameDay(tc.b, tc.a), SameSet(tc.b, tc.a)}
		if want := [...]bool{tc.cause, tc.day, tc.sets}; got != want || back != want {
			t.Errorf("%s: by cause, day and set %v, the other way round %v, want %v", tc.name, got, back, want)
		}
	}
}

// TestHeldOutDoesNotSeeItsKin: one cause contradicts the other, so that weights which saw it would be others; and the
// outcome is that of a fit without the kin, recorded or made up.
func TestHeldOutDoesNotSeeItsKin(t *testing.T) {
	cases, madeUp := labelled(), labelled()[:4]
	for i := range cases {
		if cases[i].True[0] == "web" { // Here the liar tells the truth.
			cases[i].Contest = swapped(cases[i].Contest)
		}
	}
	held, err := HeldOut(cases, weights, FitOptions{MadeUp: madeUp}, SameCause)
	if err != nil {
		t.Fatal(err)
	}
	of := func(cases []Case, component string) (out []Case) {
		for _, c := range cases {
			if c.True[0] == component {
				out = append(out, c)
			}
		}
		return out
	}
	want := map[string]model.Weights{}
	for held, left := range map[string]string{"db": "web", "web": "db"} {
		if want[held], err = Fit(of(cases, left), weights, FitOptions{MadeUp: of(madeUp, left)}); err != nil {
			t.Fatal(err)
		}
	}
	if cmp.Equal(want["db"], want["web"]) {
		t.Fatal("what is held out makes no difference")
	}
	for i, c := range cases {
		if diff := cmp.Diff(want[c.True[0]], held[i]); diff != "" {
			t.Errorf("case %d (-fitted without %s +held out):\n%s", i, c.True[0], diff)
		}
	}
}

// TestHeldOutOfOneKind: where nothing is left to fit on, the weights stay as they were.
func TestHeldOutOfOneKind(t *testing.T) {
	held, err := HeldOut(labelled(), weights, FitOptions{}, SameSet)
	if err != nil {
		t.Fatal(err)
	}
	for i := range held {
		if diff := cmp.Diff(weights, held[i]); diff != "" {
			t.Errorf("held out (-as it was +got):\n%s", diff)
		}
	}
}
