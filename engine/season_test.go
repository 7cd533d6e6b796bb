package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestDaysBefore: the same time by the clock, on days with 23, 23.5, 24.5 and 25 hours, and on one that never was.
func TestDaysBefore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		zone, from string // by the clock
		days       int
		want       string // in UTC, "" = no such time
	}{
		{"UTC", "2026-03-30 09:00", 1, "2026-03-29T09:00:00Z"},
		{"Asia/Seoul", "2026-03-30 09:00", 2, "2026-03-28T00:00:00Z"},
		{"Europe/Berlin", "2026-03-30 09:00", 1, "2026-03-29T07:00:00Z"},
		{"Europe/Berlin", "2026-03-30 09:00", 2, "2026-03-28T08:00:00Z"},
		{"Europe/Berlin", "2026-03-30 02:30", 1, ""},
		{"Europe/Berlin", "2026-03-30 02:30", 2, "2026-03-28T01:30:00Z"},
		{"Europe/Berlin", "2026-10-26 02:30", 1, "2026-10-25T00:30:00Z"}, // 02:30 comes twice: the first
		{"Europe/Berlin", "2026-10-26 09:00", 7, "2026-10-19T07:00:00Z"},
		{"America/New_York", "2026-03-09 09:00", 2, "2026-03-07T14:00:00Z"},
		{"America/New_York", "2026-11-02 01:30", 1, "2026-11-01T05:30:00Z"},
		{"America/New_York", "2026-03-09 02:00", 1, ""},
		{"Australia/Lord_Howe", "2026-04-06 09:00", 2, "2026-04-03T22:00:00Z"}, // +11 until the 5th, then +10:30
		{"Australia/Lord_Howe", "2026-04-06 01:45", 1, "2026-04-04T14:45:00Z"},
		{"Australia/Lord_Howe", "2026-10-05 02:15", 1, ""},
		{"Pacific/Apia", "2011-12-31 12:00", 1, ""}, // a Friday that Samoa left out
		{"Pacific/Apia", "2011-12-31 12:00", 2, "2011-12-29T22:00:00Z"},
		{"Europe/London", "2026-03-01 00:00", 1, "2026-02-28T00:00:00Z"},
	} {
		from, err := time.ParseInLocation("2006-01-02 15:04", tc.from, location(t, tc.zone))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at, ok := daysBefore(from, tc.days); ok {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != tc.want {
			t.Errorf("%s in %s, %d days before: %q, want %q", tc.from, tc.zone, tc.days, got, tc.want)
		}
	}
}

// TestDaysBeforeHolds: whatever zone and time, the day is the right one and the clock shows the same.
func TestDaysBeforeHolds(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Seoul", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"} {
		zones = append(zones, location(t, name))
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		from := time.Unix(rapid.Int64Range(1.5e9, 1.9e9).Draw(t, "at"), 0).In(zone)
		days := rapid.IntRange(1, MaxSeasonDays).Draw(t, "days")
		at, ok := daysBefore(from, days)
		if !ok {
			return
		}
		if at.Format(time.TimeOnly) != from.Format(time.TimeOnly) {
			t.Fatalf("%s is not the time of day of %s", at, from)
		}
		midnight := func(t time.Time) time.Time {
			y, m, d := t.Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
		if got := midnight(from).Sub(midnight(at)); got != time.Duration(days)*24*time.Hour {
			t.Fatalf("%s is %s before %s", at, got, from)
		}
	})
}

// seen prints the days of a season by the clock: "Mon 09:05..09:30 after 06:35..08:00".
func seen(tl timeline, inc model.Incident) string {
	var b strings.Builder
	clock := func(i int) string { return tl.grid.Time(i).In(inc.Location()).Format("15:04") }
	for _, d := range tl.season.Days {
		fmt.Fprintf(&b, "%s %s..%s after %s..%s\n", tl.grid.Time(d.At.First).In(inc.Location()).Format("Jan 2 Mon"),
			clock(d.At.First), clock(d.At.End-1), clock(d.Lead.First), clock(d.Lead.End-1))
	}
	return b.String()
}

func TestSeason(t *testing.T) {
	t.Parallel()
	monday := func() model.Incident { return question(location(t, "Europe/Berlin"), 2026, 3, 30, 9, 5, 4) }
	const all = `Mar 29 Sun 09:05..09:30 after 04:40..07:40
Mar 28 Sat 09:05..09:30 after 04:40..07:40
Mar 27 Fri 09:05..09:30 after 04:40..07:40
`
	for _, tc := range []struct {
		name  string
		alter func(*model.Incident)
		want  string
	}{
		{"the clock's time, not that of UTC", func(*model.Incident) {}, all},
		{"days before the window are looked at when asked for", func(inc *model.Incident) {
			inc.Window.From, inc.SeasonDays = inc.Symptom.Interval.From.Add(-5*time.Hour), 3
		}, all},
		{"too few days are none", func(inc *model.Incident) { inc.Window.From = inc.Window.From.AddDate(0, 0, 2) }, ""},
		{"a day in another incident is left out", func(inc *model.Incident) {
			from := inc.Symptom.Interval.From.AddDate(0, 0, -2)
			inc.Window.From = inc.Window.From.AddDate(0, 0, -1)
			inc.Exclude = []model.Interval{{From: from, To: from.Add(2 * time.Hour)}}
		}, "Mar 29 Sun 09:05..09:30 after 04:40..07:40\nMar 27 Fri 09:05..09:30 after 04:40..07:40\nMar 26 Thu 09:05..09:30 after 04:40..07:40\n"},
		{"a given baseline bounds the days", func(inc *model.Incident) {
			inc.Baseline = model.Interval{From: inc.Symptom.Interval.From.AddDate(0, 0, -2), To: inc.Symptom.Interval.From.Add(-3 * time.Hour)}
		}, ""},
		{"a symptom of a day has no time of day", func(inc *model.Incident) {
			inc.Symptom.Interval.From = inc.Symptom.Interval.To.Add(-13 * time.Hour)
		}, ""},
	} {
		inc := monday()
		tc.alter(&inc)
		tl := layOut(inc)
		if d := cmp.Diff(tc.want, seen(tl, inc)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		if len(tl.season.Days) > 0 && tl.season.Today.Weekday != time.Monday {
			t.Errorf("%s: today is a %s", tc.name, tl.season.Today.Weekday)
		}
	}
}

// TestSeasonIsNoReference: earlier days add to the grid, and leave what the rest of it is for as it was.
func TestSeasonIsNoReference(t *testing.T) {
	t.Parallel()
	inc := question(location(t, "Asia/Seoul"), 2026, 3, 30, 9, 5, 12)
	inc.Step = time.Minute
	long := layOut(inc)
	inc.Window.From = inc.Symptom.Interval.To.Add(-maxPoints * time.Minute)
	short := layOut(inc)
	if len(short.season.Days) > 0 || len(long.season.Days) != 12 {
		t.Fatalf("%d and %d earlier days", len(short.season.Days), len(long.season.Days))
	}
	for i, p := range long.phases {
		want := model.PhaseOther
		if k, ok := short.grid.Index(long.grid.Millis(i)); ok {
			want = short.phases[k]
		}
		if p != want {
			t.Errorf("%s is %s, want %s", long.grid.Time(i), p, want)
		}
	}
}
