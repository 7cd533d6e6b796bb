package synth

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Script is an incident that is told rather than drawn: whose metrics go how, and what was behind it. What each target
// shows is written down as rates, times and levels over the time of the story; noise, counters, histograms and scrapes
// are made of them as for a Scenario, in the true exporters' names.
type Script struct {
	ID, Title string
	Seed      uint64
	Start     time.Time
	Duration  time.Duration
	Scrape    time.Duration // interval, and the incident's step
	Timezone  string        // of the users; "" = not given
	Topology  string        // as in topology.yaml
	// Component and Signal are the symptom, From and To when it showed; Component and From may be absent.
	Component string
	Signal    model.SignalKind
	From, To  time.Duration
	Baseline  [2]time.Duration // known quiet time; zero = not given
	Changes   []ScriptChange
	Truth     model.Truth
	Onset     time.Duration // of the truth
	// Show describes every target.
	Show func(st *Stage)
}

// ScriptChange is a change at a time of the story.
type ScriptChange struct {
	At time.Duration
	model.Change
}

// Course is a value over the time of the story: a rate a second, a time in seconds, a level.
type Course func(at time.Duration) float64

// Stage is where targets are described.
type Stage struct{ r *recorder }

// Target is one scrape target: what it exposes shares its labels and the times of its scrapes. Labels of a metric are
// pairs of name and value.
type Target struct{ s *scraped }

// Always is a course that does not change.
func Always(v float64) Course { return func(time.Duration) float64 { return v } }

// Between is usual but from one time until another, where it is the other.
func Between(from, to time.Duration, usual, other Course) Course {
	return func(at time.Duration) float64 {
		if at >= from && at < to {
			return other(at)
		}
		return usual(at)
	}
}

// From is usual until a time, and the other from then on.
func From(from time.Duration, usual, other Course) Course {
	return Between(from, math.MaxInt64, usual, other)
}

// Ramp goes from one value to another in a straight line between two times, and keeps them before and after.
func Ramp(from, to time.Duration, low, high float64) Course {
	return func(at time.Duration) float64 {
		return low + (high-low)*clamp(float64(at-from)/float64(to-from), 0, 1)
	}
}

// Every is the other for some time at the begin of each period, first at a phase, and usual else.
func Every(period, phase, lasting time.Duration, usual, other Course) Course {
	return func(at time.Duration) float64 {
		if d := at - phase; d >= 0 && d%period < lasting {
			return other(at)
		}
		return usual(at)
	}
}

// Of combines courses.
func Of(f func(v ...float64) float64, courses ...Course) Course {
	return func(at time.Duration) float64 {
		vs := make([]float64, len(courses))
		for i, c := range courses {
			vs[i] = c(at)
		}
		return f(vs...)
	}
}

// Times is a course a number of times.
func Times(k float64, c Course) Course { return Of(func(v ...float64) float64 { return k * v[0] }, c) }

// Plus is the sum of courses.
func Plus(courses ...Course) Course {
	return Of(func(v ...float64) float64 {
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		return sum
	}, courses...)
}

// Queued is the time of a request, in seconds, at a station of so many servers: its service and the wait for a server, by
// Sakasegawa's approximation, with utilization held below what would need a history (0.97).
func Queued(rate, service Course, servers float64) Course {
	return Of(func(v ...float64) float64 {
		return v[1] * (1 + waiting(min(v[0]*v[1]/servers, fullAt), servers))
	}, rate, service)
}

// Wait is how long a request waits for one of so many servers, in times of service, at a utilization (0 to 1), by
// Sakasegawa's approximation. Above 0.99 a queue has no equilibrium, and none is computed.
func Wait(utilization, servers float64) float64 { return waiting(min(utilization, 0.99), servers) }

// Target begins a target, and gives its up. Labels are pairs; alive tells when its scrapes succeed, nil = always.
func (st *Stage) Target(alive func(at time.Duration) bool, labels ...string) *Target {
	s := &scraped{recorder: st.r, labels: labelsOf(labels), times: st.r.times, restart: -1}
	up := make([]float64, len(s.times))
	gone := false
	for t := range up {
		if alive == nil || alive(st.r.at(t)) {
			up[t] = 1
		} else {
			gone = true
		}
	}
	st.r.keep(s.named("up", nil), st.r.times, up)
	if gone {
		s.times, s.steps = nil, []int{}
		for t, v := range up {
			if v == 1 {
				s.times, s.steps = append(s.times, st.r.times[t]), append(s.steps, t)
			}
		}
	}
	return &Target{s}
}

// Restart lets the counters described from now on begin anew at a time, as when the process restarts.
func (t *Target) Restart(at time.Duration) *Target {
	t.s.restart = int(at / t.s.opts.ScrapeInterval)
	return t
}

// Gauge is a level with a relative noise, given with four digits.
func (t *Target) Gauge(metric string, noise float64, c Course, labels ...string) {
	t.s.gauge(metric, noise, t.s.by(c), labels...)
	for last, i := t.s.series[len(t.s.series)-1].values, 0; i < len(last); i++ {
		last[i] = digits(last[i], 4)
	}
}

// digits cuts what is measured to so many digits; whole numbers are left alone, they are exact.
func digits(v float64, n int) float64 {
	if v == math.Trunc(v) || math.IsNaN(v) {
		return v
	}
	k := math.Pow10(n - 1 - int(math.Floor(math.Log10(math.Abs(v)))))
	return math.Round(v*k) / k
}

