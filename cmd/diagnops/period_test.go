package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/ask"
	"github.com/diagnops/diagnops/engine/model"
)

// tenth is ten o'clock, from which the tests count minutes.
var tenth = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func minute(m float64) time.Time { return tenth.Add(time.Duration(m * float64(time.Minute))) }

// recordedHour is an hour at a step of a minute; recordedDays are two days at five minutes, with a baseline.
func recordedHour() model.Incident {
	return model.Incident{Step: time.Minute, Window: model.Interval{From: minute(0), To: minute(60)}}
}

func recordedDays() model.Incident {
	return model.Incident{
		Step: 5 * time.Minute, Window: model.Interval{From: minute(0), To: minute(3000)},
		Baseline: model.Interval{From: minute(2000), To: minute(3000)},
	}
}

func TestFitRecording(t *testing.T) {
	for _, c := range []struct {
		name             string
		inc              model.Incident
		moment, from, to float64 // minutes; less than -5000 = not given
		want             string  // "from..to" in minutes, or what the error says
	}{
		{"nothing asked", recordedHour(), none, none, none, "-..-"},
		{"within", recordedHour(), none, 20, 30, "20..30"},
		{"an open end", recordedHour(), none, 20, none, "20..60"},
		{"an open beginning", recordedHour(), none, none, 30, "-..30"},
		{"beyond the end", recordedHour(), none, 20, 90, "20..60"},
		{"all of it", recordedHour(), none, -10, 90, "-..-"},
		{"since before it", recordedHour(), none, -10, none, "-..-"},
		{"before", recordedHour(), none, -30, -10, "but the recording runs from 2026-03-01T10:00:00Z to 2026-03-01T11:00:00Z"},
		{"after", recordedHour(), none, 70, none, "but the recording runs from"},
		{"until before", recordedHour(), none, none, -10, "asked about the time until 2026-03-01T09:50:00Z, but"},
		{"from before into it", recordedHour(), none, -10, 20, "there is no quiet time before"},
		{"from its begin", recordedHour(), none, 1, 20, "there is no quiet time before"},
		{"from its begin, with a baseline", recordedDays(), none, -10, 20, "0..20"},
		{"a moment", recordedDays(), 100, 0, 0, "95..105"},
		{"a moment of a short recording", recordedHour(), 30, 0, 0, "25..35"},
		{"a moment at the end", recordedHour(), 60, 0, 0, "55..60"},
		{"a moment at the begin", recordedHour(), 1, 0, 0, "there is no quiet time before"},
		{"a moment before", recordedHour(), -1, 0, 0, "asked about 2026-03-01T09:54:00Z to 2026-03-01T10:04:00Z, but the recording runs"},
		{"a moment after", recordedHour(), 61, 0, 0, "but the recording runs"},
	} {
		a := &ask.Asked{}
		if c.moment > none {
			a.Moment = minute(c.moment)
			c.from, c.to = c.moment-5, c.moment+5
		}
		for _, end := range []struct {
			at   float64
			into *time.Time
		}{{c.from, &a.Symptom.Interval.From}, {c.to, &a.Symptom.Interval.To}} {
			if end.at > none {
				*end.into = minute(end.at)
			}
		}
		if err := fitRecording(a, c.inc); err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
			continue
		}
		if d := cmp.Diff(c.want, inMinutes(a.Symptom.Interval)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// none is a time that is not given.
const none = -5000

func inMinutes(iv model.Interval) string {
	end := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return fmt.Sprintf("%g", at.Sub(tenth).Minutes())
	}
	return end(iv.From) + ".." + end(iv.To)
}

// A recording of three minutes leaves room around a moment, and a coarse one has points in it.
func TestMarginOfAMoment(t *testing.T) {
	for _, c := range []struct {
		step, length, want time.Duration
	}{
		{5 * time.Second, 3 * time.Minute, 18 * time.Second},
		{10 * time.Second, 3 * time.Minute, 30 * time.Second},
		{time.Minute, 30 * time.Minute, 3 * time.Minute},
		{time.Minute, 24 * time.Hour, ask.AtMargin},
	} {
		inc := model.Incident{Step: c.step, Window: model.Interval{From: tenth, To: tenth.Add(c.length)}}
		a := &ask.Asked{Moment: tenth.Add(c.length / 2)}
		if err := fitRecording(a, inc); err != nil {
			t.Fatal(err)
		}
		if got := a.Symptom.Interval.Duration() / 2; got != c.want {
			t.Errorf("%s at a step of %s: %s to either side, want %s", c.length, c.step, got, c.want)
		}
	}
}

func TestFitLive(t *testing.T) {
	now := minute(0)
	for _, c := range []struct {
		asked ask.Asked
		want  string
	}{
		{ask.Asked{}, "-..0"},
		{ask.Asked{Symptom: model.Symptom{Interval: model.Interval{From: minute(-20)}}}, "-20..0"},
		{ask.Asked{Symptom: model.Symptom{Interval: model.Interval{From: minute(-20), To: minute(-10)}}}, "-20..-10"},
		{ask.Asked{Symptom: model.Symptom{Interval: model.Interval{From: minute(-20), To: minute(10)}}}, "-20..0"},
		{ask.Asked{Symptom: model.Symptom{Interval: model.Interval{From: minute(1), To: minute(10)}}}, "in the future"},
		{ask.Asked{Moment: minute(2), Symptom: model.Symptom{Interval: model.Interval{From: minute(-3), To: minute(7)}}}, "in the future"},
	} {
		err := fitLive(&c.asked, now)
		got := inMinutes(c.asked.Symptom.Interval)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}
