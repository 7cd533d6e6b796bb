package promapi

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// epoch is when the samples of tests begin.
var epoch = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

// metric is a series of a fake source: one sample every so often, the value of which is its number.
type metric struct {
	name  string
	every time.Duration
	late  time.Duration // it is seen so long after its time
	until time.Duration // the last sample's time, after the epoch; 0 = for ever
}

// samples are those seen at a time, from and to included, as model.Points.
func (m metric) samples(from, to, seen int64) (out []model.Point) {
	for i := int64(0); ; i++ {
		t := epoch.UnixMilli() + i*m.every.Milliseconds()
		if t > to || t+m.late.Milliseconds() > seen || m.until > 0 && t > epoch.Add(m.until).UnixMilli() {
			return out
		}
		if t >= from {
			out = append(out, model.Point{TMillis: t, Value: float64(i)})
		}
	}
}

// rawSource serves the samples of metrics to range selectors, as Prometheus 3.0 does (one at the beginning of the range is not
// in it), and what meddle says instead.
type rawSource struct {
	*source
	metrics []metric

	mu     sync.Mutex
	now    time.Time // of its own clock
	meddle func(n int, r request) (reply, bool)
}

var rangeSelector = regexp.MustCompile(`^\{(.*)\}\[(\d+)ms\]$`)

func newRawSource(t *testing.T, metrics ...metric) *rawSource {
	t.Helper()
	s := &rawSource{metrics: metrics}
	s.source = newSource(t, func(n int, r request) reply {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.meddle != nil {
			if rep, ok := s.meddle(n, r); ok {
				return rep
			}
		}
		m := rangeSelector.FindStringSubmatch(r.form.Get("query"))
		if m == nil {
			t.Errorf("asked for %s", r.form.Get("query"))
			return reply{status: 500}
		}
		length, err := strconv.ParseInt(m[2], 10, 64)
		if err != nil {
			t.Error(err)
		}
		to := r.millis("time")
		return reply{body: s.answer(t, m[1], to-length+1, to)}
	})
	return s
}

// answer is the matrix of the metrics whose names the matcher lists.
func (s *rawSource) answer(t *testing.T, matchers string, from, to int64) string {
	t.Helper()
	var series []string
	for _, m := range s.metrics {
		ms, err := parseSelector("{" + matchers + "}")
		if err != nil {
			t.Error(err)
		}
		if !ms[0].Matches(m.name) {
			continue
		}
		var vs []string
		for _, p := range m.samples(from, to, s.now.UnixMilli()) {
			vs = append(vs, fmt.Sprintf(`[%d.%03d,"%g"]`, p.TMillis/1000, p.TMillis%1000, p.Value))
		}
		if len(vs) > 0 {
			series = append(series, fmt.Sprintf(`{"metric":{"job":"web","__name__":%q},"values":[%s]}`, m.name, strings.Join(vs, ",")))
		}
	}
	return matrix(series...)
}

// turn sets the source's clock, and what happens instead of answers.
func (s *rawSource) turn(now time.Time, meddle func(n int, r request) (reply, bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.meddle = now, meddle
}

// taker is an Ingester that keeps everything, by the rules of model.Taken.
type taker struct {
	mu      sync.Mutex
	points  map[string][]model.Point // by labels
	batches int
	meddle  func(b *model.Batch) (taken model.Taken, err error, done bool)
}

func newTaker() *taker { return &taker{points: map[string][]model.Point{}} }

func (k *taker) Ingest(_ context.Context, b *model.Batch) (model.Taken, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.batches++
	if k.meddle != nil {
		if taken, err, done := k.meddle(b); done {
			return taken, err
		}
	}
	var taken model.Taken
	for i := range b.Series {
		name := strings.Clone(b.Series[i].Labels.String())
		for _, p := range b.Of(&b.Series[i]) {
			k.points[name] = keep(k.points[name], p, &taken)
		}
	}
	return taken, nil
}

func keep(points []model.Point, p model.Point, taken *model.Taken) []model.Point {
	newest := model.Point{TMillis: math.MinInt64}
	if n := len(points); n > 0 {
		newest = points[n-1]
	}
	switch {
	case p.TMillis > newest.TMillis:
		taken.Appended++
		return append(points, p)
	case p.TMillis < newest.TMillis:
		taken.OutOfOrder++
	case p.Value == newest.Value:
		taken.Duplicate++
	default:
		taken.Conflict++
	}
	return points
}

// printed lists what was taken: a line a series, times in seconds after the epoch.
func (k *taker) printed() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var names []string
	for name := range k.points {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		for _, p := range k.points[name] {
			fmt.Fprintf(&b, " %g:%g", float64(p.TMillis-epoch.UnixMilli())/1000, p.Value)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// complete holds what was taken against all samples of the source between two times, both included.
func (k *taker) complete(t *testing.T, s *rawSource, from, to time.Time) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range s.metrics {
		name := m.name + `{job="web"}`
		want := m.samples(from.UnixMilli(), to.UnixMilli(), math.MaxInt64)
		got := slices.DeleteFunc(slices.Clone(k.points[name]), func(p model.Point) bool { return p.TMillis > to.UnixMilli() })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d points, want %d:\n%v\n%v", name, len(got), len(want), got, want)
		}
	}
}

// poller builds one for the source, of all of its metrics when no matchers are given.
func poller(t *testing.T, s *rawSource, k collectors.Ingester, opts PollOptions, copts Options) *Poller {
	t.Helper()
	copts.URL = s.URL
	c, _ := client(t, copts)
	if opts.Matchers == nil {
		for _, m := range s.metrics {
			opts.Matchers = append(opts.Matchers, m.name)
		}
	}
	p, err := c.NewPoller(k, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// onlyAppended fails when the sink was given anything twice, or out of order.
func onlyAppended(t *testing.T, s PollStats) {
	t.Helper()
	if want := (model.Taken{Appended: s.Taken.Appended}); s.Taken.Appended == 0 || fmt.Sprint(s.Taken) != fmt.Sprint(want) {
		t.Errorf("taken %+v", s.Taken)
	}
}
