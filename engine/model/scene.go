package model

import (
	"math"
	"sync"
)

// Scene is everything that was seen, set in relation: what hypotheses are made from and tested against. Built once by
// engine/correlate, read-only after; it must not be copied.
type Scene struct {
	Symptom  Symptom
	Step     int64 // of the grid, milliseconds
	Grid     Grid  // of all readings
	Readings []*Reading
	Profiles map[string]*Profile // by component; every component of the topology has one
	Calls    map[Subject]*Call   // by call that was measured
	// Influences are, for each dependent, how far each thing it needs explains its trouble; sorted by name.
	Influences map[string][]Influence
	Missing    []MissingSignal
	Changes    []Change // told and found, in the order of time
	Watches    []Watch  // what would have shown a change; by component and kind

	indexOnce sync.Once
	index     callIndex // owner: indexOnce, then nobody
}

// ReadingsOf are the readings of a component or of a call, in frame order. The list must not be changed.
func (s *Scene) ReadingsOf(subject Subject) []*Reading {
	if subject.IsEdge() {
		if c := s.Calls[subject]; c != nil {
			return c.Readings
		}
	} else if p := s.Profiles[subject.Component]; p != nil {
		return p.Readings
	}
	return nil
}

// Profile gathers what was read on one component.
type Profile struct {
	Component string
	Readings  []*Reading // all, in frame order
	Latency   *Reading   // the worst bad latency that the component's own side measured; nil = none is bad
	Errors    *Reading   // the worst bad error or availability signal of its own side
	Client    *Reading   // the worst of what it saw of the calls it made
	Resource  *Reading   // the worst bad saturation, utilization or usage
	Traffic   *Reading   // the largest change of its load
	Load      *Reading   // its load, changed or not: of requests where they are counted; nil = not measured
	// Measured counts the readings with a known state, by family of signal.
	Measured map[SignalKind]int
}

// Call gathers what was read on the calls from one component to another.
type Call struct {
	Subject Subject
	Client  *Reading // the worst bad reading that the caller took; nil = none is bad
	Server  *Reading // the worst bad reading that the callee took
	// ClientMeasured and ServerMeasured tell which families that side measured at all.
	ClientMeasured, ServerMeasured map[Family]bool
	Readings                       []*Reading // all, of either side, in frame order
}

// Measures tells whether the component's own side gives a family of signals; of FamilyNone, any that users feel.
func (p *Profile) Measures(f Family) bool {
	switch f {
	case FamilyLatency:
		return p.Measured[KindLatency] > 0
	case FamilyErrors:
		return p.Measured[KindErrors]+p.Measured[KindAvailability] > 0
	}
	return p.Measures(FamilyLatency) || p.Measures(FamilyErrors)
}

// Nearest is the reading of its own side in a family (of FamilyNone, any) that came nearest to trouble: of those that lean
// to the bad side the most unusual, else of all. Nil when none could be judged.
func (p *Profile) Nearest(f Family) *Reading {
	felt := func(r *Reading) bool {
		sig := r.Series.Signal
		return r.State != StateUnknown && sig.Side != SideClient && sig.Kind.UserFacing() && (f == FamilyNone || sig.Kind.Family() == f)
	}
	leaning := Worst(p.Readings, func(r *Reading) bool {
		d := r.Delta()
		return felt(r) && (d > 0 && r.Series.Signal.Bad.Judges(+1) || d < 0 && r.Series.Signal.Bad.Judges(-1))
	})
	if leaning != nil {
		return leaning
	}
	return Worst(p.Readings, felt)
}

// Bad is the worst bad reading of its own side in a family; of FamilyNone, in any.
func (p *Profile) Bad(f Family) *Reading {
	switch {
	case f == FamilyLatency:
		return p.Latency
	case f == FamilyErrors:
		return p.Errors
	case p.Latency == nil || p.Errors != nil && p.Errors.Severity > p.Latency.Severity:
		return p.Errors
	}
	return p.Latency
}

// PoolFull is the bad reading of a component's own pool of connections; nil when there is none. What it then measures of
// its calls holds the wait for a connection, which the callee never sees.
func (p *Profile) PoolFull() *Reading {
	return Worst(p.Readings, func(r *Reading) bool {
		return r.Abnormal() && r.Bad && r.Series.Signal.Resource == "pool" && StrengthOf(r) >= 1
	})
}

// Stopped are the readings of which the samples stopped, in frame order, and the number of those that are still known.
func (p *Profile) Stopped() (stopped []*Reading, alive int) {
	for _, r := range p.Readings {
		switch {
		case r.Reason == ReasonVanished:
			stopped = append(stopped, r)
		case r.State != StateUnknown:
			alive++
		}
	}
	return stopped, alive
}

