package detect

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// Floors of the scale: differences below these mean nothing in the signal's unit, however quiet the reference was.
const (
	floorRelative  = 0.02   // of the level, any unit
	floorSeconds   = 0.0005 // latency is not resolved below half a millisecond by common histograms
	floorRatio     = 0.001  // one request in a thousand
	floorPercent   = 0.1
	floorCount     = 0.5  // things that are counted come whole
	floorMissing   = 0.05 // of things that ought all to be there, one that is not is no chance
	floorCores     = 0.02
	floorBool      = 0.01   // yes or no, started or not: nothing lies between, and the other answer is never noise
	madToSigma     = 1.4826 // of a normal distribution
	range80ToSigma = 2.563  // width of the 10..90 % range of a normal distribution, in sigmas
)

// level is the robust location and scale of a reference.
type level struct {
	median, scale  float64
	narrow         float64 // the scale of the middle half alone: what happens now and then does not widen it
	q01, q99       float64
	n              int
	resolutionUnit float64
}

// measureLevel computes the level of ref, whose order it may change; scratch is as long. len(ref) must be at least 1.
func measureLevel(ref, scratch []float64, sig *model.Signal) level {
	return order(ref, scratch[:len(ref)]).level(sig)
}

// level is that of the numbers, of which there must be one.
func (s sorted) level(sig *model.Signal) level {
	at := func(p float64) float64 { return s[rankOf(len(s), p)] }
	l := level{n: len(s), median: at(0.5), q01: at(0.01), q99: at(0.99)}
	l.resolutionUnit = floorOf(sig, l.median)
	l.narrow = max(madToSigma*s.medianDeviation(l.median), l.resolutionUnit)
	l.scale = l.narrow
	if l.n >= minForRange {
		l.scale = max(l.scale, (at(0.90)-at(0.10))/range80ToSigma)
	}
	return l
}

// minForRange is how many points the 10..90 % range needs to be more than the extremes.
const minForRange = 20

// floorOf is the smallest scale that means something in the signal's unit. Shares (ratio, percent) have an absolute
// floor only: 99 % available is not ninety times as uncertain as 1 % failing.
func floorOf(sig *model.Signal, median float64) float64 {
	relative := floorRelative * math.Abs(median)
	switch sig.Unit {
	case "seconds":
		return max(floorSeconds, relative)
	case "ratio":
		return floorRatio
	case "bool", "starts":
		return floorBool
	case "percent":
		return floorPercent
	case "cores":
		return max(floorCores, relative)
	}
	switch sig.Kind {
	case model.KindAvailability:
		if sig.Unit == "1/s" {
			return floorRatio * max(1, math.Abs(median)) // restarts, failed probes: rare, and none is usual
		}
		return max(floorMissing, relative)
	case model.KindErrors:
		return floorRatio * max(1, math.Abs(median))
	case model.KindLatency:
		return max(floorSeconds, relative) // in some other unit of time, or none given
	default:
		return max(floorCount, relative)
	}
}

// minWidth is how far, relative to the level, a value must go before it can be the worst usual: changes of a few per cent
// slow nobody down.
func minWidth(sig *model.Signal, l level) float64 {
	m := math.Abs(l.median)
	switch sig.Kind {
	case model.KindLatency:
		return 0.25 * m
	case model.KindAvailability:
		if sig.Unit == "percent" {
			return 0.5
		}
		return 0.005
	case model.KindErrors:
		if sig.Unit == "ratio" {
			return 0.005
		}
		return 0.25 * m
	case model.KindUtilization:
		if sig.Unit == "percent" {
			return max(3, 0.15*m)
		}
		return max(0.03, 0.15*m)
	case model.KindTraffic:
		return 0.30 * m
	default:
		return 0.20 * m
	}
}
