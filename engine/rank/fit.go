package rank

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/optimize"

	"github.com/diagnops/diagnops/engine/model"
)

// Case is a labelled incident, as the fit sees it.
type Case struct {
	// Set is the data set; every set weighs the same, however many incidents it has.
	Set string
	// Group is what must not be on both sides of a cross-validation: all incidents of one cause.
	Group      string
	Symptom    Symptom
	Candidates []Candidate
	True       []string // components, any of which is right; empty = nothing was wrong
}

// Candidate is a component's best surviving hypothesis.
type Candidate struct {
	Component string
	Terms     map[string]float64 // by test, as the test gave it: before any multiplier
	Supported bool
}

// NewCase takes a diagnosis and what was true apart. weights are those the diagnosis was made with.
func NewCase(set string, d *model.Diagnosis, truth model.Truth, weights model.Weights) Case {
	c := Case{Set: set, Symptom: Symptom{Strength: d.Symptom.Strength, Measured: d.Symptom.Measured}}
	for _, t := range truth.Causes {
		if !slices.Contains(c.True, t.Component) {
			c.True = append(c.True, t.Component)
		}
	}
	slices.Sort(c.True)
	c.Group = set + "/" + fmt.Sprint(c.True)
	for i := range d.Causes {
		cause := &d.Causes[i]
		cand := Candidate{Component: cause.Component, Terms: map[string]float64{}, Supported: cause.Supported}
		for _, t := range cause.Score {
			if m := weights.Test(t.Term); m != 0 {
				cand.Terms[t.Term] += t.Value / m
			}
		}
		c.Candidates = append(c.Candidates, cand)
	}
	return c
}

// FitOptions tune the fit; the zero value means the defaults.
type FitOptions struct {
	// Ridge pulls every number towards where it was at the start: the larger, the more it takes to move them. In nats an
	// incident, where there are plenty of them; of fewer it counts the more, so that a handful moves next to nothing.
	// Default 0.05.
	Ridge float64
	// MaxIterations bounds the search. Default 200.
	MaxIterations int
}

// Fit maximises the mean log-probability of what was true (each set weighing the same) less Ridge times the squared
// change of the numbers: a maximum a posteriori estimate with a normal prior around the start. The search is BFGS with
// numerical gradients from one start, so the outcome is deterministic. What is fitted: a multiplier for each test, and
// the log-odds of the rivals. Caps and thresholds are policy, and stay.
//
// The incidents are few and the softmax looks at each component's best hypothesis under the weights that the cases were
// made with; a fit that changes which hypothesis is best should be repeated on cases made with the new weights.
func Fit(cases []Case, start model.Weights, o FitOptions) (model.Weights, error) {
	if len(cases) == 0 {
		return start, fmt.Errorf("fitting weights: no labelled incidents")
	}
	if o.Ridge == 0 {
		o.Ridge = 0.05
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = 200
	}
	ridge := o.Ridge * max(1, plenty/float64(len(cases)))
	from := vector(start)
	loss := func(x []float64) float64 {
		return -MeanLogProbability(cases, weightsOf(x, start)) + ridge*squaredDistance(x, from)
	}
	problem := optimize.Problem{
		Func: loss,
		Grad: func(grad, x []float64) { fd.Gradient(grad, loss, x, &fd.Settings{Formula: fd.Central}) },
	}
	settings := &optimize.Settings{MajorIterations: o.MaxIterations}
	result, err := optimize.Minimize(problem, from, settings, &optimize.BFGS{})
	if result == nil {
		return start, fmt.Errorf("fitting weights: %w", err)
	}
	// A line search that finds nothing better any more is the end of the fit, not a failure.
	return weightsOf(result.X, start), nil
}

// plenty is how many incidents make Ridge count as it is given: about as many as the built-in weights were fitted on.
const plenty = 60

// CrossValidate fits on all groups but one and looks at that one, for each group in turn. It returns the cases' log
// probabilities under the weights that did not see their cause, in the order of the cases.
func CrossValidate(cases []Case, start model.Weights, o FitOptions) ([]float64, error) {
	out := make([]float64, len(cases))
	groups := map[string]bool{}
	for _, c := range cases {
		groups[c.Group] = true
	}
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		rest := slices.DeleteFunc(slices.Clone(cases), func(c Case) bool { return c.Group == g })
		w := start
		if len(rest) > 0 {
			var err error
			if w, err = Fit(rest, start, o); err != nil {
				return nil, err
			}
		}
		for i, c := range cases {
			if c.Group == g {
				out[i] = logProbability(c, w)
			}
		}
	}
	return out, nil
}

