package engine

import (
	"time"

	"github.com/diagnops/diagnops/engine/detect"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	// MaxSeasonDays is how far back, in days, the symptom's time of day is looked at: four of the same weekday.
	MaxSeasonDays = 28
	// maxSeasonPoints bounds what that may add to a grid; the latest days go first.
	maxSeasonPoints = maxPoints
	// longestSeasonal is the longest symptom that has a time of day: beyond it, it is a day and not a time of one.
	longestSeasonal = 12 * time.Hour
	// maxSlack is how far clocks and jobs may differ from day to day; a short symptom's slack is its own length.
	maxSlack = 30 * time.Minute
	// maxLead and maxPause bound what is looked at before the symptom to tell whether today is a day like the others:
	// leadPoints of the grid, and maxGuard points nearer to the symptom that are passed over, for troubles begin before
	// they are noticed.
	maxLead  = 3 * time.Hour
	maxPause = time.Hour
)

// addSeason finds the symptom's time of day on earlier days, and adds to the grid what it does not cover yet. With too few
// of them there is none, and the grid stays as it is.
func (tl *timeline) addSeason() {
	inc, step := &tl.incident, tl.grid.Step
	today := timesOfDay(inc.Symptom.Interval.From, inc, step)
	if today.length > longestSeasonal {
		return
	}
	today.at.To = earliest(today.at.To, inc.Window.To)
	today.near.To = today.at.To // what comes after the symptom is not asked for
	days, added := tl.earlierDays(today)
	if len(days) < detect.MinDays {
		return
	}
	tl.grid.Spans = joined(append(added, tl.grid.Spans...), step)
	var ok bool
	if tl.season.Today, ok = today.on(tl.grid, inc.Location()); !ok {
		return // the time before the symptom is not recorded
	}
	for _, d := range days {
		if day, ok := d.on(tl.grid, inc.Location()); ok {
			tl.season.Days = append(tl.season.Days, day)
		}
	}
}

// earlierDays are those on which nothing speaks against a comparison, the latest first, and the spans that the grid lacks.
func (tl *timeline) earlierDays(today timeOfDay) (days []timeOfDay, added []model.Span) {
	inc, step := &tl.incident, tl.grid.Step
	reach := inc.Window.From
	if early := today.from.AddDate(0, 0, -inc.SeasonDays-1); inc.SeasonDays > 0 && early.Before(reach) {
		reach = early
	}
	local := today.from.In(inc.Location())
	n := 0
	for back := 1; back <= MaxSeasonDays; back++ {
		from, exists := daysBefore(local, back)
		if !exists {
			continue
		}
		day := timesOfDay(from, inc, step)
		if day.lead.From.Before(reach) {
			break
		}
		if !day.near.To.Before(today.lead.From) || !mayCompare(inc, day, step) {
			continue
		}
		days = append(days, day)
		if _, covered := day.on(tl.grid, inc.Location()); covered {
			continue
		}
		s := span(inc.Window.From, day.lead.From, day.near.To, step)
		if n += s.N; n > maxSeasonPoints {
			return days[:len(days)-1], added
		}
		added = append(added, s)
	}
	return days, added
}

// mayCompare tells whether a day may say what is usual: it lies in the baseline where one is given, and in no other
// incident.
func mayCompare(inc *model.Incident, day timeOfDay, step time.Duration) bool {
	if !inc.Baseline.IsZero() && !(inc.Baseline.Contains(day.lead.From) && inc.Baseline.Contains(day.near.To)) {
		return false
	}
	for _, e := range inc.Exclude {
		if (e.To.IsZero() || !e.To.Add(step).Before(day.lead.From)) && !e.From.After(day.near.To) {
			return false
		}
	}
	return true
}

// timeOfDay is the symptom's time of day on a day, in time; model.TimeOfDay has it in points.
type timeOfDay struct {
	from           time.Time
	length         time.Duration
	lead, at, near model.Interval
}

// timesOfDay lays out a day whose window begins at from.
func timesOfDay(from time.Time, inc *model.Incident, step time.Duration) timeOfDay {
	length := inc.Symptom.Interval.Duration()
	slack := max(step, min(length, maxSlack))
	end := from.Add(-min(maxGuard*step, maxPause) - slack)
	return timeOfDay{
		from: from, length: length,
		lead: model.Interval{From: end.Add(-min(leadPoints*step, maxLead)), To: end},
		at:   model.Interval{From: from, To: from.Add(length)},
		near: model.Interval{From: from.Add(-slack), To: from.Add(length + slack)},
	}
}

// on places a day on a grid; false when the grid does not hold all of it.
func (d timeOfDay) on(grid model.Grid, zone *time.Location) (day model.TimeOfDay, ok bool) {
	day.Weekday = d.from.In(zone).Weekday()
	var lead, at, near bool
	day.Lead, lead = stretch(grid, d.lead)
	day.At, at = stretch(grid, d.at)
	day.Near, near = stretch(grid, d.near)
	return day, lead && at && near
}

// stretch is the points of a grid that lie in an interval; false when there is none, or when no span holds them all.
func stretch(grid model.Grid, iv model.Interval) (model.Stretch, bool) {
	step, from, to := grid.Step.Milliseconds(), model.Millis(iv.From), model.Millis(iv.To)
	base := 0
	for _, s := range grid.Spans {
		if from > s.StartMillis-step && to < s.StartMillis+int64(s.N)*step {
			first := max(0, (from-s.StartMillis+step-1)/step)
			end := (to-s.StartMillis)/step + 1
			return model.Stretch{First: base + int(first), End: base + int(end)}, first < end
		}
		base += s.N
	}
	return model.Stretch{}, false
}

// daysBefore is the same time by the clock so many days before; t's location is the clock. A time that the clocks passed
// over on that day does not exist; of one that they showed twice it is the first, as for a job that runs once.
func daysBefore(t time.Time, days int) (time.Time, bool) {
	y, month, d := t.Date()
	h, m, s := t.Clock()
	wall := time.Date(y, month, d-days, h, m, s, t.Nanosecond(), time.UTC)
	// The two offsets that may be in force: clocks change less often than every other day.
	for _, near := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(t.Location()).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(t.Location())
		if _, shown := at.Zone(); shown == offset {
			return at, true
		}
	}
	return time.Time{}, false
}
