package detect

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// course draws a series with all that makes detection hard: noise, integers, steps, spikes, ramps, gaps, silence.
func course(t *rapid.T, n int) []float64 {
	base := rapid.SampledFrom([]float64{0, 0.1, 5, 1000}).Draw(t, "base")
	noise := rapid.SampledFrom([]float64{0, 0.01, 0.3}).Draw(t, "noise") * max(base, 0.1)
	whole := rapid.Bool().Draw(t, "whole")
	values := make([]float64, n)
	for i := range values {
		values[i] = base + noise*rapid.Float64Range(-1, 1).Draw(t, "n")
	}
	for range rapid.IntRange(0, 4).Draw(t, "events") {
		from := rapid.IntRange(0, n-1).Draw(t, "from")
		to := min(n, from+rapid.SampledFrom([]int{1, 2, 6, 30, n}).Draw(t, "length"))
		size := rapid.SampledFrom([]float64{-1, 0.5, 2, 20}).Draw(t, "size") * max(base, 0.1)
		what := rapid.IntRange(0, 2).Draw(t, "what")
		for i := from; i < to; i++ {
			switch what {
			case 0:
				values[i] += size
			case 1:
				values[i] += size * float64(i-from) / float64(n)
			case 2:
				values[i] = model.Gap()
			}
		}
	}
	for i := range values {
		if whole {
			values[i] = math.Round(values[i])
		}
	}
	return values
}

func watched(t *rapid.T) *model.Signal {
	return rapid.SampledFrom([]*model.Signal{
		{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp},
		{Name: "error_ratio", Kind: model.KindErrors, Unit: "ratio", Bad: model.BadUp},
		{Name: "cpu", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp},
		{Name: "up", Kind: model.KindAvailability, Unit: "ratio", Bad: model.BadDown},
		{Name: "requests", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange},
		{Name: "queue", Kind: model.KindSaturation, Unit: "requests", Bad: model.BadUp},
	}).Draw(t, "signal")
}

// TestMonitorAgreesWithRead: at every point the monitor says what Read says of the same points.
func TestMonitorAgreesWithRead(t *testing.T) {
	abnormal, screened := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		opts := MonitorOptions{
			Points: rapid.IntRange(12, 60).Draw(t, "points"), Symptom: rapid.IntRange(1, 6).Draw(t, "symptom"), Guard: rapid.IntRange(1, 4).Draw(t, "guard"),
		}
		sig, n := watched(t), rapid.IntRange(20, 150).Draw(t, "n")
		values := course(t, n)
		m := NewWatcher(time.Second, opts).Watch(&model.Series{Subject: model.Subject{Component: "db"}, Signal: sig})
		for i, v := range values {
			odd := m.Add(int64(i)*1000, v)
			column := make([]float64, opts.Points)
			for k := range column {
				if at := i - opts.Points + 1 + k; at >= 0 {
					column[k] = values[at]
				} else {
					column[k] = model.Gap()
				}
			}
			s := &model.Series{Subject: model.Subject{Component: "db"}, Signal: sig, Values: column}
			grid := model.Grid{Step: time.Second, Spans: []model.Span{{StartMillis: int64(i-opts.Points+1) * 1000, N: opts.Points}}}
			want := Read([]*model.Series{s}, grid, m.of.phases, model.Season{}, Options{})[0]
			if odd != (want.Abnormal() || want.Reason == model.ReasonVanished) {
				t.Fatalf("point %d of %v: the monitor says %v, Read says %v (%v, severity %g)", i, values[:i+1], odd, want.State, want.Reason, want.Severity)
			}
			r := m.Reading()
			if r == nil {
				screened++
				if tooFew := want.Reason == model.ReasonNoReference || want.Reason == model.ReasonShortReference; want.State != model.StateNormal && !tooFew {
					t.Fatalf("point %d of %v: screened as normal, Read says %v (%v)", i, values[:i+1], want.State, want.Reason)
				}
				continue
			}
			if r.Abnormal() {
				abnormal++
			}
			if diff := cmp.Diff(want, r, cmpopts.IgnoreFields(model.Reading{}, "Series"), cmpopts.EquateNaNs()); diff != "" {
				t.Fatalf("point %d of %v: the monitor reads otherwise (-Read +monitor):\n%s", i, values[:i+1], diff)
			}
		}
	})
	if abnormal == 0 || screened == 0 {
		t.Errorf("%d points were abnormal and %d screened: the test proves nothing", abnormal, screened)
	}
}

