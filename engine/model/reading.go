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
	ReasonExempt                // it is unusual, and somebody said that this is expected
)

var reasonText = [...]string{
	"", "not measured", "no samples in the symptom's interval", "samples stopped", "no reference to compare with",
	"too few reference samples", "no traffic", "query failed", "always at its worst", "expected",
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
	// Drift is how far the level just before the symptom had left the baseline already, the way the symptom strays, in the
	// signal's unit: what was there before is no part of the incident. 0 where the reference leads up to the symptom.
	Drift float64
	// Sigma is the magnitude in robust standard deviations, signed; the drift does not count.
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

// Amiss tells whether it is abnormal, or its samples stopped.
func (r *Reading) Amiss() bool { return r.Abnormal() || r.Reason == ReasonVanished }

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

// Exempt is the reading as it counts when it is unusual as expected: it accuses nobody, and acquits nobody either. What was
// observed stays.
func (r *Reading) Exempt() *Reading {
	e := *r
	e.State, e.Reason = StateUnknown, ReasonExempt
	e.Sigma, e.Severity, e.Confidence = 0, 0, 0
	e.Sign, e.Bad, e.Recurs, e.Hits, e.Onset = 0, false, false, nil, Onset{}
	return &e
}

// AsUsual is the reading as it would be had nothing happened: at its baseline.
func (r *Reading) AsUsual() *Reading {
	u := *r
	u.State, u.Reason = StateNormal, ReasonNone
	u.Observed, u.Drift, u.Sigma, u.Severity, u.Confidence = r.Baseline, 0, 0, 0, 0
	u.Sign, u.Bad, u.Recurs, u.Hits, u.Onset = 0, false, false, nil, Onset{}
	return &u
}

// AsBadAs is the reading as it would be had it gone its signal's bad way as far beyond the usual, at the same points and
// from the same time on, as another did. A share stays below its bound.
func (r *Reading) AsBadAs(other *Reading) *Reading {
	b := *r
	b.Sign = 1
	if r.Series.Signal.Bad == BadDown {
		b.Sign = -1
	}
	b.State, b.Reason, b.Bad, b.Recurs = StateAbnormal, ReasonNone, true, false
	b.Severity, b.Confidence, b.Hits, b.Onset = other.Severity, other.Confidence, other.Hits, other.Onset
	usual := max(r.High-r.Baseline, fewSigmas*r.Scale)
	if b.Sign < 0 {
		usual = max(r.Baseline-r.Low, fewSigmas*r.Scale)
	}
	b.Observed = r.Baseline + float64(b.Sign)*b.Severity*usual
	switch r.Series.Signal.Unit {
	case "percent":
		b.Observed = min(100, max(0, b.Observed))
	case "ratio":
		b.Observed = min(1, max(0, b.Observed))
	}
	b.Drift, b.Sigma = 0, (b.Observed-r.Baseline)/r.Scale
	return &b
}

// fewSigmas is how many robust sigmas the worst usual is at least away from the baseline.
const fewSigmas = 4