// Count is a whole number of things that are there, varying as chance has it.
func (t *Target) Count(metric string, c Course, labels ...string) {
	t.s.count(metric, t.s.by(c), labels...)
}

// counted is a count that has a limit.
func (t *Target) counted(metric string, limit float64, c Course, labels ...string) {
	t.s.counted(metric, limit, t.s.by(c), labels...)
}

// Events counts what happens at a rate a second, in whole numbers, as chance has it.
func (t *Target) Events(metric string, rate Course, labels ...string) {
	t.s.events(metric, t.s.by(rate), labels...)
}

// Amount counts what grows at a rate a second (seconds of CPU, bytes), with a relative noise, in thousandths.
func (t *Target) Amount(metric string, noise float64, rate Course, labels ...string) {
	t.s.amount(metric, noise, t.s.by(rate), labels...)
	for last, i := t.s.series[len(t.s.series)-1].values, 0; i < len(last); i++ {
		last[i] = math.Round(1000*last[i]) / 1000
	}
}

// Histogram is a classic histogram of lognormal times, of a mean in seconds and a coefficient of variation.
func (t *Target) Histogram(metric string, rate, mean Course, cv float64, labels ...string) {
	m := t.s.by(mean)
	t.s.histogram(metric, t.s.by(rate), func(i int) moments { return fixed(m(i), cv) }, labels...)
}

// Absent is the value of a course while there is no sample.
var Absent = math.NaN()

// Marked is a gauge of samples where a course is a number; where it is Absent there is none, as of a series that came and
// went.
func (t *Target) Marked(metric string, c Course, labels ...string) {
	var times []int64
	var values []float64
	for i, at := range t.s.times {
		if v := c(t.s.at(t.s.step(i))); !math.IsNaN(v) {
			times, values = append(times, at), append(values, v)
		}
	}
	t.s.keep(t.s.named(metric, labels), times, values)
}

// by is a course by the number of a scrape.
func (r *recorder) by(c Course) func(t int) float64 {
	return func(t int) float64 { return c(r.at(t)) }
}

// at is the time of the story of a scrape.
func (r *recorder) at(t int) time.Duration { return time.Duration(t) * r.opts.ScrapeInterval }

func labelsOf(pairs []string) []model.Label {
	var out []model.Label
	for k := 0; k+1 < len(pairs); k += 2 {
		out = append(out, model.Label{Name: pairs[k], Value: pairs[k+1]})
	}
	return out
}

// Data is every series, sorted by its labels.
func (s *Script) Data() *collectors.Data {
	steps := int(s.Duration/s.Scrape) + 1
	opts := Options{Seed: s.Seed, Noise: 1, ScrapeInterval: s.Scrape, Start: s.Start}
	h := &history{opts: opts, frames: make([]frame, steps)}
	r := &recorder{history: h, rng: stream(s.Seed, streamMeasure), times: make([]int64, steps)}
	for t := range r.times {
		r.times[t] = model.Millis(h.time(t))
	}
	s.Show(&Stage{r})
	return r.data()
}

// WriteBundle writes the incident as a bundle; the same script gives the same bytes.
func (s *Script) WriteBundle(dir string) error {
	if _, err := collectors.ParseTopology(s.ID+": topology", []byte(s.Topology)); err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	sc := &Scenario{Data: s.Data(), Truth: s.Truth}
	for _, c := range s.Changes {
		c.Change.At = s.Start.Add(c.At)
		sc.Changes = append(sc.Changes, c.Change)
	}
	slices.SortStableFunc(sc.Changes, func(a, b model.Change) int { return a.At.Compare(b.At) })
	if !s.Truth.None {
		sc.Truth.Onset = s.Start.Add(s.Onset)
	}
	files := bundleFiles{
		{"incident.yaml", func(w io.Writer) error { return encode(w, s.incident()) }},
		{"topology.yaml", func(w io.Writer) error { _, err := io.WriteString(w, s.Topology); return err }},
		{"truth.yaml", func(w io.Writer) error { return encode(w, truthYAML(sc.Truth)) }},
		{"metrics.om.gz", sc.writeMetrics},
	}
	if len(sc.Changes) > 0 {
		files = append(files, bundleFile{"changes.jsonl", sc.writeChanges})
	}
	return files.write(dir)
}

func (s *Script) incident() incidentDoc {
	at := func(d time.Duration) string { return moment(s.Start.Add(d)) }
	doc := incidentDoc{
		Version: 1, ID: s.ID, Title: s.Title, Step: s.Scrape.String(), Timezone: s.Timezone, Window: intervalDoc{at(0), at(s.Duration)},
		Symptom: symptomDoc{Component: s.Component, Signal: string(s.Signal), To: at(s.To)},
	}
	if s.From != 0 {
		doc.Symptom.From = at(s.From)
	}
	if s.Baseline != [2]time.Duration{} {
		doc.Baseline = &intervalDoc{at(s.Baseline[0]), at(s.Baseline[1])}
	}
	return doc
}

// bundleFile is one file of a bundle.
type bundleFile struct {
	name  string
	write func(io.Writer) error
}

type bundleFiles []bundleFile

// write writes all files; the folder is made if it is not there.
func (files bundleFiles) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("writing bundle: %w", err)
	}
	for _, f := range files {
		if err := writeFile(filepath.Join(dir, f.name), f.write); err != nil {
			return fmt.Errorf("writing bundle: %w", err)
		}
	}
	return nil
}
