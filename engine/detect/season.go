package detect

import (
	"math"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// A nightly batch or a morning rush is no incident, and noon's traffic at four in the morning is one, although the quiet
// past as a whole says the opposite. Where enough earlier days are recorded, a series whose time of day tells more than
// its past as a whole is judged by what it showed at the same time of those days.
//
// Signal: each day is a window as long as the symptom, at the same time by the users' clock (engine lays them out). Three
// sets of days are weighed: all, those of the same kind (working days, or the weekend), and the same weekday. Each
// predicts the days that are most like today, leaving out the day predicted, by its median; the error is the mean over
// those days without the worst one. The quiet past predicts them by its own median, and its error is no less than the
// usual deviation of its own windows: that a level which swings all day passes through its median just now is no merit.
// The set with the least error judges if it is better than the past by a factor that falls with the number of days
// (clearer). Level, scale and worst usual are then those of its days, in the same units as ever; slack around the time
// of day counts as usual, and one day far worse than all others counts as a trouble that nobody wrote down. Days of
// another kind than today may excuse where no day of its kind speaks against it, but not accuse: the first recorded
// Saturday is not to be like a Friday.
//
// Today must have begun as the days did: the median of what led up to the symptom lies as near to theirs as changes of
// level mean nothing. A level shift that is the new normal, a public holiday, and a trouble that lasts for hours are left
// to the quiet past.
//
// Defaults: MinDays days, so with fewer nothing changes. When it is wrong: a job that hurts every night is excused every
// night (its callers are too, and the report says that it is so every day); one that is started by another clock
// than the users' moves when the clocks change; weekends are taken to be Saturday and Sunday; growth of more than a
// quarter within the days hides them.
//
// What was tried: levels relative to what led up to the symptom instead of today's comparison with it: a trouble that
// began an hour before the question then excused itself; ratios to it broke where a night has next to no load. The median
// error instead of the mean took working days and weekends for the same.
const (
	// MinDays is how few earlier days are too few to know a time of day.
	MinDays = 3
	// narrower is how much smaller the error of fewer, more similar days must be to be preferred to that of more days.
	narrower = 0.7
)

// clearer is how many times smaller than the quiet past's the error of n days must be. Of three days two may agree by
// chance.
func clearer(n int) float64 { return 1.5 + 4/float64(n-1) }

// memory is what one earlier day showed of a series.
type memory struct {
	day      model.TimeOfDay
	lead, at float64 // medians
}

// recall returns the candidate as earlier days judge it; false where they have nothing to say. c is the one that the quiet
// past judges; the buffers hold its symptom.
func (c *candidate) recall(season model.Season, phases []model.Phase, buf *buffers) (candidate, bool) {
	days := c.memories(season, phases, buf)
	if len(days) < MinDays {
		return candidate{}, false
	}
	today := season.Today.Weekday
	kind := slices.DeleteFunc(slices.Clone(days), func(m memory) bool { return !sameKind(m.day.Weekday, today) })
	reference, days := c.bestDays(days, kind, today, phases, buf)
	if !reference.Seasonal() || !c.beganAlike(season.Today.Lead, days, buf) {
		return candidate{}, false
	}
	out := candidate{reading: c.reading, reference: reference, since: season.Today.Near.First}
	sig := c.reading.Series.Signal
	values := c.reading.Series.Values
	var pooled []float64
	for _, d := range days {
		pooled = appendKnown(pooled, values, d.day.At)
	}
	buf.dev = grow(buf.dev, len(pooled))
	out.level = measureLevel(pooled, buf.dev, sig)
	out.center = out.level.median
	out.sign, out.stats = direction(out.center, buf.symptom)
	out.width = width{windows: len(days), floor: floorWidth(sig, out.level)}
	for _, d := range days {
		eachWindow(values[d.day.Near.First:d.day.Near.End], len(buf.symptom), out.sign, buf, func(_ int, s statistics) {
			out.width.extreme = max(out.width.extreme, float64(out.sign)*(s.extreme-out.center))
			out.width.held = max(out.width.held, float64(out.sign)*(s.held-out.center))
		})
	}
	if len(kind) < MinDays {
		far := max(minSigmas*out.level.narrow, minWidth(sig, out.level))
		if slices.ContainsFunc(kind, func(m memory) bool { return math.Abs(m.at-out.center) > far }) {
			return candidate{}, false // the few that are like today were otherwise
		}
		past := *c
		out.past = &past
	}
	return out, true
}

// memories are the earlier days on which the series was there, both at the symptom's time of day and before, and nothing
// was wrong.
func (c *candidate) memories(season model.Season, phases []model.Phase, buf *buffers) []memory {
	var out []memory
	values := c.reading.Series.Values
	for _, day := range season.Days {
		if slices.Contains(phases[day.Lead.First:day.Lead.End], model.PhaseExcluded) ||
			slices.Contains(phases[day.Near.First:day.Near.End], model.PhaseExcluded) {
			continue
		}
		lead, at := medianOf(values, day.Lead, buf), medianOf(values, day.At, buf)
		if !math.IsNaN(lead) && !math.IsNaN(at) {
			out = append(out, memory{day, lead, at})
		}
	}
	return out
}

// bestDays tells which past predicts the time of day best, and its days without the one bad day. kind are the days of the
// same kind as today.
func (c *candidate) bestDays(
	days, kind []memory, today time.Weekday, phases []model.Phase, buf *buffers,
) (model.Reference, []memory) {
	weekday := slices.DeleteFunc(slices.Clone(kind), func(m memory) bool { return m.day.Weekday != today })
	type set struct {
		reference model.Reference
		days      []memory
	}
	var sets []set
	for _, s := range []set{{model.ReferenceDays, days}, {model.ReferenceDayKind, kind}, {model.ReferenceWeekday, weekday}} {
		if len(s.days) >= MinDays {
			sets = append(sets, set{s.reference, withoutBadDay(s.days)})
		}
	}
	like := sets[len(sets)-1].days // those most like today
	best, least := -1, math.Inf(1)
	for i, s := range sets {
		err := errorOn(like, func(m memory) float64 { return medianWithout(s.days, m.day.At) })
		if best < 0 || err < narrower*least {
			best, least = i, err
		}
	}
	past := max(errorOn(like, func(memory) float64 { return c.center }), c.sway(phases, buf))
	if past <= c.level.resolutionUnit || past < clearer(len(like))*least {
		return model.ReferencePast, nil
	}
	return sets[best].reference, sets[best].days
}

// errorOn is the mean error of a prediction of days, without the worst.
func errorOn(days []memory, predict func(memory) float64) float64 {
	sum, worst := 0.0, 0.0
	for _, m := range days {
		e := math.Abs(m.at - predict(m))
		sum, worst = sum+e, max(worst, e)
	}
	return (sum - worst) / float64(len(days)-1)
}

// medianWithout is the median level of the days but the one that lies there.
func medianWithout(days []memory, at model.Stretch) float64 {
	levels := make([]float64, 0, len(days))
	for _, d := range days {
		if d.day.At != at {
			levels = append(levels, d.at)
		}
	}
	return quantile(levels, 0.5)
}

// withoutBadDay leaves out the day that lies much further from the middle than all others, if there is one and enough
// remain.
func withoutBadDay(days []memory) []memory {
	if len(days) <= MinDays {
		return days
	}
	middle := medianWithout(days, model.Stretch{})
	worst, next := 0, 0.0
	far := func(i int) float64 { return math.Abs(days[i].at - middle) }
	for i := 1; i < len(days); i++ {
		if far(i) > far(worst) {
			next, worst = far(worst), i
		} else {
			next = max(next, far(i))
		}
	}
	if far(worst) < isolated*next {
		return days
	}
	return slices.Delete(slices.Clone(days), worst, worst+1)
}

// sway is how far windows of the quiet past, as long as the symptom, usually lie from its median.
func (c *candidate) sway(phases []model.Phase, buf *buffers) float64 {
	k := len(buf.symptom)
	var far, points []float64
	for i, v := range c.reading.Series.Values {
		if phases[i] != model.PhaseReference || !known(v) {
			continue
		}
		if points = append(points, v); len(points) == k {
			far = append(far, math.Abs(quantile(points, 0.5)-c.level.median))
			points = points[:0]
		}
	}
	if len(far) == 0 {
		return 0
	}
	return quantile(far, 0.5)
}

// beganAlike tells whether what led up to the symptom today is what led up to its time of day.
func (c *candidate) beganAlike(lead model.Stretch, days []memory, buf *buffers) bool {
	now := medianOf(c.reading.Series.Values, lead, buf)
	if math.IsNaN(now) {
		return false
	}
	sig := c.reading.Series.Signal
	levels := make([]float64, len(days))
	for i, d := range days {
		levels[i] = d.lead
	}
	buf.dev = grow(buf.dev, len(levels))
	usual := measureLevel(levels, buf.dev, sig)
	return math.Abs(now-usual.median) <= floorWidth(sig, usual)
}

// silentThen tells whether a series that is silent now was so at this time on all earlier days but one, although it was
// there before: a job that is over, a machine that restarts at night.
func silentThen(values []float64, season model.Season) bool {
	silent, there := 0, 0
	for _, day := range season.Days {
		if len(appendKnown(nil, values, day.Lead)) == 0 {
			continue
		}
		there++
		if len(appendKnown(nil, values, day.At)) == 0 {
			silent++
		}
	}
	return there >= MinDays && silent >= there-1
}

// sameKind tells whether both are working days, or both of the weekend.
func sameKind(a, b time.Weekday) bool { return weekend(a) == weekend(b) }

func weekend(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday }

// medianOf is the median of a stretch, NaN when it is not filled enough to count.
func medianOf(values []float64, s model.Stretch, buf *buffers) float64 {
	points := appendKnown(buf.course[:0], values, s)
	buf.course = points
	if len(points) == 0 || float64(len(points)) < minFilled*float64(s.End-s.First) {
		return math.NaN()
	}
	return quantile(points, 0.5)
}

func appendKnown(dst, values []float64, s model.Stretch) []float64 {
	for _, v := range values[s.First:s.End] {
		if known(v) {
			dst = append(dst, v)
		}
	}
	return dst
}
