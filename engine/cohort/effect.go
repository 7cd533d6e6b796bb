package cohort

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// confidence is that of the intervals.
const confidence = 0.95

// Effect is how much worse the cohort fares than the others, with an interval of 95 %. Of events it is the ratio of their
// rates: Value and High are +Inf where the others had none. Of levels it is the difference of the means.
type Effect struct {
	Value, Low, High float64
}

func (s *sample) effect(members []bool, kind Kind) Effect {
	if kind == Levels {
		return s.difference(members)
	}
	return s.ratio(members)
}

// ratio of two Poisson rates. Of all events the share that fell into the cohort is binomial, so its bounds (C. J. Clopper
// and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934) give those
// of the ratio. Events that come in heaps say less than as many that come alone: they count for less by their dispersion,
// as quasi-likelihood has it (P. McCullagh and J. A. Nelder, "Generalized Linear Models", 1989, 4.5).
func (s *sample) ratio(members []bool) Effect {
	var in, out Side
	for i, m := range members {
		side := &out
		if m {
			side = &in
		}
		side.Bad += s.units[i].events()
		side.Exposure += s.units[i].Exposure
	}
	heap := s.dispersion(members, in, out)
	a, b := in.Bad/heap, out.Bad/heap
	tail := (1 - confidence) / 2
	odds := out.Exposure / in.Exposure
	ratioAt := func(share float64) float64 {
		if share >= 1 {
			return math.Inf(1)
		}
		return share / (1 - share) * odds
	}
	e := Effect{Value: ratioAt(a / (a + b)), High: math.Inf(1)}
	if a > 0 {
		e.Low = ratioAt(distuv.Beta{Alpha: a, Beta: b + 1}.Quantile(tail))
	}
	if b > 0 {
		e.High = ratioAt(distuv.Beta{Alpha: a + 1, Beta: b}.Quantile(1 - tail))
	}
	return e
}

// events are those that the size of an effect goes by.
func (u *Unit) events() float64 {
	if u.Seen > 0 {
		return u.Seen
	}
	return max(0, u.Bad)
}

// dispersion is Pearson's statistic of the units' events against the rate of their side, a degree of freedom; at least 1.
func (s *sample) dispersion(members []bool, in, out Side) float64 {
	sum, n := 0.0, 0
	for i, m := range members {
		side := out
		if m {
			side = in
		}
		if expected := s.units[i].Exposure * side.Bad / side.Exposure; expected > 0 {
			d := s.units[i].events() - expected
			sum += d * d / expected
			n++
		}
	}
	return max(1, sum/float64(max(1, n-2)))
}

// difference of two means of unlike variance (B. L. Welch, "The generalization of 'Student's' problem when several
// different population variances are involved", 1947). A side of one unit has no variance, and the interval no bounds.
func (s *sample) difference(members []bool) Effect {
	var in, out []float64
	for i, m := range members {
		level := s.units[i].Bad / s.units[i].Exposure
		if m {
			in = append(in, level)
		} else {
			out = append(out, level)
		}
	}
	meanIn, varIn := stat.MeanVariance(in, nil)
	meanOut, varOut := stat.MeanVariance(out, nil)
	e := Effect{Value: meanIn - meanOut, Low: math.Inf(-1), High: math.Inf(1)}
	if len(in) < 2 || len(out) < 2 {
		return e
	}
	a, b := varIn/float64(len(in)), varOut/float64(len(out))
	if a+b == 0 {
		e.Low, e.High = e.Value, e.Value
		return e
	}
	freedom := (a + b) * (a + b) / (a*a/float64(len(in)-1) + b*b/float64(len(out)-1))
	half := math.Sqrt(a+b) * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Quantile(1-(1-confidence)/2)
	e.Low, e.High = e.Value-half, e.Value+half
	return e
}
