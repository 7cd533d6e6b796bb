package model

import "time"

// Interval is a closed stretch of time. A zero From or To means that end is open or not given.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// IsZero tells whether neither end is given.
func (iv Interval) IsZero() bool { return iv.From.IsZero() && iv.To.IsZero() }

// Contains tells whether t lies in the interval; an end not given does not bound.
func (iv Interval) Contains(t time.Time) bool {
	return (iv.From.IsZero() || !t.Before(iv.From)) && (iv.To.IsZero() || !t.After(iv.To))
}

// Duration is the length, 0 when an end is open.
func (iv Interval) Duration() time.Duration {
	if iv.From.IsZero() || iv.To.IsZero() {
		return 0
	}
	return iv.To.Sub(iv.From)
}

// Onset is when something began: not earlier than Earliest (the last point still normal) and not later than Latest (the
// first point already abnormal), widened by the smear of the signal's range window. Zero times mean unknown.
type Onset struct {
	Earliest time.Time `json:"earliest,omitzero"`
	Latest   time.Time `json:"latest,omitzero"`
}

// Known tells whether the onset is bounded on both sides.
func (o Onset) Known() bool { return !o.Earliest.IsZero() && !o.Latest.IsZero() }

// Order is the relation in time of two onsets.
type Order int

// Two onsets whose intervals overlap are a tie, not an order.
const (
	OrderUnknown Order = iota
	OrderBefore
	OrderTie
	OrderAfter
)

func (o Order) String() string {
	return [...]string{"unknown", "before", "tie", "after"}[o]
}

// Compare tells whether o came before other.
func (o Onset) Compare(other Onset) Order {
	switch {
	case !o.Known() || !other.Known():
		return OrderUnknown
	case o.Latest.Before(other.Earliest):
		return OrderBefore
	case other.Latest.Before(o.Earliest):
		return OrderAfter
	default:
		return OrderTie
	}
}

// Lag is how long o came after other, from the middles of both; ok is false when either is unknown.
func (o Onset) Lag(other Onset) (lag time.Duration, ok bool) {
	if !o.Known() || !other.Known() {
		return 0, false
	}
	return o.mid().Sub(other.mid()), true
}

func (o Onset) mid() time.Time { return o.Earliest.Add(o.Latest.Sub(o.Earliest) / 2) }

// Span is a run of grid points: n points from StartMillis on, one every grid step.
type Span struct {
	StartMillis int64
	N           int
}

// Grid is the time axis that all signals of a frame share: one step, and one or more spans in ascending order that do
// not overlap (a baseline may lie months away from the symptom).
type Grid struct {
	Step  time.Duration
	Spans []Span
}

// Len is the number of points.
func (g Grid) Len() int {
	n := 0
	for _, s := range g.Spans {
		n += s.N
	}
	return n
}

// Millis returns the time of point i.
func (g Grid) Millis(i int) int64 {
	for _, s := range g.Spans {
		if i < s.N {
			return s.StartMillis + int64(i)*g.Step.Milliseconds()
		}
		i -= s.N
	}
	panic("BUG: grid index out of range")
}

// Time returns the time of point i.
func (g Grid) Time(i int) time.Time { return FromMillis(g.Millis(i)) }

// Index returns the point at exactly ms.
func (g Grid) Index(ms int64) (int, bool) {
	base := 0
	step := g.Step.Milliseconds()
	for _, s := range g.Spans {
		if d := ms - s.StartMillis; d >= 0 && d < int64(s.N)*step {
			if d%step != 0 {
				return 0, false
			}
			return base + int(d/step), true
		}
		base += s.N
	}
	return 0, false
}

// Phase says what a grid point is used for.
type Phase uint8

const (
	// PhaseOther points belong to neither side (between baseline and window, or too close to the symptom to be quiet).
	PhaseOther Phase = iota
	// PhaseReference points are known or believed quiet: what "normal" is measured on.
	PhaseReference
	// PhaseExcluded points lie in another known incident.
	PhaseExcluded
	// PhaseBefore points lie just before the symptom's start: searched for onsets, no part of the reference.
	PhaseBefore
	// PhaseSymptom points lie in the symptom's interval.
	PhaseSymptom
)

func (p Phase) String() string {
	return [...]string{"other", "reference", "excluded", "before", "symptom"}[p]
}
