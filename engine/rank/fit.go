package rank

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/optimize"

	"github.com/diagnops/diagnops/engine/model"
)

// FitOptions tune the fit; the zero value means the defaults.
type FitOptions struct {
	// Ridge pulls every number towards where it was at the start: the larger, the more it takes to move them. In nats an
	// incident, where there are plenty of them; of fewer it counts the more, so that a handful moves next to nothing.
	// Default 0.1.
	Ridge float64
	// MaxIterations bounds the search. Default 200.
	MaxIterations int
	// MadeUp are incidents that nobody recorded, to be fitted on along with the others: they keep what a few applications
	// happen to show from deciding everything. However many they are, they weigh no more than a set of madeUpIncidents.
	MadeUp []Case
}

func (o FitOptions) withDefaults() FitOptions {
	if o.Ridge == 0 {
		o.Ridge = 0.1
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = 200
	}
	return o
}

// Fit maximises the mean log-probability of what was true less Ridge times the squared change of the numbers: a maximum a
// posteriori estimate with a normal prior around the start. A set weighs the square root of its size: incidents of one
// application are alike, so that twice as many do not tell twice as much. The search is BFGS from one start, so the outcome
// is deterministic. What is fitted: a multiplier for each test, and the log-odds of the rivals. Caps and thresholds are
// policy, and stay.
//
// Ridge, the weight of the sets and that of the made-up incidents were chosen by what they give on recorded incidents that
// are held out (HeldOut, by each Kin), and on healthy windows that were made up and not fitted on. With half the ridge the
// probabilities given to causes not seen before are worse than the base rate's in one of three sets, with more the fit
// comes near to none; without made-up incidents it learns to accuse somebody in one healthy window of nine.
//
// A component stands by its best suspect under the weights that are tried, so the loss has kinks where another one becomes
// best; the gradient is that of the best.
func Fit(cases []Case, start model.Weights, o FitOptions) (model.Weights, error) {
	if len(cases) == 0 {
		return start, fmt.Errorf("fitting weights: no labelled incidents")
	}
	o = o.withDefaults()
	l := loss{
		cases: slices.Concat(cases, o.MadeUp), share: shares(cases, o.MadeUp),
		start: start, from: vector(start),
		ridge: o.Ridge * max(1, plenty/float64(len(cases))),
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { return l.at(x, nil) },
		Grad: func(grad, x []float64) { l.at(x, grad) },
	}
	settings := &optimize.Settings{MajorIterations: o.MaxIterations}
	result, err := optimize.Minimize(problem, l.from, settings, &optimize.BFGS{})
	if result == nil {
		return start, fmt.Errorf("fitting weights: %w", err)
	}
	// A line search that finds nothing better any more is the end of the fit, not a failure.
	return weightsOf(result.X, start), nil
}

// madeUpIncidents is so few that recorded sets outweigh them: what was made up is proof of nothing. Four no longer keep the
// fit from accusing in healthy windows; twenty-five cost accuracy on days that are held out.
const madeUpIncidents = 10

// shares is what each of the cases weighs, and then each of those made up; they sum to 1.
func shares(cases, madeUp []Case) []float64 {
	counts := map[string]int{}
	for i := range cases {
		counts[cases[i].Set]++
	}
	out := make([]float64, 0, len(cases)+len(madeUp))
	for i := range cases {
		out = append(out, 1/math.Sqrt(float64(counts[cases[i].Set])))
	}
	n := float64(len(madeUp))
	for range madeUp {
		out = append(out, math.Sqrt(min(n, madeUpIncidents))/n)
	}
	total := 0.0
	for _, share := range out {
		total += share
	}
	for i := range out {
		out[i] /= total
	}
	return out
}

// plenty is how many incidents make Ridge count as it is given: about as many as the built-in weights were fitted on.
const plenty = 60

// loss is what the fit minimises.
type loss struct {
	cases []Case
	share []float64 // what each case weighs; they sum to 1
	start model.Weights
	from  []float64 // the vector of start
	ridge float64
}

// at returns the loss at x and, when grad is not nil, puts its gradient there.
func (l *loss) at(x, grad []float64) float64 {
	f := newScale(weightsOf(x, l.start))
	clear(grad)
	sum := 0.0
	for i := range l.cases {
		sum -= l.share[i] * f.logProbability(&l.cases[i], grad, -l.share[i])
	}
	within(x, grad)
	for i := range x {
		d := x[i] - l.from[i]
		sum += l.ridge * d * d
		if grad != nil {
			grad[i] += 2 * l.ridge * d
		}
	}
	return sum
}

