package detect

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// Points of each day of a calendar: what leads up to the time of day, slack, the time itself, slack again.
const (
	leadLen  = 60
	slackLen = 6
	atLen    = 6
	dayLen   = leadLen + atLen + 2*slackLen
)

// calendar is a lane of earlier days, the oldest first, and of today, of which there is no slack after the symptom. The
// quiet past is what leads up to the symptom today, and all of the days with it when whole.
func calendar(today time.Weekday, whole bool, days ...time.Weekday) *lane {
	l := straight(0, 0, 0)
	phase := model.PhaseOther
	if whole {
		phase = model.PhaseReference
	}
	for i, d := range days {
		l.run(phase, dayLen)
		l.season.Days = append(l.season.Days, timeOfDay(d, i*dayLen))
		l.jump(24*time.Hour - dayLen*step)
	}
	slices.Reverse(l.season.Days)
	l.season.Today = timeOfDay(today, len(days)*dayLen)
	l.run(model.PhaseReference, leadLen)
	l.run(model.PhaseBefore, slackLen)
	l.run(model.PhaseSymptom, atLen)
	return l
}

func timeOfDay(d time.Weekday, first int) model.TimeOfDay {
	at := first + leadLen + slackLen
	return model.TimeOfDay{
		Weekday: d, Lead: model.Stretch{First: first, End: first + leadLen},
		At:   model.Stretch{First: at, End: at + atLen},
		Near: model.Stretch{First: at - slackLen, End: at + atLen + slackLen},
	}
}

// course gives each day its levels: before, and at the time of day; NaN is a gap.
func (l *lane) course(levels ...[2]float64) []float64 {
	rng := rand.New(rand.NewPCG(1, 1))
	out := make([]float64, len(l.phases))
	for i := range out {
		v := levels[i/dayLen][0]
		change := leadLen // the slack of a day is like its time of day; today begins on time
		if i/dayLen == len(levels)-1 {
			change += slackLen
		}
		if i%dayLen >= change {
			v = levels[i/dayLen][1]
		}
		out[i] = v * (1 + 0.02*rng.NormFloat64())
	}
	return out
}

// repeated is a level for n days.
func repeated(n int, before, at float64) [][2]float64 {
	return slices.Repeat([][2]float64{{before, at}}, n)
}

var (
	week    = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
	working = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
)

// TestSeasonDecides holds what is decided, and by which past, for a latency that rises at a time of day.
func TestSeasonDecides(t *testing.T) {
	t.Parallel()
	gap := model.Gap()
	for _, c := range []struct {
		name     string
		today    time.Weekday
		days     []time.Weekday
		whole    bool
		levels   [][2]float64 // of the days, then of today
		abnormal bool
		by       model.Reference
	}{
		{"as every day", time.Monday, week, false, repeated(8, 0.1, 0.3), false, model.ReferenceDays},
		{"as every day, all of the past known", time.Monday, week, true, repeated(8, 0.1, 0.3), false, model.ReferenceDays},
		{"worse than every day", time.Monday, week, false, append(repeated(7, 0.1, 0.3), [2]float64{0.1, 0.9}), true, model.ReferenceDays},
		{"two days are too few", time.Monday, week[5:], false, repeated(3, 0.1, 0.3), true, model.ReferencePast},
		{
			"one bad day does not hide the next", time.Monday, week, false,
			append(append(repeated(6, 0.1, 0.1), [2]float64{0.1, 5}), [2]float64{0.1, 0.9}), true, model.ReferencePast,
		},
		{
			"one bad day among rushes neither", time.Monday, week, false,
			append(append(repeated(6, 0.1, 0.3), [2]float64{0.1, 5}), [2]float64{0.1, 0.9}), true, model.ReferenceDays,
		},
		{
			"one day without it", time.Monday, week, false,
			append(append(repeated(6, 0.1, 0.3), [2]float64{0.1, 0.1}), [2]float64{0.1, 0.3}), false, model.ReferenceDays,
		},
		{
			"on some days and not on others it is no season", time.Friday, working, false,
			[][2]float64{{0.1, 0.3}, {0.1, 0.1}, {0.1, 0.3}, {0.1, 0.1}, {0.1, 0.3}, {0.1, 0.3}},
			true, model.ReferencePast,
		},
		{
			"a weekend of its own level", time.Sunday, slices.Concat(week, week), false,
			slices.Concat(repeated(5, 0.1, 0.3), repeated(2, 0.1, 0.6), repeated(5, 0.1, 0.3), repeated(2, 0.1, 0.6), repeated(1, 0.1, 0.6)), false, model.ReferenceDayKind,
		},
		{
			"what is usual on working days is not on a Saturday", time.Saturday, slices.Concat(week, working), false,
			slices.Concat(repeated(5, 0.1, 0.3), repeated(2, 0.1, 0.1), repeated(5, 0.1, 0.3), repeated(1, 0.1, 0.3)), true, model.ReferencePast,
		},
		{
			"the first Saturday may be quieter than a Friday", time.Saturday, working, true,
			slices.Concat(repeated(5, 0.1, 0.3), repeated(1, 0.1, 0.1)), false, model.ReferencePast,
		},
		{
			"each Monday", time.Monday, slices.Concat(week, week, week), false,
			append(slices.Repeat(slices.Concat(repeated(1, 0.1, 0.3), repeated(6, 0.1, 0.1)), 3), [2]float64{0.1, 0.3}), false, model.ReferenceWeekday,
		},
		{
			"a shift that is the new normal is today's, not the days'", time.Monday, week, false,
			slices.Concat(repeated(7, 0.1, 0.1), repeated(1, 0.3, 0.3)), false, model.ReferencePast,
		},
		{
			"unusual for the time of day, though not for the day", time.Monday, week, true,
			slices.Concat(repeated(7, 0.4, 0.1), repeated(1, 0.4, 0.4)), true, model.ReferenceDays,
		},
		{
			"days without samples are no days", time.Monday, week, false,
			slices.Concat(repeated(5, 0.1, gap), repeated(2, 0.1, 0.3), repeated(1, 0.1, 0.3)), true, model.ReferencePast,
		},
	} {
		l := calendar(c.today, c.whole, c.days...)
		sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
		l.add("web", sig, l.course(c.levels...))
		r := l.read()[0]
		if r.Abnormal() != c.abnormal || r.Reference != c.by {
			t.Errorf("%s: %s by %s, severity %.2f, usually %.3g; want abnormal %v by %s", c.name, r.State, r.Reference, r.Severity, r.Baseline, c.abnormal, c.by)
		}
	}
}

