package experiment

import (
	"math"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// mistaken is the chance that a run is called bad although its cause is absent: something else, a wrong note.
	mistaken = 0.01
	// gridPoints is on how many values of the unknown chance of showing beliefs are computed, evenly from 0 to 1.
	gridPoints = 40
	// Before any trial: one value, two values together, or something else.
	priorSingle, priorPair, priorElse = 0.7, 0.2, 0.1
)

// condition is a factor's value, by indices.
type condition struct{ factor, value int }

// cause is what may make the trouble: no condition = something else, which is always present.
type cause []condition

func (c cause) present(setting []int) bool {
	for _, x := range c {
		if setting[x.factor] != x.value {
			return false
		}
	}
	return true
}

// belief is a cause with how likely it is.
type belief struct {
	cause
	p float64
	// grid is how likely each chance of showing is, given the cause; sums to 1.
	grid [gridPoints]float64
}

// chanceAt is the middle of a cell of the grid.
func chanceAt(i int) float64 { return (float64(i) + 0.5) / gridPoints }

// run is a trial by indices.
type run struct {
	setting   []int
	good, bad int
	line      int
}

// table is the trials by indices.
type table struct {
	factors []model.Factor
	runs    []run
}

func newTable(t *model.Trials) table {
	out := table{factors: t.Factors}
	for _, trial := range t.Trials {
		r := run{good: trial.Good, bad: trial.Bad, line: trial.Line, setting: make([]int, len(t.Factors))}
		for i, v := range trial.Setting {
			r.setting[i] = slices.Index(t.Factors[i].Values, v)
		}
		out.runs = append(out.runs, r)
	}
	return out
}

// causes lists everything that may make the trouble with its prior probability: values, pairs of values, something else.
func (t *table) causes() []belief {
	var singles, pairs []belief
	for i, f := range t.factors {
		if len(f.Values) < 2 {
			continue // what was never varied, and cannot be, is told from nothing
		}
		for v := range f.Values {
			singles = append(singles, belief{cause: cause{{i, v}}})
			for j := i + 1; j < len(t.factors); j++ {
				if len(t.factors[j].Values) < 2 {
					continue
				}
				for w := range t.factors[j].Values {
					pairs = append(pairs, belief{cause: cause{{i, v}, {j, w}}})
				}
			}
		}
	}
	for i := range singles {
		singles[i].p = priorSingle / float64(len(singles))
	}
	for i := range pairs {
		pairs[i].p = priorPair / float64(len(pairs))
	}
	return append(append(singles, pairs...), belief{p: priorElse})
}

// learn is what is believed after all trials.
func (t *table) learn() []belief {
	all := t.causes()
	for i := range all {
		for g := range all[i].grid {
			all[i].grid[g] = 1.0 / gridPoints
		}
	}
	for _, r := range t.runs {
		update(all, r)
	}
	return all
}

// update changes beliefs by a run's outcome, by Bayes' rule.
func update(all []belief, r run) {
	total := 0.0
	var shown [gridPoints]float64
	for g := range shown {
		shown[g] = likelihood(showing(g), r)
	}
	without := likelihood(mistaken, r)
	for i := range all {
		b := &all[i]
		if !b.present(r.setting) {
			b.p *= without
		} else {
			sum := 0.0
			for g := range b.grid {
				b.grid[g] *= shown[g]
				sum += b.grid[g]
			}
			b.p *= sum
			for g := range b.grid {
				b.grid[g] /= max(sum, math.SmallestNonzeroFloat64)
			}
		}
		total += b.p
	}
	for i := range all {
		all[i].p /= total
	}
}

// showing is how often a run is bad where a cause is present that shows with the chance of a cell.
func showing(g int) float64 { return mistaken + (1-mistaken)*chanceAt(g) }

func likelihood(bad float64, r run) float64 {
	return math.Pow(bad, float64(r.bad)) * math.Pow(1-bad, float64(r.good))
}

// shows is the expected chance that the trouble shows in a run with the cause.
func (b *belief) shows() float64 {
	sum := 0.0
	for g, w := range b.grid {
		sum += w * chanceAt(g)
	}
	return sum
}

// rank orders beliefs, the likeliest first; equals stay in the order of factors and values.
func rank(all []belief) []belief {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b belief) int {
		switch {
		case a.p > b.p*(1+1e-9):
			return -1
		case b.p > a.p*(1+1e-9):
			return 1
		}
		return 0
	})
	return out
}
