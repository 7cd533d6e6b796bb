package detect

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/parallel"
)

// Options bound and tune detection; the zero value means the defaults.
type Options struct {
	// MinReference is how few reference points are too few to compare with. Default 4.
	MinReference int
	// Threshold is the severity from which a reading is abnormal. Default 1.
	Threshold float64
}

func (o Options) withDefaults() Options {
	if o.MinReference == 0 {
		o.MinReference = 4
	}
	if o.Threshold == 0 {
		o.Threshold = 1
	}
	return o
}

const (
	// weightHeld is how much of the severity is the held value's; the rest is the extreme's.
	weightHeld = 0.65
	// minSigmas is how many robust sigmas the worst usual is at least away.
	minSigmas = 4.0
	// usualQuantile of the reference's windows is "the worst usual".
	usualQuantile = 0.99
	// vanishedCoverage is the share of reference points that must have been there for silence to be "samples stopped".
	vanishedCoverage = 0.5
)

// candidate is a series under examination, between the two passes (the pool needs all series before any verdict).
type candidate struct {
	reading *model.Reading
	level   level
	width   width
	stats   statistics
	sign    int
	center  float64 // the level that deviations are counted from: the median, or the recent level where that is nearer
	peers   pool    // of comparable series, judged by the same sort of reference

	// Of a candidate that earlier days judge (season.go):
	reference model.Reference
	since     int        // the first point of the grid that the level is meant for
	past      *candidate // what the quiet past says, where the days may excuse but not accuse; else nil
}

// Read examines every series of a frame: series, grid and phases as engine/window.Frame has them, and the season as points
// of that grid. The readings come in the order of the series.
func Read(series []*model.Series, grid model.Grid, phases []model.Phase, season model.Season, opts Options) []*model.Reading {
	opts = opts.withDefaults()
	adjacent, stretches := touches(grid, phases), stretchesOf(phases)
	seen := make([]examined, len(series))
	parallel.Stretches(len(series), func(from, to int) {
		buf := &buffers{stretches: stretches}
		for i := from; i < to; i++ {
			seen[i] = look(series[i], grid, phases, season, adjacent, opts, buf)
		}
	})
	peers, seasonal := pool{}, pool{}
	out := make([]*model.Reading, len(series))
	for i := range seen {
		e := &seen[i]
		out[i] = e.reading
		if !e.ok {
			continue
		}
		e.quiet.peers = peers
		if e.quiet.width.extreme > 0 {
			peers.add(series[i].Signal, e.quiet.level, e.quiet.width)
		}
		if e.days != nil {
			e.days.peers = seasonal
			if e.days.past != nil {
				e.days.past.peers = peers
			}
			seasonal.add(series[i].Signal, e.days.level, e.days.width)
		}
	}
	parallel.Stretches(len(series), func(from, to int) {
		for i := from; i < to; i++ {
			if seen[i].ok {
				judge(seen[i].judged(), grid, phases, opts)
			}
		}
	})
	return out
}

// examined is what one series shows by itself.
type examined struct {
	reading *model.Reading
	quiet   candidate  // by the quiet past; of no use unless ok
	days    *candidate // by earlier days; nil when there are none
	ok      bool       // there is something to judge
}

// judged is the candidate that the verdict is about.
func (e *examined) judged() *candidate {
	if e.days == nil {
		return &e.quiet
	}
	return e.days
}

func look(s *model.Series, grid model.Grid, phases []model.Phase, season model.Season, adjacent bool, opts Options, buf *buffers) examined {
	r := newReading(s)
	e := examined{reading: r}
	e.quiet, e.ok = examine(r, phases, adjacent, opts, buf)
	switch {
	case r.Reason != model.ReasonVanished:
	case silentThen(s.Values, season):
		r.Reason = model.ReasonNoSamples
	default:
		findSilence(r, grid, phases)
	}
	if !e.ok {
		return e
	}
	if days, ok := e.quiet.recall(season, phases, buf); ok {
		e.days = &days
	}
	return e
}

// newReading is a reading of which nothing is known yet.
func newReading(s *model.Series) *model.Reading {
	return &model.Reading{Series: s, Baseline: math.NaN(), Observed: math.NaN()}
}

// touches tells whether reference points lead up to the symptom: then the level just before it is part of the reference
// already. A reference of another day does not, even where its points stand next to those before the symptom.
func touches(grid model.Grid, phases []model.Phase) bool {
	last := model.PhaseOther
	for i, p := range phases {
		if jumps(grid, i) {
			last = model.PhaseOther
		}
		if p == model.PhaseSymptom {
			return last != model.PhaseOther
		}
		if p != model.PhaseBefore && p != model.PhaseExcluded {
			last = p
		}
	}
	return false
}