// leastProbability bounds what one incident can cost: a cause that shows nothing at all is nobody's to find.
const leastProbability = 1e-3

// option is one of the answers that share the probability: a component's best suspect, or a rival (suspect == nil).
type option struct {
	suspect *model.Suspect
	at      int // of a rival, its place in the vector
	logOdds float64
	odds    float64 // exp(logOdds), up to a factor that all options share
	right   bool
}

// logProbability is the log of the probability that the weights give to what was true. Its gradient, times factor, is
// added to grad unless that is nil.
func (f *scale) logProbability(c *Case, grad []float64, factor float64) float64 {
	options := f.options(c)
	top := slices.MaxFunc(options, func(a, b option) int { return cmp.Compare(a.logOdds, b.logOdds) }).logOdds
	right, sum := 0.0, 0.0
	for i := range options {
		o := &options[i]
		o.odds = f.odds(o.logOdds - top)
		sum += o.odds
		if o.right {
			right += o.odds
		}
	}
	p := right / sum
	if p < leastProbability {
		return math.Log(leastProbability)
	}
	if grad != nil {
		for i := range options {
			o := &options[i]
			slope := -o.odds / sum
			if o.right {
				slope += o.odds / right
			}
			f.addSlope(grad, o, factor*slope/f.w.Temperature)
		}
	}
	return math.Log(p)
}

// options lists the answers to a case: the rivals and the components. Where nothing was wrong, the rivals are right:
// neither "nothing is wrong" nor "something not measured" accuses anybody.
func (f *scale) options(c *Case) []option {
	nobody := len(c.True) == 0
	tests := len(f.tests)
	out := []option{{at: tests + atUnmeasured, logOdds: f.w.Unmeasured, right: nobody}}
	switch nothing := nothingWrong(c.Contest.Symptom, &f.w); {
	case math.IsInf(nothing, -1):
	case c.Contest.Symptom.Strength > 0:
		out = append(out, option{at: tests + atQuietWithSymptom, logOdds: nothing, right: nobody})
	default:
		out = append(out, option{at: tests + atQuiet, logOdds: nothing, right: nobody})
	}
	for _, p := range f.best(c.Contest) {
		s := &c.Contest.Suspects[p.suspect]
		out = append(out, option{suspect: s, logOdds: f.weigh(s), right: slices.Contains(c.True, s.Component)})
	}
	return out
}

// addSlope adds the gradient of an option's log-odds, times factor.
func (f *scale) addSlope(grad []float64, o *option, factor float64) {
	if o.suspect == nil {
		grad[o.at] += factor
		return
	}
	for i, v := range o.suspect.Evidence {
		grad[i] += factor * v
	}
	if !o.suspect.Supported {
		grad[len(f.tests)+atUnsupported] += factor
	}
}

// What is fitted, as a vector: the multipliers of the tests in their order, then these.
const (
	atUnmeasured = iota
	atUnsupported
	atQuiet
	atQuietWithSymptom
)

func vector(w model.Weights) []float64 {
	return append(slices.Clone(newScale(w).tests), w.Unmeasured, w.Unsupported, w.Quiet, w.QuietWithSymptom)
}

// maxMultiplier bounds what a test counts; none counts below 0, for a test that counted backwards would be wrong, whatever
// a few incidents say. Nor may nothing that speaks for a hypothesis speak for it.
const maxMultiplier = 4

// weightsOf is the way back from a vector, with every number brought within its bounds.
func weightsOf(x []float64, start model.Weights) model.Weights {
	w := start
	w.Tests = map[string]float64{}
	names := model.TestNames()
	for i, name := range names {
		w.Tests[name] = min(maxMultiplier, max(0, x[i]))
	}
	rest := x[len(names):]
	w.Unmeasured, w.Unsupported = rest[atUnmeasured], min(0, rest[atUnsupported])
	w.Quiet, w.QuietWithSymptom = rest[atQuiet], rest[atQuietWithSymptom]
	return w
}

// within takes the slope away from numbers that lie outside their bounds: weightsOf brings them back, wherever they are.
func within(x, grad []float64) {
	if grad == nil {
		return
	}
	tests := len(x) - atQuietWithSymptom - 1
	for i := range tests {
		if x[i] < 0 || x[i] > maxMultiplier {
			grad[i] = 0
		}
	}
	if at := tests + atUnsupported; x[at] > 0 {
		grad[at] = 0
	}
}
