package experiment

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

const (
	// maxWork bounds the settings that are considered, times the causes: those that differ from the last trial in the fewest
	// factors come first. It is worth some seconds.
	maxWork = 1_000_000
	// maxChanges is in how many factors a proposal may differ from the last trial: whoever changes three at once learns
	// little from what comes of it.
	maxChanges = 2
	// cleared is the probability below which a cause is believed to be out.
	cleared = 0.05
	// maxToClear bounds the good runs that are counted for that.
	maxToClear = 200
	// leastGain is the least expected gain, in bits, of an experiment that is worth proposing.
	leastGain = 0.01
	// nearlyAll of a gain without a change makes the change superfluous.
	nearlyAll = 0.95
)

// repeats are how often an experiment may be repeated.
var repeats = []int{1, 2, 3, 5, 8, 12, 20}

// proposal is an experiment with what it is worth.
type proposal struct {
	setting   []int
	changed   []condition
	runs      int
	gain      float64 // bits
	cost      float64
	chanceBad float64
}

// proposals are the experiments worth doing, the most telling for their cost first; one of each setting.
func (t *table) proposals(all []belief, runCost float64) []proposal {
	if len(t.runs) == 0 {
		return nil
	}
	odds := make([][][]float64, len(repeats)) // by repeats, then cause: of so many bad runs where it is present
	absent := make([][]float64, len(repeats))
	for i, n := range repeats {
		absent[i] = binomial(n, mistaken)
		for b := range all {
			odds[i] = append(odds[i], all[b].outcomes(n))
		}
	}
	var out []proposal
	for _, s := range t.settings(max(1, maxWork/len(all))) {
		best, by := proposal{}, 0
		change := t.cost(s)
		for i, n := range repeats {
			p := proposal{setting: s, changed: t.changed(s), runs: n, cost: change + runCost*float64(n)}
			p.gain, p.chanceBad = gain(all, s, odds[i], absent[i])
			if i == 0 || p.gain/p.cost > best.gain/best.cost*(1+1e-9) {
				best, by = p, i
			}
		}
		if best.gain >= leastGain && !t.superfluous(best, func(s []int) float64 { g, _ := gain(all, s, odds[by], absent[by]); return g }) {
			out = append(out, best)
		}
	}
	slices.SortStableFunc(out, func(a, b proposal) int {
		return cmp.Or(cmp.Compare(significant(b.gain/b.cost), significant(a.gain/a.cost)), cmp.Compare(len(a.changed), len(b.changed)), slices.Compare(a.setting, b.setting))
	})
	return out
}

// superfluous tells whether a proposal changes something that adds next to nothing to what it tells.
func (t *table) superfluous(p proposal, gain func(setting []int) float64) bool {
	last := t.runs[len(t.runs)-1].setting
	return slices.ContainsFunc(p.changed, func(c condition) bool {
		less := slices.Clone(p.setting)
		less[c.factor] = last[c.factor]
		return gain(less) >= nearlyAll*p.gain
	})
}

// significant cuts what is rounding off, so that equals are equal.
func significant(v float64) float64 { return math.Round(v * 1e9) }

// settings are the last trial's, and those that differ from it in one or two factors; so many at most.
func (t *table) settings(most int) [][]int {
	last := t.runs[len(t.runs)-1].setting
	out := [][]int{last}
	from := 0
	for range maxChanges {
		to := len(out)
		for _, base := range out[from:to] {
			for f := range t.factors {
				if f < firstFree(base, last) {
					continue
				}
				for v := range t.factors[f].Values {
					if v == last[f] || len(out) >= most {
						continue
					}
					s := slices.Clone(base)
					s[f] = v
					out = append(out, s)
				}
			}
		}
		from = to
	}
	return out
}

// firstFree is the first factor after all in which a setting differs from another: each setting is then made once.
func firstFree(s, last []int) int {
	for f := len(s) - 1; f >= 0; f-- {
		if s[f] != last[f] {
			return f + 1
		}
	}
	return 0
}

func (t *table) changed(s []int) (out []condition) {
	for f, v := range t.runs[len(t.runs)-1].setting {
		if s[f] != v {
			out = append(out, condition{f, s[f]})
		}
	}
	return out
}

func (t *table) cost(s []int) float64 {
	sum := 0.0
	for _, c := range t.changed(s) {
		sum += t.factors[c.factor].Cost
	}
	return sum
}

// outcomes are how likely 0 to n bad runs of n are where a cause is present.
func (b *belief) outcomes(n int) []float64 {
	out := make([]float64, n+1)
	for g, w := range b.grid {
		for k, p := range binomial(n, showing(g)) {
			out[k] += w * p
		}
	}
	return out
}

func binomial(n int, p float64) []float64 {
	out := make([]float64, n+1)
	for k := range out {
		out[k] = distuv.Binomial{N: float64(n), P: p}.Prob(float64(k))
	}
	return out
}

// gain is the mutual information of the number of bad runs and the cause, in bits, and the chance of any bad run.
func gain(all []belief, setting []int, present [][]float64, absent []float64) (bits, chanceBad float64) {
	mean := make([]float64, len(absent))
	of := func(b int) []float64 {
		if all[b].present(setting) {
			return present[b]
		}
		return absent
	}
	for b := range all {
		for k, p := range of(b) {
			mean[k] += all[b].p * p
		}
	}
	for b := range all {
		for k, p := range of(b) {
			if p > 0 && all[b].p > 0 {
				bits += all[b].p * p * math.Log2(p/mean[k])
			}
		}
	}
	return max(0, bits), 1 - mean[0]
}

// runsToClear is how many good runs in a row bring the likeliest named cause that a setting has below the bound, and which
// that is; 0 where it has none that is above it.
func runsToClear(all []belief, setting []int) (runs int, of cause) {
	top := -1
	for i, b := range all {
		if len(b.cause) > 0 && b.present(setting) && b.p >= cleared && (top < 0 || b.p > all[top].p*(1+1e-9)) {
			top = i
		}
	}
	if top < 0 {
		return 0, nil
	}
	after := slices.Clone(all)
	for n := 1; n < maxToClear; n++ {
		update(after, run{setting: setting, good: 1})
		if after[top].p < cleared {
			return n, all[top].cause
		}
	}
	return maxToClear, all[top].cause
}
