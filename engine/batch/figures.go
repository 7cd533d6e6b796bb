package batch

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Ratio is a figure that may be unknown: NaN here, null in JSON.
type Ratio float64

// Known tells whether there is a figure.
func (r Ratio) Known() bool { return !math.IsNaN(float64(r)) && !math.IsInf(float64(r), 0) }

// ratioDecimals is how many decimals are written: figures of a few hundred incidents carry no more.
const ratioDecimals = 6

// MarshalJSON writes null for an unknown figure.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if !r.Known() {
		return []byte("null"), nil
	}
	scale := math.Pow10(ratioDecimals)
	return strconv.AppendFloat(nil, math.Round(float64(r)*scale)/scale, 'f', -1, 64), nil
}

// UnmarshalJSON reads null as unknown.
func (r *Ratio) UnmarshalJSON(b []byte) error {
	var v *float64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*r = Ratio(math.NaN())
	if v != nil {
		*r = Ratio(*v)
	}
	return nil
}

// level is how much of a cause must be right: its component, or its signal as well.
type level struct{ signal bool }

// entry tells the entries of a ranking apart; equal ones collapse to the best rank.
func (l level) entry(c *model.Cause) string {
	if l.signal {
		return c.Component + "\x00" + c.Signal
	}
	return c.Component
}

// wanted returns the distinct true causes that this level asks for.
func (l level) wanted(t model.Truth) []model.TrueCause {
	var out []model.TrueCause
	for _, c := range t.Causes {
		if l.signal && c.Signal == "" {
			continue
		}
		key := model.TrueCause{Component: c.Component}
		if l.signal {
			key.Signal = c.Signal
		}
		if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// matches tells whether an answered cause is the wanted one; a wanted signal may be a signal's name or its kind.
func (l level) matches(s *Scored, c *model.Cause, want model.TrueCause) bool {
	if c.Component != want.Component {
		return false
	}
	if !l.signal || c.Signal == want.Signal {
		return true
	}
	if s.KindOf == nil {
		return false
	}
	kind, ok := s.KindOf(c.Component, c.Signal)
	return ok && string(kind) == want.Signal
}

// rightAt returns the least k at which the diagnosis is right, 0 for never.
func (l level) rightAt(s *Scored, wanted []model.TrueCause) int {
	seen := map[string]bool{}
	met := make([]bool, len(wanted))
	found := 0
	for i := range s.Diagnosis.Causes {
		c := &s.Diagnosis.Causes[i]
		key := l.entry(c)
		if seen[key] {
			continue
		}
		seen[key] = true
		for w, want := range wanted {
			if !met[w] && l.matches(s, c, want) {
				met[w] = true
				found++
			}
		}
		switch {
		case found == 0:
		case !s.Truth.All:
			return len(seen)
		case found == len(wanted) && len(seen) <= len(wanted):
			return 1 // n causes need n places: no answer could be better
		case found == len(wanted):
			return len(seen)
		}
	}
	return 0
}

// tally counts at which k faults were right.
type tally struct {
	n  int
	at [maxK]int // at[k-1]: right at k or before
}

// add counts one fault that was right at k; 0 = never.
func (t *tally) add(k int) {
	t.n++
	if k < 1 {
		return
	}
	for i := k - 1; i < maxK; i++ {
		t.at[i]++
	}
}

func (t *tally) accuracy() Accuracy {
	a := Accuracy{N: t.n}
	sum := 0
	for i, hits := range t.at {
		a.AC[i] = share(hits, t.n)
		sum += hits
	}
	a.Avg5 = share(sum, t.n*maxK)
	return a
}

// share is count/n, unknown when there is nothing to take a share of.
func share(count, n int) Ratio {
	if n == 0 {
		return Ratio(math.NaN())
	}
	return Ratio(float64(count) / float64(n))
}

// guess is a probability that was given, and whether it was right.
type guess struct {
	p     float64
	right bool
}

func calibrate(guesses []guess) Calibration {
	c := Calibration{N: len(guesses), Brier: Ratio(math.NaN()), BaseRate: Ratio(math.NaN()), Bins: make([]Bin, reliabilityBins)}
	var square float64
	var sum [reliabilityBins]float64
	var right [reliabilityBins]int
	rights := 0
	for _, g := range guesses {
		i := min(max(int(g.p*reliabilityBins), 0), reliabilityBins-1)
		c.Bins[i].N++
		sum[i] += g.p
		miss := g.p
		if g.right {
			right[i]++
			rights++
			miss = 1 - g.p
		}
		square += miss * miss
	}
	for i := range c.Bins {
		b := &c.Bins[i]
		b.From, b.To = float64(i)/reliabilityBins, float64(i+1)/reliabilityBins
		b.Mean, b.Right = Ratio(sum[i]/float64(b.N)), share(right[i], b.N)
	}
	if c.N > 0 {
		c.Brier = Ratio(square / float64(c.N))
		rate := share(rights, c.N)
		c.BaseRate = rate * (1 - rate)
	}
	return c
}

// Untimed is the timing of what nobody looked at the clock for.
func Untimed() Timing {
	unknown := Ratio(math.NaN())
	return Timing{MeanMS: unknown, P50MS: unknown, P99MS: unknown, PerSecond: unknown}
}

func timing(took []time.Duration) Timing {
	t := Untimed()
	if len(took) == 0 {
		return t
	}
	slices.Sort(took)
	var sum time.Duration
	for _, d := range took {
		sum += d
	}
	t.MeanMS = millis(sum) / Ratio(len(took))
	t.P50MS, t.P99MS = millis(nearestRank(took, 50)), millis(nearestRank(took, 99))
	return t
}

func millis(d time.Duration) Ratio { return Ratio(d.Seconds() * 1000) }

// nearestRank is the least value with at least percent of all values at or below it; sorted must not be empty.
func nearestRank(sorted []time.Duration, percent int) time.Duration {
	rank := (len(sorted)*percent + 99) / 100
	return sorted[max(rank, 1)-1]
}