// jumps tells whether point i lies more than a step after the point before it: a span begins there.
func jumps(grid model.Grid, i int) bool {
	return i > 0 && grid.Millis(i)-grid.Millis(i-1) != grid.Step.Milliseconds()
}

// examine fills in what needs the series alone, and answers false when the reading is finished (unknown).
func examine(r *model.Reading, phases []model.Phase, adjacent bool, opts Options, buf *buffers) (candidate, bool) {
	s := r.Series
	split(s.Values, buf.stretches, buf)
	r.ReferenceN, r.SymptomN = len(buf.ref), len(buf.symptom)
	if reason := unreadable(s.Values, phases, adjacent, buf, opts); reason != model.ReasonNone {
		r.State, r.Reason = model.StateUnknown, reason
		return candidate{}, false
	}
	buf.dev = grow(buf.dev, len(buf.ref))
	return compare(r, measureLevel(buf.ref, buf.dev, s.Signal), phases, adjacent, buf)
}

// compare goes on from the level of the reference: it sets the symptom's points, which the buffers hold, against it, and
// answers false as examine does.
func compare(r *model.Reading, l level, phases []model.Phase, adjacent bool, buf *buffers) (candidate, bool) {
	s, c := r.Series, candidate{reading: r, level: l}
	c.tell()
	c.center = l.median
	if pinned(s.Signal, l) {
		r.State, r.Reason = model.StateUnknown, model.ReasonPinned
		return candidate{}, false
	}
	k := len(buf.symptom)
	c.sign, c.stats = direction(l.median, buf.symptom)
	if !adjacent && len(buf.before) > 0 {
		recent := quantile(buf.before, 0.5)
		if float64(c.sign)*(recent-l.median) > 0 {
			c.center = recent
		}
	}
	if l.n >= manyReference && float64(c.sign)*(c.stats.extreme-c.center) < floorWidth(s.Signal, l) {
		// Within the floor it is normal whatever the windows say, and with this many points nobody needs them as a peer.
		c.width = width{windows: l.n, floor: floorWidth(s.Signal, l)}
		return c, true
	}
	ext, held := referenceWindows(s.Values, phases, k, c.sign, l.median, buf)
	c.width = worstUsual(ext, held, s.Signal, l)
	return c, true
}

// tell puts the level that the reading is judged by into it.
func (c *candidate) tell() {
	r, l := c.reading, c.level
	r.Reference, r.ReferenceN = c.reference, l.n
	r.Baseline, r.Scale, r.Low, r.High = l.median, l.scale, l.q01, l.q99
}

// direction is where the symptom's points stray furthest from a level, and their statistics there.
func direction(median float64, symptom sorted) (sign int, s statistics) {
	up, down := windowStatistics(symptom, +1), windowStatistics(symptom, -1)
	if median-(down.extreme+down.held)/2 > (up.extreme+up.held)/2-median {
		return -1, down
	}
	return +1, up
}

// pinned tells whether an availability is at its worst nearly always: then it measures nothing.
func pinned(sig *model.Signal, l level) bool {
	return sig.Kind == model.KindAvailability && sig.Bad == model.BadDown && l.median <= 0
}

// worstUsual is how far windows of the reference usually stray.
func worstUsual(ext, held []float64, sig *model.Signal, l level) width {
	w := width{windows: len(ext), floor: floorWidth(sig, l)}
	if len(ext) > 0 {
		w.extreme, w.held = quantile(ext, usualQuantile), quantile(held, usualQuantile)
	}
	return w
}

// floorWidth is the least that counts as the worst usual.
func floorWidth(sig *model.Signal, l level) float64 { return max(minSigmas*l.scale, minWidth(sig, l)) }

// manyReference is how many reference points make a series independent of its peers (see pool).
const manyReference = 100

// unreadable says why nothing can be told, or ReasonNone.
func unreadable(values []float64, phases []model.Phase, adjacent bool, buf *buffers, opts Options) model.Reason {
	if len(buf.symptom) == 0 {
		there := adjacent || len(buf.before) > 0 // a reference of another day does not tell that it was there today
		if there && len(buf.ref) >= opts.MinReference && coverage(values, phases) >= vanishedCoverage {
			return model.ReasonVanished
		}
		return model.ReasonNoSamples
	}
	switch {
	case len(buf.ref) == 0:
		return model.ReasonNoReference
	case len(buf.ref) < opts.MinReference:
		return model.ReasonShortReference
	}
	return model.ReasonNone
}

