package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// family is a sort of stationary noise: next draws the next point, prev being the one before it.
type family struct {
	name string
	next func(rng *rand.Rand, prev float64) float64
}

// families are what quiet signals look like: even, skewed, heavy-tailed, counted, and with a memory. Levels are well above
// the floors of detection where these are absolute, so that it is the windows that decide and not the floors.
var families = []family{
	{"normal", func(rng *rand.Rand, _ float64) float64 { return 10 + 2*rng.NormFloat64() }},
	{"lognormal", func(rng *rand.Rand, _ float64) float64 { return math.Exp(0.8 * rng.NormFloat64()) }},
	{"pareto", func(rng *rand.Rand, _ float64) float64 { return math.Pow(1-rng.Float64(), -1/1.5) }},
	{"poisson", func(rng *rand.Rand, _ float64) float64 { return poisson(rng, 2) }},
	{"ar1", func(rng *rand.Rand, prev float64) float64 { return 10 + 0.9*(prev-10) + 0.8*rng.NormFloat64() }},
}

// poisson counts events of a mean (Knuth 1969, by multiplying uniform numbers).
func poisson(rng *rand.Rand, mean float64) float64 {
	n, p := 0.0, rng.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= rng.Float64()
	}
	return n
}

// course draws n points of a family.
func (f family) course(rng *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	prev := 10.0
	for i := range out {
		prev = f.next(rng, prev)
		out[i] = prev
	}
	return out
}

const (
	rateSeries    = 2000 // of each family
	rateReference = 300
	rateGuard     = 24
)

// anyUse is a signal whose every move counts as bad, so that both directions can raise a false alarm.
var anyUse = &model.Signal{Name: "use", Kind: model.KindUsage, Unit: "things", Bad: model.BadBoth}

// TestFalseAlarms: of quiet series that nobody touched, few read as abnormal, whatever their noise.
func TestFalseAlarms(t *testing.T) {
	const most = 0.03
	for _, f := range families {
		for _, window := range []int{3, 5, 12} {
			rng := rand.New(rand.NewPCG(7, uint64(window)))
			alarms := 0
			for range rateSeries {
				l := straight(rateReference, rateGuard, window)
				l.add("web", anyUse, f.course(rng, len(l.phases)))
				if l.read()[0].Abnormal() {
					alarms++
				}
			}
			share := float64(alarms) / rateSeries
			t.Logf("%-9s window %2d: %.2f %% false alarms", f.name, window, 100*share)
			if share >= most {
				t.Errorf("%s, window of %d: %.2f %% of quiet series read as abnormal, want below %g %%", f.name, window, 100*share, 100*most)
			}
		}
	}
}

// TestPower: a step of three times the worst usual (the reference's 99th percentile of distances from the median) is
// found, in the direction that it went.
func TestPower(t *testing.T) {
	const least, size = 0.95, 3.0
	for _, f := range families {
		for _, window := range []int{3, 5, 12} {
			for _, sign := range []int{+1, -1} {
				rng := rand.New(rand.NewPCG(8, uint64(window)))
				found := 0
				for range rateSeries / 4 {
					l := straight(rateReference, rateGuard, window)
					values := f.course(rng, len(l.phases))
					by := size * farUsual(values[:rateReference])
					for i := l.symptomStart(); i < len(values); i++ {
						values[i] += float64(sign) * by
					}
					l.add("web", anyUse, values)
					if r := l.read()[0]; r.Abnormal() && r.Sign == sign {
						found++
					}
				}
				share := float64(found) / (rateSeries / 4)
				t.Logf("%-9s window %2d, %+d: %.1f %% found", f.name, window, sign, 100*share)
				if share < least {
					t.Errorf("%s, window of %d: %.1f %% of steps %+d found, want %g %%", f.name, window, 100*share, sign, 100*least)
				}
			}
		}
	}
}

// farUsual is the 99th percentile of distances from the median.
func farUsual(reference []float64) float64 {
	sorted := slices.Clone(reference)
	slices.Sort(sorted)
	median := sorted[len(sorted)/2]
	for i, v := range sorted {
		sorted[i] = math.Abs(v - median)
	}
	slices.Sort(sorted)
	return sorted[len(sorted)*99/100]
}