// Spare is the utilization that shows that there is plenty of a resource left, whatever waits for it: a quota may hold
// one tenant back on an idle machine. Nil when its utilization is not measured, or high.
func (p *Profile) Spare(resource string) *Reading {
	var spare *Reading
	for _, r := range p.Readings {
		sig := r.Series.Signal
		share, ok := shareUsed(r)
		if r.State == StateUnknown || !ok || sig.Resource != resource || sig.Bad != BadUp {
			continue
		}
		if share >= spareShare {
			return nil
		}
		if spare == nil || r.Observed > spare.Observed {
			spare = r
		}
	}
	return spare
}

// spareShare is the utilization below which there is plenty left: at 60 % of an M/M/1 queue waiting is one and a half
// times service.
const spareShare = 0.6

// Full tells whether a utilization is near its bound: full as usual is no sign that there is enough.
func Full(r *Reading) bool {
	share, ok := shareUsed(r)
	return ok && r.Series.Signal.Bad == BadUp && share >= fullShare
}

// shareUsed is the observed value of a utilization as a share of its bound; ok is false for all else.
func shareUsed(r *Reading) (share float64, ok bool) {
	sig := r.Series.Signal
	switch {
	case sig.Kind != KindUtilization:
		return 0, false
	case sig.Unit == "percent":
		return r.Observed / 100, true
	case sig.Unit == "ratio":
		return r.Observed, true
	}
	return 0, false
}

// SeenByCaller tells whether the caller measured a family of these calls; of FamilyNone, any.
func (c *Call) SeenByCaller(f Family) bool { return c != nil && has(c.ClientMeasured, f) }

// SeenByCallee tells whether the callee measured a family of these calls; of FamilyNone, any.
func (c *Call) SeenByCallee(f Family) bool { return c != nil && has(c.ServerMeasured, f) }

func has(m map[Family]bool, f Family) bool {
	if f == FamilyNone {
		return len(m) > 0
	}
	return m[f]
}

// Influence says how far a dependency explains the trouble of its dependent.
type Influence struct {
	Dependency Dependency
	Caller     *Reading // of the dependent: the trouble to be explained; nil = it has none
	Callee     *Reading // of the needed side, or of the call: what explains it; nil = nothing
	// Overlap is the share, 0 to 1, of the caller's unusual points at which the callee was unusual too.
	Overlap float64
	// Dose is the callee's deviation over the caller's, both in one unit; NaN when their units differ.
	Dose float64
	// Correlation is Pearson's r of both around the symptom; NaN when there are too few points.
	Correlation float64
	LagSeconds  float64 // the caller's onset after the callee's; NaN when either is unknown
	// Explained is the share, 0 to 1, of the caller's trouble that the callee accounts for.
	Explained float64
}

// Strength turns a severity into evidence, in nats: 0 up to the worst usual, then the logarithm of how many times that,
// capped, because no one signal proves a cause.
func Strength(severity float64) float64 {
	if !(severity > strengthFrom) {
		return 0
	}
	return min(strengthCap, strengthSlope*math.Log(severity/strengthFrom))
}

const (
	strengthSlope = 2.0
	strengthFrom  = 0.7
	strengthCap   = 6.0
)

// silenceStrength is the evidence of samples that stopped: silence is a signal, but of the exporter as much as of what it
// watches.
const silenceStrength = 3.0

// StrengthOf is the strength of a reading; 0 for nil.
func StrengthOf(r *Reading) float64 {
	if r != nil && r.State == StateUnknown && r.Reason == ReasonVanished {
		return silenceStrength
	}
	if r == nil || r.State != StateAbnormal {
		return 0
	}
	return Strength(r.Severity) * fullness(r)
}

// fullness is how near a utilization is to its bound, 0 to 1: a processor that goes from 2 % to 10 % is unusual, but it
// is not short of anything. 1 for everything that is no utilization in ratio or percent.
func fullness(r *Reading) float64 {
	share, ok := shareUsed(r)
	if !ok || r.Sign < 0 || r.Series.Signal.Bad == BadDown {
		return 1
	}
	return min(1, max(leastFullness, (share-emptyShare)/(fullShare-emptyShare)))
}

const (
	emptyShare    = 0.25 // at and below it nothing is short
	fullShare     = 0.80 // from it on queues build up (utilization law of M/M/1: waiting is four times service)
	leastFullness = 0.1
)

// Worst returns the reading of the highest severity among those the filter lets through; ties go to the first in the order of Series.Compare, so
// the answer does not hang on input order. Nil when none.
func Worst(readings []*Reading, filter func(*Reading) bool) *Reading {
	var best *Reading
	for _, r := range readings {
		if !filter(r) {
			continue
		}
		if best == nil || r.Severity > best.Severity || (r.Severity == best.Severity && r.Series.Compare(best.Series) < 0) {
			best = r
		}
	}
	return best
}

// Awaited tells whether a resource fills up because answers are awaited (pools, threads, sockets), rather than because it
// runs out by itself.
func Awaited(resource string) bool {
	switch resource {
	case "pool", "threads", "connections", "queue", "http", "locks", "requests", "workers":
		return true
	}
	return false
}
