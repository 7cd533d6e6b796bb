package model

// State is what a signal showed in the symptom's interval.
type State uint8

// Absent, stale, idle and normal are different things.
const (
	// StateUnknown: it cannot be told; see Reason.
	StateUnknown State = iota
	// StateNormal: measured, and as it always is.
	StateNormal
	// StateAbnormal: measured, and not as it always is.
	StateAbnormal
)

func (s State) String() string { return [...]string{"unknown", "normal", "abnormal"}[s] }

// Reason says why something cannot be told.
type Reason uint8

// The reasons.
const (
	ReasonNone           Reason = iota
	ReasonNoSeries              // no series answered the query
	ReasonNoSamples             // the series has no sample in the symptom's interval
	ReasonVanished              // it had samples before, and has none now
	ReasonNoReference           // nothing to compare with
	ReasonShortReference        // too little to compare with
	ReasonNoTraffic             // there was nothing to measure it on
	ReasonQueryFailed           // the source could not answer
	ReasonPinned                // it is as bad as it can be at all times: a measure that does not work
)

var reasonText = [...]string{
	"", "not measured", "no samples in the symptom's interval", "samples stopped", "no reference to compare with",
	"too few reference samples", "no traffic", "query failed", "always at its worst",
}

func (r Reason) String() string { return reasonText[r] }

// Reading is what one series showed in the symptom's interval, held against its reference.
type Reading struct {
	Series *Series
	State  State
	Reason Reason // of StateUnknown
	// Sign is +1 when it went up, -1 down, 0 neither.
	Sign int
	// Bad tells whether it is abnormal in a direction that its signal calls bad.
	Bad bool
	// Baseline is the reference's median, Observed the symptom's robust extreme in the direction it moved; both in the
	// signal's unit. Scale is the reference's robust standard deviation with its floor.
	Baseline, Observed, Scale float64
	// Low and High bound the usual values (1st and 99th percentile of the reference).
	Low, High float64
	// Sigma is the magnitude in robust standard deviations, signed.
	Sigma float64
	// Severity is the magnitude in units of the worst that is usual (about the 99th percentile of what windows of the
	// same length showed in the reference): above 1 is unusual, 10 is ten times the worst usual. Not signed.
	Severity float64
	// Recurs tells that it was as bad before, now and then, in the reference: a job that comes back.
	Recurs bool
	// Reference is the past that it was judged by; Baseline, Scale, Low and High are of that.
	Reference Reference
	// Hits are the grid points, before or in the symptom's interval, at which it was unusual; ascending.
	Hits []int
	// Confidence is the probability, 0 to 1, that the deviation is no chance.
	Confidence float64
	// Onset is when it began.
	Onset Onset
	// ReferenceN and SymptomN are how many points each side rests on.
	ReferenceN, SymptomN int
}

// Delta is the change in the signal's unit.
func (r *Reading) Delta() float64 { return r.Observed - r.Baseline }

// Abnormal tells whether it is not as it always is, in whatever direction.
func (r *Reading) Abnormal() bool { return r.State == StateAbnormal }

// Present returns the readings that were made, in their order, leaving out those that are nil.
func Present(rs ...*Reading) []*Reading {
	out := make([]*Reading, 0, len(rs))
	for _, r := range rs {
		if r != nil {
			out = append(out, r)
		}
	}
	return out
}