// TestSeasonOfJobs: a resource that a job uses up every night is judged by the nights, not as something that comes back
// now and then; and a series that ends at that time every night has not vanished.
func TestSeasonOfJobs(t *testing.T) {
	t.Parallel()
	sig := &model.Signal{Name: "busy", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp}
	l := calendar(time.Monday, true, week...)
	l.add("host", sig, l.course(repeated(8, 0.1, 0.9)...))
	l.add("job", sig, l.course(repeated(8, 0.1, model.Gap())...))
	l.add("other", sig, l.course(append(repeated(7, 0.1, 0.1), [2]float64{0.1, model.Gap()})...))
	rs := l.read()
	if r := rs[0]; r.Abnormal() || r.Recurs || r.Reference != model.ReferenceDays {
		t.Errorf("a job of every night: %s, recurs %v, by %s", r.State, r.Recurs, r.Reference)
	}
	if r := rs[1]; r.Reason != model.ReasonNoSamples || r.Onset.Known() {
		t.Errorf("samples that end every night: %s, onset %v", r.Reason, r.Onset)
	}
	if r := rs[2]; r.Reason != model.ReasonVanished {
		t.Errorf("samples that never ended before: %s", r.Reason)
	}
}

// TestSeasonIsNoEpisode: runs at the time of day are what is usual then, not earlier troubles; and a day that holds an
// earlier trouble says nothing of its time.
func TestSeasonIsNoEpisode(t *testing.T) {
	t.Parallel()
	sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	l := calendar(time.Monday, true, week[:4]...)
	l.add("web", sig, l.course(repeated(5, 0.1, 0.3)...))
	r := l.read()[0]
	if when, _ := Episodes(r, l.grid, l.phases); r.Abnormal() || len(when) > 0 {
		t.Errorf("what comes every day is %s, and was bad %v", r.State, when)
	}
	r.Reference = model.ReferencePast
	if when, _ := Episodes(r, l.grid, l.phases); len(when) != 4 {
		t.Errorf("by the quiet past alone it was bad %v, and the case proves nothing", when)
	}
	l = calendar(time.Monday, false, week[:4]...)
	l.add("web", sig, l.course(repeated(5, 0.1, 0.3)...))
	if r := l.read()[0]; r.Abnormal() {
		t.Errorf("what comes every day is %s by %s", r.State, r.Reference)
	}
	for _, day := range l.season.Days[:2] {
		l.phases[day.At.First] = model.PhaseExcluded
	}
	if r := l.read()[0]; r.Reference.Seasonal() || !r.Abnormal() {
		t.Errorf("with two of four days in other troubles it is %s by %s", r.State, r.Reference)
	}
}
