package model

import "time"

// Symptom is what was noticed: a component's signal, bad over an interval. Component, Signal and From may be empty: the
// engine then finds them.
type Symptom struct {
	Component string
	Signal    SignalKind
	Interval  Interval
}

// Incident is a stretch of time to be explained.
type Incident struct {
	ID       string
	Title    string
	Step     time.Duration // of the grid
	Window   Interval      // what data there is
	Symptom  Symptom
	Baseline Interval   // known quiet time; zero = not given. May lie far away, even after the symptom
	Exclude  []Interval // other known incidents, no part of any baseline
	// Zone is the clock that users live by, for what comes back daily or weekly; nil = UTC.
	Zone *time.Location `json:"-"`
	// SeasonDays is for how many earlier days the symptom's time of day is looked at although it lies before the window;
	// within the window all are. 0 = none.
	SeasonDays int `json:",omitempty"`
}

// Location is the incident's zone, UTC when none is given.
func (i *Incident) Location() *time.Location {
	if i.Zone == nil {
		return time.UTC
	}
	return i.Zone
}

// Question is what somebody asks, after understanding.
type Question struct {
	Text       string // as asked; "" when only flags were given
	Symptom    Symptom
	Understood Message // the echo: what was made of it
}

// Truth is what really happened, known afterwards. Only the scorer may see one.
type Truth struct {
	Causes []TrueCause
	All    bool // every cause must be found, not any
	None   bool // nothing was wrong
	Onset  time.Time
}

// TrueCause is one cause of a Truth; Signal may be a signal's name or kind.
type TrueCause struct {
	Component, Signal, Fault, Change string
}
