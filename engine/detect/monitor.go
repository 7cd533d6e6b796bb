package detect

import (
	"math"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// MonitorOptions shape the windows of a Monitor, in points of its step. Zero fields take the defaults.
type MonitorOptions struct {
	// Points are kept in all: reference, guard and symptom. Default 240.
	Points int
	// Symptom is how many of the newest points are judged. Default 5.
	Symptom int
	// Guard is how many points before the symptom are no reference: troubles begin before they are noticed. Default 24.
	Guard int
}

func (o MonitorOptions) withDefaults() MonitorOptions {
	if o.Points == 0 {
		o.Points = 240
	}
	if o.Symptom == 0 {
		o.Symptom = 5
	}
	if o.Guard == 0 {
		o.Guard = 24
	}
	return o
}

// Monitor judges one series as its points arrive: the streaming form of Read, in memory that does not grow and time that
// does not depend on how long it has run. One goroutine owns it.
//
// It answers what Read answers for the same points (phases: reference, before, symptom), by construction: a screen of
// order statistics that slide with the window proves most points normal, and Read itself judges the rest. The screen is
// sound because no worst usual is below floorWidth, whose scale is no less than the median deviation's.
//
// A screened point costs two insertions into ordered windows and a search in them, about a microsecond; a judged one
// what Read costs for one series, some ten.
type Monitor struct {
	series *model.Series // Values are the monitor's own, oldest first
	step   time.Duration
	opts   MonitorOptions
	phases []model.Phase

	values []float64 // ring: the point of time t lies at its number modulo Points
	next   int       // number of the next point
	last   int64     // its time, Unix milliseconds, less a step
	ref    sorted
	recent sorted // the symptom's points

	reading *model.Reading // as last judged; nil = screened normal, or too few points yet
	since   model.Onset    // of the trouble that goes on
	trend   trend
}

// NewMonitor watches a series; its values are taken from Add, not from the series given.
func NewMonitor(s *model.Series, step time.Duration, opts MonitorOptions) *Monitor {
	own := *s
	m := &Monitor{series: &own, step: step, opts: opts.withDefaults()}
	n := m.opts.Points
	own.Values = make([]float64, n)
	m.values, m.phases = make([]float64, n), make([]model.Phase, n)
	for i := range m.phases {
		m.values[i] = model.Gap()
		switch left := n - i; {
		case left <= m.opts.Symptom:
			m.phases[i] = model.PhaseSymptom
		case left <= m.opts.Symptom+m.opts.Guard:
			m.phases[i] = model.PhaseBefore
		default:
			m.phases[i] = model.PhaseReference
		}
	}
	m.trend.limit, m.trend.bounded = limitOf(s.Signal)
	return m
}

// at is the value age points ago, 0 the newest; a gap before the first.
func (m *Monitor) at(age int) float64 {
	if age >= m.next || age >= m.opts.Points {
		return model.Gap()
	}
	return m.values[(m.next-1-age)%m.opts.Points]
}

// Add takes the point of a time, Unix milliseconds, which must be later than the one before by whole steps; points left
// out are gaps. It returns whether something is not as usual now.
func (m *Monitor) Add(tMillis int64, v float64) bool {
	if m.next > 0 {
		step := m.step.Milliseconds()
		missed := min((tMillis-m.last)/step-1, int64(m.opts.Points))
		for range missed {
			m.slide(model.Gap())
		}
	}
	m.slide(v)
	m.last = tMillis
	m.judge()
	return m.reading != nil && m.reading.Amiss()
}

// slide puts a point into the windows and takes the oldest of each out.
func (m *Monitor) slide(v float64) {
	gone, oldest := m.at(m.opts.Symptom-1), m.at(m.opts.Points-1)
	settled := m.at(m.opts.Symptom + m.opts.Guard - 1)
	m.values[m.next%m.opts.Points] = v
	m.next++
	m.recent.insert(v)
	m.recent.remove(gone)
	m.ref.insert(settled)
	m.ref.remove(oldest)
	m.trend.slide(v, oldest, m)
}

func (m *Monitor) judge() {
	if m.usual() {
		m.reading, m.since = nil, model.Onset{}
		return
	}
	for i := range m.series.Values {
		m.series.Values[i] = m.at(m.opts.Points - 1 - i)
	}
	grid := model.Grid{Step: m.step, Spans: []model.Span{{StartMillis: m.last - int64(m.opts.Points-1)*m.step.Milliseconds(), N: m.opts.Points}}}
	m.reading = Read([]*model.Series{m.series}, grid, m.phases, model.Season{}, Options{})[0]
	switch {
	case !m.reading.Abnormal():
		m.since = model.Onset{}
	case m.since.Latest.IsZero():
		m.since = m.reading.Onset
	}
}

// usual tells whether Read is sure to call the newest points normal, or has too little to compare them with.
func (m *Monitor) usual() bool {
	o := Options{}.withDefaults()
	switch {
	case len(m.recent) == 0:
		return false // it may have stopped
	case len(m.ref) < o.MinReference:
		return true // nothing to compare with
	}
	l := level{median: m.ref[rankOf(len(m.ref), 0.5)]}
	l.resolutionUnit = floorOf(m.series.Signal, l.median)
	l.narrow = max(madToSigma*m.ref.medianDeviation(l.median), l.resolutionUnit)
	l.scale = l.narrow
	if pinned(m.series.Signal, l) {
		return false
	}
	floor, worst := floorWidth(m.series.Signal, l), 0.0
	for _, sign := range []int{+1, -1} {
		s := windowStatistics(m.recent, sign)
		extreme, held := float64(sign)*(s.extreme-l.median), float64(sign)*(s.held-l.median)
		worst = max(worst, (1-weightHeld)*extreme+weightHeld*held, held)
	}
	return worst < o.Threshold*floor
}

// Reading is what the newest points showed; nil when they are as usual, or when there is too little past to tell. It is
// the monitor's until the next Add.
func (m *Monitor) Reading() *model.Reading { return m.reading }

// Since is when the trouble that goes on began; zero when there is none.
func (m *Monitor) Since() model.Onset { return m.since }

// medianDeviation is the median distance from the middle: the same rank of |x - middle| that quantile takes, found by
// halving in the two ordered halves instead of by selection.
func (s sorted) medianDeviation(middle float64) float64 {
	split := s.find(middle) // below it smaller ones, from it on the others
	below := func(i int) float64 { return middle - s[split-1-i] }
	above := func(i int) float64 { return s[split+i] - middle }
	nBelow, nAbove := split, len(s)-split
	rank := rankOf(len(s), 0.5)
	// The smallest rank+1 distances are the first i below and the first rank+1-i above, for one i.
	lo, hi := max(0, rank+1-nAbove), min(rank+1, nBelow)
	for lo < hi {
		i := (lo + hi) / 2
		if below(i) < above(rank-i) {
			lo = i + 1
		} else {
			hi = i
		}
	}
	d := math.Inf(-1)
	if lo > 0 {
		d = below(lo - 1)
	}
	if j := rank - lo; j >= 0 {
		d = max(d, above(j))
	}
	return d
}
