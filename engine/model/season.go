package model

import "time"

// Stretch is a run of grid points: First and those after it, up to but without End.
type Stretch struct{ First, End int }

// TimeOfDay is the symptom's time of day on one day, as points of a grid.
type TimeOfDay struct {
	Weekday time.Weekday // by the users' clock
	Lead    Stretch      // what led up to it, with a pause between
	At      Stretch      // as long as the symptom
	Near    Stretch      // At with some slack to either side: nobody's clock is that exact
}

// Season is the symptom's time of day today and on earlier days, by a named clock. Its zero value has no earlier day.
type Season struct {
	Today TimeOfDay
	Days  []TimeOfDay // earlier ones, the latest first
}

// Reference is the past that a reading was judged by.
type Reference uint8

const (
	// ReferencePast is the quiet past (or the given baseline), whatever the time of day.
	ReferencePast Reference = iota
	// ReferenceDays is the same time of day on all earlier days.
	ReferenceDays
	// ReferenceDayKind is the same time on earlier days of the same kind: Monday to Friday, or the weekend.
	ReferenceDayKind
	// ReferenceWeekday is the same time on the same day of earlier weeks.
	ReferenceWeekday
)

func (r Reference) String() string {
	return [...]string{"past", "days", "days of the same kind", "same weekday"}[r]
}

// When says at what time a value is usual, for a seasonal reference: "at this time of day".
func (r Reference) When() Message {
	switch r {
	case ReferenceDays:
		return Say("at this time of day")
	case ReferenceDayKind:
		return Say("at this time on such days")
	case ReferenceWeekday:
		return Say("at this time of the week")
	}
	return Message{}
}

// Seasonal tells whether the time of day was part of the judgement.
func (r Reference) Seasonal() bool { return r != ReferencePast }
