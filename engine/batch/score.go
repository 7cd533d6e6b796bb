package batch

import (
	"cmp"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// The bounds of the figures.
const (
	// maxK is the deepest rank that AC@k looks at.
	maxK = 5
	// accusedAt is the probability from which a wrong first cause counts as a false accusation: the height at which
	// somebody is woken up over it.
	accusedAt = 0.7
	// reliabilityBins splits 0 to 1 for the reliability table.
	reliabilityBins = 10
)

// Scored is one diagnosis beside what is true.
type Scored struct {
	Set       string // the data set it belongs to
	Diagnosis *model.Diagnosis
	Truth     model.Truth
	Took      time.Duration // wall time of the whole incident: reading, replaying and diagnosing
	// KindOf tells the kind of a component's signal, since truth may name a kind where a cause names a signal; nil knows
	// none.
	KindOf func(component, signal string) (model.SignalKind, bool)
}

// Figures are the scores of a set of diagnoses. Shares run from 0 to 1; a share of nothing is null in JSON, never 0.
type Figures struct {
	Set string `json:"set"`
	// Incidents = Faults + Quiet. Errors could not be diagnosed and count in none of the other figures.
	Incidents int `json:"incidents"`
	Faults    int `json:"faults"`
	Quiet     int `json:"quiet"`
	Errors    int `json:"errors"`

	Component Accuracy `json:"component"`
	// Signal is right only when the component's signal is, too; over the faults whose truth names a signal.
	Signal Accuracy `json:"component_signal"`

	// Precision is the share of right first causes among the incidents answered diagnosed, quiet windows included: what an
	// accusation is worth. (Accuracy looks at the causes of every answer, whatever its status.)
	Precision Share `json:"precision"`
	// Specificity is the share of quiet windows answered healthy or inconclusive.
	Specificity Share `json:"specificity"`
	// FalseAccusations are wrong first causes given with a probability of 0.7 or more, of all incidents.
	FalseAccusations Share `json:"false_accusations"`
	// Abstentions are real faults answered inconclusive.
	Abstentions Share `json:"abstentions"`
	// Overlooked are real faults answered healthy.
	Overlooked Share `json:"overlooked"`

	Calibration Calibration `json:"calibration"`
	Time        Timing      `json:"time"`
}

// Accuracy is AC@1 to AC@5 and their mean, over N faults.
//
// A fault is right at k when one of its true causes is among the first k distinct components of the answer. Where all
// causes are asked for, every one of n must be among the first max(k, n).
type Accuracy struct {
	N    int         `json:"n"`
	AC   [maxK]Ratio `json:"ac"`
	Avg5 Ratio       `json:"avg5"`
}

// Share is a count out of N.
type Share struct {
	Count int   `json:"count"`
	N     int   `json:"n"`
	Share Ratio `json:"share"`
}

// count collects a Share.
type count struct{ hits, n int }

func (c *count) add(hit bool) {
	c.n++
	if hit {
		c.hits++
	}
}

func (c *count) share() Share { return Share{Count: c.hits, N: c.n, Share: share(c.hits, c.n)} }

// Calibration tells whether 0.8 is right eight times in ten: of the first causes' probabilities, quiet windows included.
type Calibration struct {
	N int `json:"n"`
	// Brier is the mean of (probability - right)^2 (G. W. Brier, Monthly Weather Review 78, 1950): 0 is perfect, 0.25 is
	// what a constant one half gets.
	Brier Ratio `json:"brier"`
	// BaseRate is the Brier score of always answering the share of right first causes, and the same cause: a probability
	// that is worth anything does better.
	BaseRate Ratio `json:"brier_base_rate"`
	Bins     []Bin `json:"bins"`
}

// Bin is one row of the reliability table: probabilities from From up to To (the last bin includes 1).
type Bin struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	N     int     `json:"n"`
	Mean  Ratio   `json:"mean"`  // of the probabilities in it
	Right Ratio   `json:"right"` // share of right ones
}

// Timing is wall time an incident in milliseconds.
type Timing struct {
	MeanMS Ratio `json:"mean_ms"`
	P50MS  Ratio `json:"p50_ms"`
	P99MS  Ratio `json:"p99_ms"`
	// PerSecond is incidents a second over the wall time of the whole run, with all its workers; null for a single set,
	// since sets share the workers.
	PerSecond Ratio `json:"per_second"`
}

// Score computes the figures of a set. Every entry must have a diagnosis; errors is how many incidents have none.
func Score(set string, scored []Scored, errors int) Figures {
	f := Figures{Set: set, Incidents: len(scored), Errors: errors}
	var component, signal tally
	var precise, specific, accused, abstained, overlooked count
	guesses := make([]guess, 0, len(scored))
	took := make([]time.Duration, 0, len(scored))
	for i := range scored {
		s := &scored[i]
		took = append(took, s.Took)
		status := s.Diagnosis.Outcome.Status
		first, right := firstCause(s)
		if status == model.Diagnosed {
			precise.add(right)
		}
		if first != nil {
			guesses = append(guesses, guess{first.Probability, right})
			accused.add(!right && first.Probability >= accusedAt)
		} else {
			accused.add(false)
		}
		if s.Truth.None {
			f.Quiet++
			specific.add(status == model.Healthy || status == model.Inconclusive)
			continue
		}
		f.Faults++
		abstained.add(status == model.Inconclusive)
		overlooked.add(status == model.Healthy)
		component.add(level{}.rightAt(s, level{}.wanted(s.Truth)))
		both := level{signal: true}
		if wanted := both.wanted(s.Truth); len(wanted) > 0 {
			signal.add(both.rightAt(s, wanted))
		}
	}
	f.Component, f.Signal = component.accuracy(), signal.accuracy()
	f.Precision, f.Specificity, f.FalseAccusations = precise.share(), specific.share(), accused.share()
	f.Abstentions, f.Overlooked = abstained.share(), overlooked.share()
	f.Calibration = calibrate(guesses)
	f.Time = timing(took)
	return f
}

// firstCause returns the first cause, nil when there is none, and whether its component is truly one.
func firstCause(s *Scored) (first *model.Cause, right bool) {
	if len(s.Diagnosis.Causes) == 0 {
		return nil, false
	}
	first = &s.Diagnosis.Causes[0]
	right = !s.Truth.None && slices.ContainsFunc(s.Truth.Causes, func(t model.TrueCause) bool {
		return t.Component == first.Component
	})
	return first, right
}

// Sets splits what was scored by data set, in the order of their names, and adds the figures of all together under the
// name "all" when there is more than one. errors counts the incidents of a set without a diagnosis; wall is the time
// of the whole run.
func Sets(scored []Scored, errors map[string]int, wall time.Duration) []Figures {
	by := map[string][]Scored{}
	for i := range scored {
		by[scored[i].Set] = append(by[scored[i].Set], scored[i])
	}
	failed := 0
	for set, n := range errors {
		failed += n
		if _, ok := by[set]; !ok {
			by[set] = nil
		}
	}
	out := make([]Figures, 0, len(by)+1)
	for set, part := range by {
		out = append(out, Score(set, part, errors[set]))
	}
	slices.SortFunc(out, func(a, b Figures) int { return cmp.Compare(a.Set, b.Set) })
	if len(out) != 1 {
		out = append(out, Score(Overall, scored, failed))
	}
	if wall > 0 {
		out[len(out)-1].Time.PerSecond = Ratio(float64(len(scored)) / wall.Seconds())
	}
	return out
}

// Overall is the name of the figures over all data sets.
const Overall = "all"
