package window

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// host is a window as a small installation makes it: 1,700 series at 1 s for 3 minutes, among them 400 counters of 20
// hosts and 300 histogram buckets of 20 routes.
func host(b *testing.B) *Window {
	b.Helper()
	w := newWindow(b, Options{SamplesPerSeries: 181})
	const n = 181
	ramp := func(slope float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = slope * float64(i)
		}
		return v
	}
	for i := range 400 {
		fill(b, w, lb("__name__", "requests_total", "host", fmt.Sprint(i%20), "code", fmt.Sprint(200+i/20), "job", "web"), 0, 1, ramp(float64(i+1))...)
	}
	for i := range 300 {
		le := fmt.Sprint(float64(int(1)<<(i/20)) / 1000)
		fill(b, w, lb("__name__", "duration_bucket", "le", le, "route", fmt.Sprint(i%20), "job", "web"), 0, 1, ramp(float64(i/20+1))...)
	}
	for i := range 1000 {
		fill(b, w, lb("__name__", fmt.Sprintf("gauge_%d", i%100), "host", fmt.Sprint(i/100), "job", "node"), 0, 1, ramp(1)...)
	}
	return w
}

func BenchmarkQueryHost(b *testing.B) {
	w := host(b)
	e := newEvaluator(b, 5*time.Second)
	grid := seconds(0, 5, 37)
	for _, c := range []struct{ name, expr string }{
		{"selector/series=10", "gauge_7"},
		{"rate/series=20", `rate(requests_total{host="3"}[15s])`},
		{"sum-rate/series=20", `sum(rate(requests_total{host="3"}[15s]))`},
		{"sum-by-rate/series=400", `sum by (host) (rate(requests_total[15s]))`},
		{"quantile/series=15", `histogram_quantile(0.95, sum by (le) (rate(duration_bucket{route="3"}[15s])))`},
		{"quantile/series=300", `histogram_quantile(0.95, sum by (le) (rate(duration_bucket[15s])))`},
		{"nothing", `rate(no_such_metric[15s])`},
	} {
		b.Run(c.name, func(b *testing.B) {
			q := e.On(w.Cut(at(181)))
			b.ReportAllocs()
			for b.Loop() {
				ask(b, q, c.expr, grid)
			}
		})
	}
	b.Run("first-use/rate/series=20", func(b *testing.B) {
		for b.Loop() {
			ask(b, e.On(w.Cut(at(181))), `rate(requests_total{host="3"}[15s])`, grid)
		}
	})
	b.Run("metric-names/series=170", func(b *testing.B) {
		q := e.On(w.Cut(at(181)))
		for b.Loop() {
			if _, err := q.MetricNames(context.Background(), map[string]string{"host": "3"}, model.Interval{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkBuildSelectors is an incident of 42 components with 7 gauges each on a grid of 600 points, cut and copying
// included.
func BenchmarkBuildSelectors(b *testing.B) {
	w := newWindow(b, Options{SamplesPerSeries: 600})
	values := make([]float64, 600)
	for i := range values {
		values[i] = float64(i)
	}
	topo := &model.Topology{}
	var plan []model.SignalQuery
	for i := range 42 {
		topo.Components = append(topo.Components, model.Component{Name: fmt.Sprintf("node-%02d", i)})
		for k := range 7 {
			fill(b, w, lb("__name__", fmt.Sprintf("gauge_%d", k), "node", topo.Components[i].Name), 0, 60, values...)
		}
	}
	for k := range 7 {
		name := fmt.Sprintf("gauge_%d", k)
		plan = append(plan, model.SignalQuery{Signal: &model.Signal{Name: name}, By: "node", Candidates: []string{name}})
	}
	e, grid := newEvaluator(b, time.Minute), seconds(0, 60, 600)
	b.Run("signals=7/nodes=42/points=600", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := Build(context.Background(), e.On(w.Cut(at(1<<30))), plan, topo, at(1<<30), grid, nil, BuildOptions{})
			if err != nil || len(f.Series) != 7*42 {
				b.Fatal(err, len(f.Series))
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1_700, 20_000} {
		b.Run(fmt.Sprintf("series=%d", n), func(b *testing.B) {
			w := newWindow(b, Options{})
			for i := range n {
				fill(b, w, lb("__name__", "m", "i", fmt.Sprint(i)), 0, 1)
			}
			t := int64(0)
			for b.Loop() {
				t++
				for ref := range model.SeriesRef(n) {
					w.Append(ref, t, 1.5)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/append")
		})
	}
}

func BenchmarkSeries(b *testing.B) {
	w := host(b)
	ls := lb("__name__", "requests_total", "host", "3", "code", "203", "job", "web")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Series(ls); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBytesPerSample holds the budget of a full window with labels of usual size: 20 bytes a live sample, index and all.
func TestBytesPerSample(t *testing.T) {
	const series, samples, budget = 8192, 240, 20.0
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	w := newWindow(t, Options{MaxSeries: series})
	for i := range series {
		ref, err := w.Series(lb("__name__", "http_server_requests_total", "instance", fmt.Sprintf("10.0.%d.%d:8080", i/256, i%256),
			"job", "storefront", "method", "GET", "status", "200", "namespace", "production", "route", "/api/v1/items"))
		if err != nil {
			t.Fatal(err)
		}
		for k := range int64(samples) {
			w.Append(ref, k, 1.5)
		}
	}
	got := float64(heap()-before) / (series * samples)
	t.Logf("%.2f bytes a live sample", got)
	if live := w.Stats().Live; live != series*samples || got > budget {
		t.Errorf("%.2f bytes for each of %d live samples, want at most %.0f", got, live, budget)
	}
}

// BenchmarkIngest is the way of a batch of known series through a live window: hash, hand over, look up, append, count.
func BenchmarkIngest(b *testing.B) {
	for _, c := range []struct{ series, samples int }{{10_000, 1}, {1_000, 10}, {100, 100}} {
		b.Run(fmt.Sprintf("series=%d/samples=%d", c.series, c.samples), func(b *testing.B) {
			l := newLive(b, LiveOptions{})
			batch := &model.Batch{}
			for i := range c.series {
				put(batch, lb("__name__", "http_server_requests_total", "instance", fmt.Sprintf("10.0.%d.%d:8080", i/256, i%256),
					"job", "storefront", "method", "GET", "status", "200", "namespace", "production", "route", "/api/v1/items"),
					0, make([]float64, c.samples)...)
			}
			ingest(b, l, batch)
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch.Points {
					batch.Points[i].TMillis += int64(1000 * c.samples)
				}
				if taken := ingest(b, l, batch); taken.Appended != len(batch.Points) {
					b.Fatalf("%+v", taken)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batch.Points)), "ns/sample")
		})
	}
}
