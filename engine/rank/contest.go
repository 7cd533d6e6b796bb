package rank

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// scale is weights, made ready for many suspects.
type scale struct {
	w     model.Weights
	names []string  // model.TestNames
	tests []float64 // the multiplier of each
}

func newScale(w model.Weights) *scale {
	s := &scale{w: w, names: model.TestNames()}
	s.tests = make([]float64, len(s.names))
	for i, name := range s.names {
		s.tests[i] = w.Test(name)
	}
	return s
}

// suspectOf puts a hypothesis into numbers. evidence must hold a zero for each test, and becomes the suspect's.
func (f *scale) suspectOf(h *model.Hypothesis, evidence []float64) model.Suspect {
	for i := range h.Ledger {
		e := &h.Ledger[i]
		test := slices.Index(f.names, e.Test)
		if test < 0 {
			panic(fmt.Sprintf("BUG: the test %q is none of model.TestNames", e.Test))
		}
		evidence[test] += e.Weight
	}
	return model.Suspect{
		Component: h.Component, Fault: h.Fault.Name, Signal: h.Signal, Evidence: evidence,
		Supported: Supported(h), Lone: Signals(h) <= 1, Marks: len(h.Marks), Hint: h.Hint,
	}
}

// quantum is what log-odds are rounded to: differences below it are floating-point noise, not evidence.
const quantum = 1e-6

func rounded(v float64) float64 { return math.Round(v/quantum) * quantum }

func (f *scale) logOdds(s *model.Suspect) float64 { return rounded(f.weigh(s)) }

func (f *scale) weigh(s *model.Suspect) float64 {
	sum := 0.0
	for i, v := range s.Evidence {
		sum += v * f.tests[i]
	}
	if !s.Supported {
		sum += f.w.Unsupported
	}
	return sum
}

// place is a component's place in a ranking: that of its best suspect.
type place struct {
	suspect              int // its index in the contest
	logOdds, probability float64
	// backed is the log-odds of the component's best suspect that more than one signal speaks for; -Inf when there is none.
	backed float64
}

// places ranks the components of a contest, best first.
func (f *scale) places(c *model.Contest) []place {
	out := f.best(c)
	slices.SortFunc(out, func(a, b place) int { return compare(c, a, b) })
	logOdds := make([]float64, len(out))
	for i := range out {
		logOdds[i] = out[i].logOdds
	}
	shares, _, _ := f.shares(logOdds, c.Symptom)
	for i := range out {
		p := min(mostCertain, shares[i])
		if c.Suspects[out[i].suspect].Lone {
			p = max(min(p, f.w.LoneSignalCap), min(mostCertain, f.backed(&out[i], shares[i])))
		}
		out[i].probability = math.Round(p*1e4) / 1e4
	}
	return out
}

// backed is the probability that a place would have by what more than one signal speaks for: the probability is the
// component's, and a fault of it that one signal alone shows takes nothing away from another that several do.
func (f *scale) backed(p *place, share float64) float64 {
	if math.IsInf(p.backed, -1) {
		return 0
	}
	factor := f.odds(p.backed - p.logOdds) // of this place's odds
	return share * factor / (1 - share + share*factor)
}

// shares divides 1 among components of the given log-odds and the two rivals that are always there (a softmax).
func (f *scale) shares(logOdds []float64, s model.SymptomEvidence) (p []float64, unmeasured, nothing float64) {
	nothing = nothingWrong(s, &f.w)
	top := max(f.w.Unmeasured, nothing)
	for _, v := range logOdds {
		top = max(top, v)
	}
	unmeasured, nothing = f.odds(f.w.Unmeasured-top), f.odds(nothing-top)
	sum := unmeasured + nothing
	p = make([]float64, len(logOdds))
	for i, v := range logOdds {
		p[i] = f.odds(v - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p, unmeasured / sum, nothing / sum
}

// mostCertain is the highest probability ever given: metrics show effects, and the model of them may be wrong.
const mostCertain = 0.98

func (f *scale) odds(logOdds float64) float64 { return math.Exp(logOdds / f.w.Temperature) }

// best finds each component's best suspect, in the order of the components.
func (f *scale) best(c *model.Contest) []place {
	var out []place
	for i := range c.Suspects {
		p := place{suspect: i, logOdds: f.logOdds(&c.Suspects[i]), backed: math.Inf(-1)}
		if !c.Suspects[i].Lone {
			p.backed = p.logOdds
		}
		last := len(out) - 1
		if last < 0 || c.Suspects[out[last].suspect].Component != c.Suspects[i].Component {
			out = append(out, p)
			continue
		}
		backed := max(p.backed, out[last].backed)
		if compare(c, p, out[last]) < 0 {
			out[last] = p
		}
		out[last].backed = backed
	}
	return out
}

// compare orders by log-odds, and equals by what else is known of them.
func compare(c *model.Contest, p, q place) int {
	return cmp.Or(cmp.Compare(q.logOdds, p.logOdds), breakTie(&c.Suspects[p.suspect], &c.Suspects[q.suspect]))
}

// breakTie orders by how much speaks for a suspect, then by how unusual anything on the component was at all, and only
// then by name.
func breakTie(a, b *model.Suspect) int {
	return cmp.Or(
		cmp.Compare(b.Marks, a.Marks),
		cmp.Compare(b.Hint, a.Hint),
		strings.Compare(a.Component, b.Component),
		strings.Compare(a.Fault, b.Fault),
	)
}

// nothingWrong is the log-odds of "nothing is wrong".
func nothingWrong(s model.SymptomEvidence, w *model.Weights) float64 {
	switch {
	case !s.Measured || s.Strength >= strongSymptom:
		return math.Inf(-1)
	case s.Strength > 0:
		return w.QuietWithSymptom
	}
	return w.Quiet
}

// strongSymptom is the evidence of a symptom that is not to be called healthy, whatever is found: about twice the worst
// usual.
const strongSymptom = 2.0

// suspicious is the probability from which a component's trouble keeps an answer from being "healthy", though nothing
// shows where the symptom was noticed: it may be too small to show there, or about to.
const suspicious = 0.1

// decide says what kind of answer it is when first comes first; nil = nobody is suspected.
func decide(s model.SymptomEvidence, first *place, w *model.Weights) model.Status {
	switch {
	case first == nil && s.Measured && s.Strength == 0:
		return model.Healthy
	case first == nil:
		return model.Inconclusive
	case first.logOdds < nothingWrong(s, w) && first.probability < suspicious:
		return model.Healthy
	case first.logOdds < nothingWrong(s, w):
		return model.Inconclusive
	case first.probability >= w.Diagnosed:
		return model.Diagnosed
	}
	return model.Inconclusive
}

// Again ranks a contest with other weights. Of the diagnosis it makes the status, and of each cause the rank, component,
// signal, fault and probability: what a score looks at.
func Again(c *model.Contest, w model.Weights) *model.Diagnosis {
	places := newScale(w).places(c)
	d := &model.Diagnosis{Contest: c, Causes: make([]model.Cause, len(places))}
	for i, p := range places {
		s := &c.Suspects[p.suspect]
		d.Causes[i] = model.Cause{
			Rank: i + 1, Component: s.Component, Signal: s.Signal, Fault: s.Fault, Probability: p.probability,
		}
	}
	var first *place
	if len(places) > 0 {
		first = &places[0]
	}
	d.Outcome.Status = decide(c.Symptom, first, &w)
	return d
}
