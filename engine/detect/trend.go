package detect

import (
	"math"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// A disk that fills, a heap that grows, a pool that leaks: the value is as usual today, and where it goes is known.
//
// Signal: a straight line fitted by least squares to all points of a monitor's window, for signals that have an end (a
// share of something: 100 %, or 0 where low is bad). Defaults: the line must rise by trendSigmas of its own standard
// error (the residuals' lag-one autocorrelation r counts as fewer points, n (1-r)/(1+r): Bayley and Hammersley 1946), go
// the same way in both halves of the window, and reach the end within horizon windows. The interval is Fieller's for
// the place where the line crosses the end. When it is wrong: a daily swing looks like a trend for hours; what is
// cleaned up at a threshold (a garbage collector, a log rotation) never gets there, so a window that holds such a drop
// shows no trend in one of its halves.
const (
	trendSigmas = 5.0
	// horizon is how many windows ahead a line is believed.
	horizon = 12.0
	// minTrend is how many points a line needs.
	minTrend = 24
	// middle90 bounds the middle 90 % of a normal distribution, in standard errors.
	middle90 = 1.645
)

// Exhaustion is when a signal will reach its end if it goes on like this.
type Exhaustion struct {
	Limit float64 // in the signal's unit
	// Slope is the change an hour, in the signal's unit.
	Slope float64
	// Earliest and Latest bound nine in ten such courses, Likely is the line's own.
	Earliest, Likely, Latest time.Time
}

// limitOf is the end that a signal runs to; false when it has none.
func limitOf(sig *model.Signal) (float64, bool) {
	switch sig.Kind {
	case model.KindUtilization, model.KindSaturation, model.KindUsage:
	default:
		return 0, false
	}
	full := map[string]float64{"ratio": 1, "percent": 100}[sig.Unit]
	switch {
	case full == 0:
		return 0, false
	case sig.Bad.Judges(+1):
		return full, true
	case sig.Bad.Judges(-1):
		return 0, true
	}
	return 0, false
}

// trend keeps the sums of a line through a sliding window. x counts points from the first ever.
type trend struct {
	limit   float64
	bounded bool
	n       int
	origin  int // what x is counted from
	line    sums
}

type sums struct{ x, y, xx, xy float64 }

func (s *sums) add(x, y, sign float64) {
	s.x += sign * x
	s.y += sign * y
	s.xx += sign * x * x
	s.xy += sign * x * y
}

// slide adds the newest point and takes out the oldest; once a window the sums are made anew, so that what rounding leaves
// behind does not grow. Called after the monitor has taken the point.
func (t *trend) slide(v, oldest float64, m *Monitor) {
	if !t.bounded {
		return
	}
	newest := m.next - 1
	if newest-t.origin >= 2*m.of.opts.Points {
		t.origin, t.n, t.line = newest-m.of.opts.Points+1, 0, sums{}
		for age := range m.of.opts.Points {
			t.take(m.at(age), newest-age, +1)
		}
		return
	}
	t.take(v, newest, +1)
	t.take(oldest, newest-m.of.opts.Points, -1)
}

func (t *trend) take(v float64, at int, sign float64) {
	if known(v) {
		t.n += int(sign)
		t.line.add(float64(at-t.origin), v, sign)
	}
}

// slope is the line's, a point.
func (t *trend) slope() float64 {
	n := float64(t.n)
	return (n*t.line.xy - t.line.x*t.line.y) / (n*t.line.xx - t.line.x*t.line.x)
}

// track is the points that a line is fitted to.
type track struct {
	at      func(age int) float64 // the value so many points before the newest
	n       int                   // points
	newest  int                   // the newest point's number, as trend counts
	ahead   float64               // how many points on a line is believed
	tMillis int64                 // time of the newest point
	step    time.Duration
}

// Exhaustion tells when the signal will reach its end; false when it has none, or does not run to it.
func (m *Monitor) Exhaustion() (Exhaustion, bool) {
	w := m.of
	return m.trend.exhaustion(track{
		at: m.at, n: min(m.next, w.opts.Points), newest: m.next - 1, ahead: horizon * float64(w.opts.Points), tMillis: m.last, step: w.step,
	})
}

// ExhaustionOf tells when a series of a frame, as of a time, will reach its end, from as many points before it as a monitor
// looks at and the grid has without a jump; false when it has none, does not run to it, or the time is not on the grid.
func ExhaustionOf(s *model.Series, grid model.Grid, at time.Time) (Exhaustion, bool) {
	t := trend{}
	if t.limit, t.bounded = limitOf(s.Signal); !t.bounded {
		return Exhaustion{}, false
	}
	first := 0
	for _, span := range grid.Spans {
		newest := int((model.Millis(at) - span.StartMillis) / grid.Step.Milliseconds())
		if model.Millis(at) < span.StartMillis || newest >= span.N {
			first += span.N
			continue
		}
		n := min(newest+1, MonitorOptions{}.withDefaults().Points)
		values := s.Values[first+newest+1-n : first+newest+1]
		for i, v := range values {
			t.take(v, i, +1)
		}
		return t.exhaustion(track{
			at: func(age int) float64 { return values[n-1-age] }, n: n, newest: n - 1, ahead: horizon * float64(n),
			tMillis: span.StartMillis + int64(newest)*grid.Step.Milliseconds(), step: grid.Step,
		})
	}
	return Exhaustion{}, false
}

// exhaustion says where the line through a track leads. The slope alone decides in most cases, in constant time; a line
// that does run to the end is then looked at point by point.
func (t *trend) exhaustion(tr track) (Exhaustion, bool) {
	if !t.bounded || t.n < minTrend {
		return Exhaustion{}, false
	}
	slope := t.slope()
	now := t.line.y/float64(t.n) + slope*(float64(tr.newest-t.origin)-t.line.x/float64(t.n))
	left := t.limit - now
	if !(left*slope > 0) || left/slope > tr.ahead {
		return Exhaustion{}, false
	}
	f, ok := tr.fit(slope, now)
	if !ok || math.Abs(slope) < trendSigmas*f.slopeError {
		return Exhaustion{}, false
	}
	// Fieller's theorem: the points at which the end lies within the interval of the line, counted from the middle of the
	// points: (D - b u)^2 = z^2 (s_mean^2 + u^2 s_slope^2).
	d := t.limit - (now + slope*f.middle)
	z2 := middle90 * middle90
	qa := slope*slope - z2*f.slopeError*f.slopeError
	qc := d*d - z2*f.meanError*f.meanError
	root := math.Sqrt(max(0, d*d*slope*slope-qa*qc))
	in := func(u float64) time.Time {
		ahead := max(0, u+f.middle)
		return model.FromMillis(tr.tMillis + int64(ahead*float64(tr.step.Milliseconds())))
	}
	return Exhaustion{
		Limit: t.limit, Slope: slope * float64(time.Hour) / float64(tr.step),
		Earliest: in((d*slope - root) / qa), Likely: in(d / slope), Latest: in((d*slope + root) / qa),
	}, true
}

// fit is how sure a line is: the standard errors of its slope and of its mean, a point; middle is the mean place of the
// points, counted from the newest, so at most 0.
type fit struct{ slopeError, meanError, middle float64 }

// fit looks at a line point by point, and counts as many points as are independent; false when one half of the track does
// not go the same way.
func (tr track) fit(slope, now float64) (fit, bool) {
	n := tr.n
	var halves [2]sums
	var counts [2]float64
	var rss, lagged, mean, xx float64
	before := math.NaN()
	for age := range n {
		v := tr.at(age)
		if !known(v) {
			before = math.NaN()
			continue
		}
		x, h := -float64(age), 2*age/n
		halves[h].add(x, v, +1)
		counts[h]++
		mean += x
		xx += x * x
		e := v - (now + slope*x)
		rss += e * e
		if !math.IsNaN(before) {
			lagged += e * before
		}
		before = e
	}
	for h, s := range halves {
		d := counts[h]*s.xx - s.x*s.x
		if counts[h] < 2 || !((counts[h]*s.xy-s.x*s.y)/d*slope > 0) {
			return fit{}, false
		}
	}
	total := counts[0] + counts[1]
	spread := xx - mean*mean/total
	r := 0.0
	if rss > 0 {
		r = min(0.99, max(0, lagged/rss))
	}
	independent := max(3, total*(1-r)/(1+r))
	return fit{
		slopeError: math.Sqrt(rss / (independent - 2) / spread), meanError: math.Sqrt(rss / total / independent), middle: mean / total,
	}, true
}