// MeanLogProbability is the mean over sets of the mean over their cases of the log of the probability of what was true.
func MeanLogProbability(cases []Case, w model.Weights) float64 {
	logs := make([]float64, len(cases))
	for i, c := range cases {
		logs[i] = logProbability(c, w)
	}
	return MeanOverSets(cases, logs)
}

// MeanOverSets averages one number a case, each set weighing the same.
func MeanOverSets(cases []Case, values []float64) float64 {
	sums, counts := map[string]float64{}, map[string]float64{}
	for i, c := range cases {
		sums[c.Set] += values[i]
		counts[c.Set]++
	}
	total := 0.0
	for _, set := range slices.Sorted(maps.Keys(sums)) {
		total += sums[set] / counts[set]
	}
	return total / float64(len(sums))
}

// leastProbability bounds what one incident can cost: a cause that shows nothing at all is nobody's to find.
const leastProbability = 1e-3

// logProbability is the log of the probability that the weights give to what was true.
func logProbability(c Case, w model.Weights) float64 {
	nothing := c.Symptom.nothing(w)
	top := max(w.Unmeasured, nothing)
	odds := make([]float64, len(c.Candidates))
	for i, cand := range c.Candidates {
		odds[i] = cand.logOdds(&w)
		top = max(top, odds[i])
	}
	e := func(x float64) float64 { return math.Exp((x - top) / w.Temperature) }
	right, sum := 0.0, e(w.Unmeasured)+e(nothing)
	if len(c.True) == 0 {
		right = sum // neither "nothing is wrong" nor "something not measured" accuses anybody
	}
	for i, cand := range c.Candidates {
		p := e(odds[i])
		sum += p
		if slices.Contains(c.True, cand.Component) {
			right += p
		}
	}
	return math.Log(max(leastProbability, right/sum))
}

func (c Candidate) logOdds(w *model.Weights) float64 {
	sum := 0.0
	for _, test := range model.TestNames() {
		sum += c.Terms[test] * w.Test(test)
	}
	if !c.Supported {
		sum += w.Unsupported
	}
	return sum
}

// vector puts what is fitted into one list: the tests in their order, then the rivals and the temperature.
func vector(w model.Weights) []float64 {
	x := make([]float64, 0, len(model.TestNames())+rivals)
	for _, test := range model.TestNames() {
		x = append(x, w.Test(test))
	}
	return append(x, w.Unmeasured, w.Unsupported, w.Quiet, w.QuietWithSymptom)
}

const rivals = 4

// weightsOf is the way back; multipliers stay within 0 to maxMultiplier, for a test that counted backwards would be
// wrong, whatever a few incidents say.
func weightsOf(x []float64, start model.Weights) model.Weights {
	w := start
	w.Tests = map[string]float64{}
	tests := model.TestNames()
	for i, test := range tests {
		w.Tests[test] = min(maxMultiplier, max(0, x[i]))
	}
	rest := x[len(tests):]
	w.Unmeasured, w.Unsupported, w.Quiet, w.QuietWithSymptom = rest[0], min(0, rest[1]), rest[2], rest[3]
	return w
}

const maxMultiplier = 4

func squaredDistance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return sum
}

// WriteWeights writes the weights as a rule pack, with a comment on top.
func WriteWeights(out io.Writer, comment string, w model.Weights) error {
	if _, err := fmt.Fprintf(out, "# %s\nversion: 1\nname: weights\nweights:\n  tests:\n", comment); err != nil {
		return err
	}
	for _, test := range model.TestNames() {
		if _, err := fmt.Fprintf(out, "    %s: %s\n", test, decimal(w.Test(test))); err != nil {
			return err
		}
	}
	for _, line := range []struct {
		name  string
		value float64
	}{
		{"unmeasured", w.Unmeasured},
		{"unsupported", w.Unsupported},
		{"quiet", w.Quiet},
		{"quiet_with_symptom", w.QuietWithSymptom},
		{"temperature", w.Temperature},
		{"lone_signal_cap", w.LoneSignalCap},
		{"diagnosed", w.Diagnosed},
	} {
		if _, err := fmt.Fprintf(out, "  %s: %s\n", line.name, decimal(line.value)); err != nil {
			return err
		}
	}
	return nil
}

// decimal prints two places: more would be noise.
func decimal(v float64) string {
	return fmt.Sprintf("%.2f", cmp.Or(math.Round(v*100)/100, 0))
}
