package model

import "time"

// Expectation is what a rule says of a signal if a fault is there: that it moves, stays, is there or is not, somewhere in
// the fault's neighbourhood. The same shape says what would contradict the fault.
type Expectation struct {
	// Name is how the signal is asked for where nobody measures it: "io_queue_length", "disk latency".
	Name string
	// Matches tells whether a signal is meant.
	Matches func(*Signal) bool
	Shape   Shape
	// Weight is how telling it is, 0 to 1.
	Weight float64
	// Necessary expectations, measured and not met, rule the fault out; of what contradicts it, those that were observed.
	Necessary bool
	// On is where it is looked for.
	On Place
	// By is the label of whose values only some show it; "" = not told apart.
	By string
	// Lag is when it begins; nil = at any time.
	Lag *Lag
}

// Shape is how a signal behaves in the symptom's interval, held against what is usual.
type Shape string

// The shapes. Absent is what had samples before and has none; what was never measured is unknown.
const (
	ShapeUp      Shape = "up"
	ShapeDown    Shape = "down"
	ShapeFlat    Shape = "flat"
	ShapePresent Shape = "present"
	ShapeAbsent  Shape = "absent"
)

// Shapes lists every shape.
func Shapes() []Shape { return []Shape{ShapeUp, ShapeDown, ShapeFlat, ShapePresent, ShapeAbsent} }

// Sign is the sign of a reading that moved so; 0 for shapes that are no move.
func (s Shape) Sign() int {
	switch s {
	case ShapeUp:
		return +1
	case ShapeDown:
		return -1
	}
	return 0
}

// Place is where, seen from the component that has the fault, an expectation is looked for.
type Place string

// The places. Callers are all that need the component, callees what it calls, hosts what it runs or is stored on;
// siblings are of its kind, and needed by one that needs it.
const (
	OnComponent Place = "component"
	OnCallers   Place = "callers"
	OnCallees   Place = "callees"
	OnSiblings  Place = "siblings"
	OnHost      Place = "host"
)

// Places lists every place.
func Places() []Place { return []Place{OnComponent, OnCallers, OnCallees, OnSiblings, OnHost} }

// Lag says how long after something else a signal begins to move.
type Lag struct {
	// After is a signal of the component by name, or AfterOnset.
	After string
	// Min and Max bound the lag; negative is before. Max is the largest Duration where it is not bounded.
	Min, Max time.Duration
}

// AfterOnset in a lag is the onset of the fault: of its most telling sign.
const AfterOnset = "onset"