// TestMonitorSince: the beginning of a trouble that goes on is kept while the window moves on.
func TestMonitorSince(t *testing.T) {
	sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	m := NewWatcher(5*time.Second, MonitorOptions{}).Watch(&model.Series{Signal: sig})
	var began model.Onset
	for i := range int64(260) {
		v := 0.1 + 0.001*float64(i%3)
		if i >= 200 {
			v = 2
		}
		odd := m.Add(i*5000, v)
		switch {
		case i < 200 && odd:
			t.Fatalf("point %d is as usual", i)
		case i == 210:
			began = m.Since()
			if want := model.FromMillis(200 * 5000); !began.Latest.Equal(want) {
				t.Errorf("it began %v, want %v", began, want)
			}
		case i > 210 && i < 240 && m.Since() != began:
			t.Fatalf("point %d: it began %v, earlier it was %v", i, m.Since(), began)
		}
	}
	for i := range int64(10) {
		m.Add((260+i)*5000, 0.1)
	}
	if m.Since() != (model.Onset{}) || m.Reading() != nil {
		t.Errorf("it is over, and yet %v since %v", m.Reading(), m.Since())
	}
}

// TestMonitorFillsGaps: points left out count as gaps, and long silence as samples that stopped.
func TestMonitorFillsGaps(t *testing.T) {
	sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	m := NewWatcher(time.Second, MonitorOptions{}).Watch(&model.Series{Signal: sig})
	for i := range int64(240) {
		m.Add(i*1000, 1)
	}
	if !m.Add(250_000, model.Gap()) || m.Reading().Reason != model.ReasonVanished {
		t.Errorf("after ten seconds of silence: %+v", m.Reading())
	}
	if m.Add(251_000, 1) {
		t.Errorf("it is back as it was: %+v", m.Reading())
	}
}

// TestMonitorsShareAWatcher: what one monitor is judged in does not touch what another says.
func TestMonitorsShareAWatcher(t *testing.T) {
	sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	w := NewWatcher(time.Second, MonitorOptions{})
	together := []*Monitor{w.Watch(&model.Series{Signal: sig}), w.Watch(&model.Series{Signal: sig})}
	alone := []*Monitor{NewWatcher(time.Second, MonitorOptions{}).Watch(&model.Series{Signal: sig}), NewWatcher(time.Second, MonitorOptions{}).Watch(&model.Series{Signal: sig})}
	abnormal := 0
	for i := range int64(300) {
		for k := range together {
			v := 0.1 + 0.001*float64(i*7919%97)
			if i > 250 {
				v += float64(2 + k)
			}
			together[k].Add(i*1000, v)
			alone[k].Add(i*1000, v)
		}
		for k := range together {
			if r := together[k].Reading(); r != nil && r.Abnormal() {
				abnormal++
			}
			if diff := cmp.Diff(alone[k].Reading(), together[k].Reading(), cmpopts.IgnoreFields(model.Reading{}, "Series")); diff != "" {
				t.Fatalf("point %d (-alone +together):\n%s", i, diff)
			}
		}
	}
	if abnormal < 50 {
		t.Errorf("only %d points were abnormal", abnormal)
	}
}

// BenchmarkMonitor is one point of a signal that is as usual, and one of a signal that is not.
func BenchmarkMonitor(b *testing.B) {
	sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	for _, c := range []struct {
		name string
		v    func(i int64) float64
	}{
		{"usual", func(i int64) float64 { return 0.1 + 0.001*float64(i*7919%97) }},
		{"abnormal", func(i int64) float64 {
			if i%200 < 6 {
				return 9
			}
			return 0.1 + 0.001*float64(i*7919%97)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := NewWatcher(time.Second, MonitorOptions{}).Watch(&model.Series{Signal: sig})
			b.ReportAllocs()
			for i := int64(0); b.Loop(); i++ {
				m.Add(i*1000, c.v(i))
			}
		})
	}
}