// judge decides, with the pools of all series at hand.
func judge(c *candidate, grid model.Grid, phases []model.Phase, opts Options) {
	v := c.weigh(phases)
	if c.past != nil {
		if past := c.past.weigh(phases); past.severity < opts.Threshold || v.severity >= opts.Threshold {
			c, v = c.past, past // there is nothing to excuse, or no excuse
		}
	}
	c.tell()
	r, sig := c.reading, c.reading.Series.Signal
	r.Severity, r.Recurs = v.severity, v.recurs
	r.Observed = c.stats.held
	if v.extreme > 2*v.held {
		r.Observed = c.stats.extreme
	}
	r.Drift, r.Sigma = c.center-c.level.median, (r.Observed-c.center)/c.level.scale
	if r.Severity < opts.Threshold {
		r.State = model.StateNormal
		return
	}
	r.State, r.Sign = model.StateAbnormal, c.sign
	r.Bad = sig.Bad.Judges(c.sign)
	r.Confidence = confidence(r.Severity, c.width.windows)
	findOnset(c, v.usual, grid, phases)
}

// verdict is how far a candidate strays: each statistic, and both together, in units of the worst usual.
type verdict struct {
	usual                   width
	extreme, held, severity float64
	recurs                  bool
}

func (c *candidate) weigh(phases []model.Phase) verdict {
	v := verdict{usual: c.peers.widen(c.reading.Series.Signal, c.level, c.width)}
	extreme, held := float64(c.sign)*(c.stats.extreme-c.center), float64(c.sign)*(c.stats.held-c.center)
	v.extreme, v.held = extreme/v.usual.extreme, held/v.usual.held
	v.severity = max(0, (1-weightHeld)*extreme/v.usual.extreme+weightHeld*held/v.usual.held)
	if c.reference.Seasonal() {
		return v // what comes back at its time of day is the days' to judge
	}
	if s := c.recurrence(phases, held); s > v.severity {
		v.severity, v.recurs = s, true
	}
	return v
}

// confidence is the chance, 0 to 1, that a deviation of this severity is none of the reference's own: by definition a
// hundredth of its windows reach severity 1, and with few windows nothing is sure.
func confidence(severity float64, windows int) float64 {
	p := 0.01 * math.Exp(-1.5*(severity-1))
	n := float64(windows)
	return max(0, (1-p)*(n+1)/(n+2))
}

// known tells whether v can be compared: no gap, and not the infinity that a division by zero or a quantile beyond the
// last bucket gives.
func known(v float64) bool { return v-v == 0 } // what is not finite is no number, taken from itself

// stretch is points of a grid, one after the other, that are for the same.
type stretch struct {
	model.Stretch
	phase model.Phase
}

// stretchesOf are the phases of a grid as stretches: a handful, however many points there are.
func stretchesOf(phases []model.Phase) (out []stretch) {
	for i, p := range phases {
		if n := len(out); n == 0 || out[n-1].phase != p {
			out = append(out, stretch{model.Stretch{First: i}, p})
		}
		out[len(out)-1].End = i + 1
	}
	return out
}

// split fills the buffers with the known points of the reference and before the symptom, and with the symptom's in
// ascending order.
func split(values []float64, stretches []stretch, buf *buffers) {
	buf.ref, buf.now, buf.before = buf.ref[:0], buf.now[:0], buf.before[:0]
	for _, s := range stretches {
		switch s.phase {
		case model.PhaseReference:
			buf.ref = appendKnown(buf.ref, values, s.Stretch)
		case model.PhaseSymptom:
			buf.now = appendKnown(buf.now, values, s.Stretch)
		case model.PhaseBefore:
			buf.before = appendKnown(buf.before, values, s.Stretch)
		}
	}
	buf.scratch = grow(buf.scratch, len(buf.now))
	buf.symptom = order(buf.now, buf.scratch)
}

func coverage(values []float64, phases []model.Phase) float64 {
	n, there := 0, 0
	for i, v := range values {
		if phases[i] == model.PhaseReference {
			n++
			if known(v) {
				there++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return float64(there) / float64(n)
}

func grow(b []float64, n int) []float64 {
	if cap(b) < n {
		return make([]float64, n)
	}
	return b[:n]
}
