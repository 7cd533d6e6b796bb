package rank

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// labelled are incidents in which one test always tells the truth and another always lies, under two causes.
func labelled() []Case {
	var cases []Case
	for i := range 12 {
		truth, other := "db", "web"
		if i%2 == 1 {
			truth, other = other, truth
		}
		contest := Rank([]*model.Hypothesis{
			suspect(truth, "slow", supports(model.TestOwnSignal, "a", 2)), suspect(other, "slow", supports(model.TestRole, "b", 2)),
		}, strong, weights).Contest
		cases = append(cases, Case{Set: "shop", Contest: contest, True: []string{truth}})
	}
	return cases
}

// swapped is the contest with the honest test and the liar in each other's place.
func swapped(c *model.Contest) *model.Contest {
	names := model.TestNames()
	honest, liar := slices.Index(names, model.TestOwnSignal), slices.Index(names, model.TestRole)
	out := &model.Contest{Symptom: c.Symptom, Suspects: slices.Clone(c.Suspects)}
	for i := range out.Suspects {
		e := slices.Clone(out.Suspects[i].Evidence)
		e[honest], e[liar] = e[liar], e[honest]
		out.Suspects[i].Evidence = e
	}
	return out
}

func meanLogProbability(cases []Case, w model.Weights) float64 {
	sum := 0.0
	for i := range cases {
		sum += LogProbability(&cases[i], w)
	}
	return sum / float64(len(cases))
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
	if before, after := meanLogProbability(cases, weights), meanLogProbability(cases, fitted); !(after > before) {
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

// TestShares: a set weighs the square root of its size, and made-up incidents no more than madeUpIncidents do.
func TestShares(t *testing.T) {
	cases := make([]Case, 0, 29)
	for i := range 29 {
		cases = append(cases, Case{Set: "large"})
		if i >= 25 {
			cases[i].Set = "small"
		}
	}
	of := func(madeUp int) (large, small, made float64) {
		for i, share := range shares(cases, make([]Case, madeUp)) {
			switch {
			case i < 25:
				large += share
			case i < 29:
				small += share
			default:
				made += share
			}
		}
		return large, small, made
	}
	for _, madeUp := range []int{0, 1, madeUpIncidents, 40 * madeUpIncidents} {
		weigh := math.Sqrt(float64(min(madeUp, madeUpIncidents)))
		total := 5 + 2 + weigh
		large, small, made := of(madeUp)
		if want := [...]float64{5 / total, 2 / total, weigh / total}; math.Abs(large-want[0])+math.Abs(small-want[1])+math.Abs(made-want[2]) > 1e-12 {
			t.Errorf("with %d made up: large %g, small %g, made up %g, want %v", madeUp, large, small, made, want)
		}
	}
}

// TestMadeUpIncidentsCount: they move the fit, but a recorded set of the same size that says the opposite moves it more.
func TestMadeUpIncidentsCount(t *testing.T) {
	recorded := labelled()
	var madeUp []Case
	for range 20 {
		for _, c := range labelled() {
			c.Contest = swapped(c.Contest)
			madeUp = append(madeUp, c)
		}
	}
	trust := func(o FitOptions) float64 {
		w, err := Fit(recorded, weights, o)
		if err != nil {
			t.Fatal(err)
		}
		return w.Test(model.TestOwnSignal) - w.Test(model.TestRole)
	}
	alone, both := trust(FitOptions{}), trust(FitOptions{MadeUp: madeUp})
	if !(both < alone) {
		t.Errorf("trust in the honest test is %g, with made-up incidents in which it lies %g", alone, both)
	}
}

// TestGradient holds the gradient against differences, at places without a kink, within the bounds and outside.
func TestGradient(t *testing.T) {
	quiet := Case{Set: "quiet", Contest: Rank([]*model.Hypothesis{
		suspect("db", "slow", supports(model.TestOwnSignal, "a", 2), supports(model.TestGap, "b", 0.5)),
		suspect("web", "slow", model.Evidence{Test: model.TestAlibi, Verdict: model.Refutes, Weight: -1}),
	}, absent, weights).Contest}
	faintly := quiet
	faintly.Contest = &model.Contest{Symptom: faint, Suspects: quiet.Contest.Suspects}
	l := loss{cases: append(labelled(), quiet, faintly), start: weights, from: vector(weights), ridge: 0.1}
	l.share = shares(l.cases, nil)
	rapid.Check(t, func(t *rapid.T) {
		x := vector(weights)
		for i := range x {
			x[i] += rapid.Float64Range(-2, 2).Draw(t, "moved by")
		}
		grad := make([]float64, len(x))
		l.at(x, grad)
		const h = 1e-5
		for i := range x {
			at := x[i]
			if math.Abs(at) < h || math.Abs(at-maxMultiplier) < h {
				continue // a bound, where it has a kink
			}
			x[i] = at + h
			up := l.at(x, nil)
			x[i] = at - h
			down := l.at(x, nil)
			x[i] = at
			if slope := (up - down) / (2 * h); math.Abs(slope-grad[i]) > 1e-6 {
				t.Fatalf("number %d at %g: the slope is %g, the gradient %g", i, at, slope, grad[i])
			}
		}
	})
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
