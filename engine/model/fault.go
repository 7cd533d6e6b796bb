package model

// Fault is a way to be sick, as the engine needs to know it; filled from the rule packs.
type Fault struct {
	Name  string
	Title Message // "the volume is saturated"
	// Befalls tells whether a component of the kind can have it.
	Befalls func(kind string) bool
	// Marks tells whether a bad reading of the signal is a mark of the fault, and how telling, 0 to 1.
	Marks func(*Signal) (weight float64, ok bool)
	// Needs tells whether the signal, measured and quiet, rules the fault out.
	Needs func(*Signal) bool
	// HostResource is the resource whose quiet on the host rules the fault out; "" = none.
	HostResource string
	// Changes are the kinds of change events that NatureChange stands or falls by.
	Changes []ChangeKind
	// Recorded: it is supposed only of a component of which a change event of one of these kinds is known.
	Recorded bool
	// Predicts is what else is to be seen if the fault is there, and Contradicts what, seen, speaks against it.
	Predicts, Contradicts []Expectation
	// Prior is in log-odds.
	Prior  float64
	Nature Nature
}

// Nature is where a fault shows first.
type Nature int

const (
	// NatureResource says: a resource of the component itself runs out.
	NatureResource Nature = iota
	// NatureService says: the component answers late or wrongly, for whatever reason inside it.
	NatureService
	// NatureLink says: the way to the component is slow or lossy: callers suffer, the component does not notice.
	NatureLink
	// NatureLoad says: more (or fewer) requests than usual come in here from outside.
	NatureLoad
	// NatureAbsent says: the component or its exporter is gone.
	NatureAbsent
	// NatureChange says: something that was altered about the component made it worse; stands or falls by a change event.
	NatureChange
	// NatureSupply says: the component answers well, but no longer keeps load away from others (a cache that is empty).
	NatureSupply
)

func (n Nature) String() string {
	return [...]string{"resource", "service", "link", "load", "absent", "change", "supply"}[n]
}

// The tests that predictions name; engine/eliminate has one file for each.
const (
	TestOwnSignal     = "own-signal"     // the fault's own signals are bad
	TestServiceSuffer = "service-suffer" // the component itself answers late or wrongly
	TestCallersSee    = "callers-see"    // callers see it late or failing
	TestGap           = "gap"            // callers see it, the component does not: it lies between
	TestBelowExplains = "below-explains" // nothing it needs explains its trouble
	TestLoadDriven    = "load-driven"    // it is not just more load than usual
	TestLoadSource    = "load-source"    // the load comes in here, not from further up
	TestDose          = "dose"           // its trouble is large enough for the symptom
	TestOnsetOrder    = "onset-order"    // it began no later than the symptom
	TestAlibi         = "alibi"          // every caller suffers, not one alone
	TestHostQuiet     = "host-quiet"     // the host's resource is used up too
	TestChange        = "change"         // a change hit it just before
	TestPropagation   = "propagation"    // what lies between it and the symptom suffers too
	TestSpill         = "spill"          // what it kept away goes to others now
	TestRole          = "role"           // what the component is for makes it likely or unlikely
	TestRulePredicts  = "rule-predicts"  // what the fault's rule predicts is there
	TestRuleRefutes   = "rule-refutes"   // what, by the fault's rule, contradicts it is not
)

// Mark is a bad reading that shows a fault.
type Mark struct {
	Reading *Reading
	Weight  float64 // 0 to 1
}

// Telling orders marks for people: how typical of the fault the signal is counts twice, because a typical signal that is
// somewhat unusual says more than a vague one that is very unusual.
func (m Mark) Telling() float64 { return m.Weight * m.Weight * StrengthOf(m.Reading) }
