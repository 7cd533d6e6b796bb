package detect

import (
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

// roundingShare of a severity is more than can be lost to rounding: the screen and Read add up in another order.
const roundingShare = 1e-9

// Watcher is what the monitors of one grid have in common: the shape of their windows, and the space to judge in. One
// goroutine owns it and all its monitors.
type Watcher struct {
	step    time.Duration
	opts    MonitorOptions
	phases  []model.Phase
	values  []float64 // scratch: a monitor's points, oldest first
	buffers buffers   // scratch
}

// NewWatcher returns a watcher of series whose points lie so far apart.
func NewWatcher(step time.Duration, opts MonitorOptions) *Watcher {
	w := &Watcher{step: step, opts: opts.withDefaults()}
	n := w.opts.Points
	w.values, w.phases = make([]float64, n), make([]model.Phase, n)
	for i := range w.phases {
		switch left := n - i; {
		case left <= w.opts.Symptom:
			w.phases[i] = model.PhaseSymptom
		case left <= w.opts.Symptom+w.opts.Guard:
			w.phases[i] = model.PhaseBefore
		default:
			w.phases[i] = model.PhaseReference
		}
	}
	return w
}

// Monitor judges one series as its points arrive: the streaming form of Read, in memory that does not grow and time that
// does not depend on how long it has run.
//
// It answers what Read answers for the same points (phases: reference, before, symptom), by construction: a screen of
// order statistics that slide with the window proves most points normal, and what Read consists of judges the rest. The
// screen is sound because no worst usual is below floorWidth.
//
// A screened point costs two exchanges in ordered windows and a search in them, a fraction of a microsecond, and next to
// nothing while the series stays at one value; a judged one costs some microseconds.
type Monitor struct {
	of     *Watcher
	series model.Series // Values are the watcher's, and this monitor's only while it judges

	values []float64 // ring: the point of time t lies at its number modulo Points
	head   int       // where in values the next point goes
	next   int       // number of the next point
	last   int64     // time of the newest point, Unix milliseconds
	ref    sorted
	recent sorted // the symptom's points

	reading *model.Reading // as last judged; nil = screened normal, or too few points yet
	since   model.Onset    // of the trouble that goes on
	trend   trend
}

// Watch returns a monitor of a series; its values are taken from Add, not from the series given.
func (w *Watcher) Watch(s *model.Series) *Monitor {
	m := &Monitor{of: w, series: *s, values: make([]float64, w.opts.Points)}
	m.series.Values = w.values
	for i := range m.values {
		m.values[i] = model.Gap()
	}
	m.trend.limit, m.trend.bounded = limitOf(s.Signal)
	return m
}

// at is the value age points ago, 0 the newest, of those that are kept; a gap before the first.
func (m *Monitor) at(age int) float64 {
	i := m.head - 1 - age
	if i < 0 {
		i += len(m.values)
	}
	return m.values[i]
}

// Add takes the point of a time, Unix milliseconds, which must be later than the one before by whole steps; points left
// out are gaps. It returns whether something is not as usual now.
func (m *Monitor) Add(tMillis int64, v float64) bool {
	moved := false
	if m.next > 0 && tMillis-m.last != m.of.step.Milliseconds() {
		missed := min((tMillis-m.last)/m.of.step.Milliseconds()-1, int64(m.of.opts.Points))
		for range missed {
			moved = m.slide(model.Gap()) || moved
		}
	}
	moved = m.slide(v) || moved
	m.last = tMillis
	if moved || m.reading != nil {
		m.judge()
	}
	return m.reading != nil && m.reading.Amiss()
}

// slide puts a point into the windows and takes the oldest of each out; moved tells whether what the screen looks at is
// another than before.
func (m *Monitor) slide(v float64) (moved bool) {
	o := &m.of.opts
	gone, settled, oldest := m.at(o.Symptom-1), m.at(o.Symptom+o.Guard-1), m.at(o.Points-1)
	m.values[m.head] = v
	m.next++
	if m.head++; m.head == len(m.values) {
		m.head = 0
	}
	m.trend.slide(v, oldest, m)
	recent, ref := m.recent.exchange(gone, v), m.ref.exchange(oldest, settled)
	return recent || ref || m.next == 1
}

// judge reads the newest points.
func (m *Monitor) judge() {
	var l level
	if n := len(m.ref); n > 0 {
		l = m.ref.level(m.series.Signal)
	}
	if m.usual(&l) {
		m.reading, m.since = nil, model.Onset{}
		return
	}
	m.reading = m.read(l)
	switch {
	case !m.reading.Abnormal():
		m.since = model.Onset{}
	case m.since.Latest.IsZero():
		m.since = m.reading.Onset
	}
}

// read is what Read says of the points kept. The level of the reference is known already, and nothing else is compared
// with but the reference: no earlier days and no peers.
func (m *Monitor) read(l level) *model.Reading {
	w, opts := m.of, Options{}.withDefaults()
	n := copy(w.values, m.values[m.head:])
	copy(w.values[n:], m.values[:m.head])
	grid := model.Grid{Step: w.step, Spans: []model.Span{{StartMillis: m.last - int64(w.opts.Points-1)*w.step.Milliseconds(), N: w.opts.Points}}}
	if len(m.recent) == 0 || l.n < opts.MinReference {
		return Read([]*model.Series{&m.series}, grid, w.phases, model.Season{}, opts)[0]
	}
	r := newReading(&m.series)
	r.ReferenceN, r.SymptomN = len(m.ref), len(m.recent)
	w.buffers.symptom, w.buffers.before = m.recent, nil
	if c, ok := compare(r, l, w.phases, true, &w.buffers); ok {
		judge(&c, grid, w.phases, opts)
	}
	return r
}

// usual tells whether Read is sure to call the newest points normal, or has too little to compare them with.
func (m *Monitor) usual(l *level) bool {
	o := Options{}.withDefaults()
	switch {
	case len(m.recent) == 0:
		return false // it may have stopped
	case len(m.ref) < o.MinReference:
		return true // nothing to compare with
	case pinned(m.series.Signal, *l):
		return false
	}
	sig := m.series.Signal
	sign, s := direction(l.median, m.recent)
	extreme, held := float64(sign)*(s.extreme-l.median), float64(sign)*(s.held-l.median)
	if mayRecur(sig, sign) && held >= max(farSigmas*l.narrow, minWidth(sig, *l)) {
		return false // it is held against the ordinary level alone
	}
	worst := (1-weightHeld)*extreme + weightHeld*held
	return worst < (1-roundingShare)*o.Threshold*floorWidth(sig, *l)
}

// Reading is what the newest points showed; nil when they are as usual, or when there is too little past to tell. Its
// series holds no values that last: they are the watcher's.
func (m *Monitor) Reading() *model.Reading { return m.reading }

// Since is when the trouble that goes on began; zero when there is none.
func (m *Monitor) Since() model.Onset { return m.since }
