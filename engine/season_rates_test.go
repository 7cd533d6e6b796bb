package engine

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata" // the zones must not depend on the machine

	"github.com/diagnops/diagnops/engine/detect"
	"github.com/diagnops/diagnops/engine/model"
)

// daily are courses by the users' clock, as factors of a level; hour is 0 to 24.
var daily = map[string]func(hour float64, weekend bool) float64{
	"flat": func(float64, bool) float64 { return 1 },
	"rush at nine on working days": func(hour float64, weekend bool) float64 {
		if hour >= 9 && hour < 10 && !weekend {
			return 2.5
		}
		return 1
	},
	"batch at nine every day": func(hour float64, _ bool) float64 {
		if hour >= 9 && hour < 9.75 {
			return 2.5
		}
		return 1
	},
	"day and night": func(hour float64, weekend bool) float64 {
		high := 0.6
		if weekend {
			high = 0.4
		}
		return 1 + high*math.Cos((hour-14)*math.Pi/12)
	},
}

// diary is a generated recording of one series.
type diary struct {
	course string
	signal model.Signal
	level  float64
	noise  float64 // of the logarithm of a point
	fault  float64 // factor from the symptom on
}

// question is an incident: half an hour from a time of day on.
func question(zone *time.Location, y int, month time.Month, day, hour, minute, days int) model.Incident {
	from := time.Date(y, month, day, hour, minute, 0, 0, zone)
	return model.Incident{
		Step: 5 * time.Minute, Zone: zone,
		Window:  model.Interval{From: from.AddDate(0, 0, -days).Add(-3 * time.Hour).UTC(), To: from.Add(time.Hour).UTC()},
		Symptom: model.Symptom{Interval: model.Interval{From: from.UTC(), To: from.Add(25 * time.Minute).UTC()}},
	}
}

// abnormal tells whether a diary reads as abnormal, with and without the season.
func (d *diary) abnormal(inc model.Incident, seed uint64) (with, without bool) {
	tl := layOut(inc)
	rng := rand.New(rand.NewPCG(seed, 7))
	day := map[int]float64{}
	values := make([]float64, tl.grid.Len())
	for i := range values {
		at := tl.grid.Time(i).In(inc.Location())
		if _, ok := day[at.YearDay()]; !ok {
			day[at.YearDay()] = 0.03 * rng.NormFloat64()
		}
		hour := float64(at.Hour()) + float64(at.Minute())/60
		v := d.level * daily[d.course](hour, at.Weekday() == time.Saturday || at.Weekday() == time.Sunday)
		v *= math.Exp(d.noise*rng.NormFloat64() + day[at.YearDay()])
		if inc.Symptom.Interval.Contains(at) {
			v *= d.fault
		}
		values[i] = v
	}
	s := &model.Series{Subject: model.Subject{Component: "web"}, Signal: &d.signal, Values: values}
	read := func(season model.Season) bool {
		return detect.Read([]*model.Series{s}, tl.grid, tl.phases, season, detect.Options{})[0].Abnormal()
	}
	return read(tl.season), read(model.Season{})
}

// The signals of the diaries, each with a level.
var (
	slow = diary{signal: model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}, level: 0.1}
	busy = diary{signal: model.Signal{Name: "requests", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange}, level: 100}
	used = diary{signal: model.Signal{Name: "cpu", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp}, level: 0.2}
)

// seasons are Mondays after the days on which clocks change, and one where they do not.
var seasons = []struct {
	zone  string
	month time.Month
	day   int
}{
	{"Europe/Berlin", time.March, 30},
	{"Europe/Berlin", time.October, 26},
	{"America/New_York", time.March, 9},
	{"America/New_York", time.November, 2},
	{"Asia/Seoul", time.March, 30},
	{"Australia/Lord_Howe", time.April, 6},
}

// TestSeasonRates bounds how often what is usual at its time of day is called abnormal, and how seldom what is not; the
// figures without the season, over the same data, show that it is the season's doing.
func TestSeasonRates(t *testing.T) {
	t.Parallel()
	const seeds = 10
	for _, tc := range []struct {
		course        string
		days          int
		hour          int
		fault         float64
		atLeast       float64 // of the readings, abnormal with the season
		atMost        float64
		beforeAtLeast float64 // and without
		beforeAtMost  float64
	}{
		{course: "flat", days: 9, hour: 9, fault: 1, atMost: 0.02, beforeAtMost: 0.02},
		{course: "flat", days: 9, hour: 9, fault: 2.2, atLeast: 0.95, atMost: 1, beforeAtLeast: 0.95, beforeAtMost: 1},
		{course: "batch at nine every day", days: 9, hour: 9, fault: 1, atMost: 0.02, beforeAtLeast: 0.3, beforeAtMost: 1},
		{course: "batch at nine every day", days: 9, hour: 9, fault: 2.2, atLeast: 0.95, atMost: 1, beforeAtMost: 1},
		{course: "rush at nine on working days", days: 9, hour: 9, fault: 1, atMost: 0.02, beforeAtLeast: 0.3, beforeAtMost: 1},
		{course: "rush at nine on working days", days: 9, hour: 9, fault: 2.2, atLeast: 0.95, atMost: 1, beforeAtMost: 1},
		{course: "rush at nine on working days", days: 22, hour: 9, fault: 1, atMost: 0.02, beforeAtLeast: 0.3, beforeAtMost: 1},
		{course: "day and night", days: 9, hour: 4, fault: 1, atMost: 0.02, beforeAtMost: 0.02},
		{course: "day and night", days: 9, hour: 4, fault: 3, atLeast: 0.95, atMost: 1, beforeAtMost: 0.05},
		{course: "day and night", days: 22, hour: 9, fault: 2.2, atLeast: 0.95, atMost: 1, beforeAtMost: 0.1},
	} {
		n, with, without := 0, 0, 0
		for _, at := range seasons {
			zone := location(t, at.zone)
			inc := question(zone, 2026, at.month, at.day, tc.hour, 5, tc.days)
			for _, d := range []diary{slow, busy, used} {
				d.course, d.fault, d.noise = tc.course, tc.fault, 0.05
				for seed := range uint64(seeds) {
					a, b := d.abnormal(inc, seed)
					n, with, without = n+1, with+count(a), without+count(b)
				}
			}
		}
		rate, before := float64(with)/float64(n), float64(without)/float64(n)
		t.Logf("%-28s %2d days, %02d:05, fault x%.1f: abnormal %.2f, without the season %.2f", tc.course, tc.days, tc.hour, tc.fault, rate, before)
		if rate < tc.atLeast || rate > tc.atMost || before < tc.beforeAtLeast || before > tc.beforeAtMost {
			t.Errorf("%s over %d days at %d, fault x%.1f: abnormal %.2f (want %.2f to %.2f), without the season %.2f (want %.2f to %.2f)",
				tc.course, tc.days, tc.hour, tc.fault, rate, tc.atLeast, tc.atMost, before, tc.beforeAtLeast, tc.beforeAtMost)
		}
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
