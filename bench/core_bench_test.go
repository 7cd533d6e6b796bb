package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
)

// town is a large system: shops of many components each, which need nothing of one another.
type town struct {
	topology *model.Topology
	batch    model.Batch // one scrape
	entries  []string
	sick     map[int]bool // the components that suffer: one database of the first shop, and all above it
	culprit  string
}

const (
	townSignals = 20
	townStep    = 5 * time.Second
	townPoints  = 240
)

var townStart = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// newTown makes a town of so many components: in each shop a tree of applications with databases at its leaves.
func newTown(components, shopSize int) *town {
	t := &town{topology: &model.Topology{}, sick: map[int]bool{0: true}, culprit: fmt.Sprintf("c%d", shopSize-1)}
	for at := shopSize - 1; at > 0; at = (at - 1) / 3 {
		t.sick[at] = true
	}
	kinds := []model.SignalKind{model.KindLatency, model.KindErrors, model.KindTraffic, model.KindUtilization, model.KindSaturation}
	for i := range townSignals {
		k := kinds[i%len(kinds)]
		sig := model.Signal{Name: fmt.Sprintf("%s_%d", k, i), Kind: k, Unit: "ratio", Bad: model.BadUp}
		if k == model.KindLatency {
			sig.Unit = "seconds"
		}
		if k == model.KindTraffic {
			sig.Unit, sig.Bad = "req/s", model.BadChange
		}
		t.topology.Signals = append(t.topology.Signals, model.SignalSpec{Signal: sig, Expr: sig.Name, By: "node"})
	}
	for i := range components {
		name, kind := fmt.Sprintf("c%d", i), "app"
		if at := i % shopSize; at == 0 {
			t.entries, kind = append(t.entries, name), "lb"
		} else {
			parent := i - at + (at-1)/3
			if at > shopSize/2 {
				kind = "db"
			}
			t.topology.Dependencies = append(t.topology.Dependencies, model.Dependency{
				From: fmt.Sprintf("c%d", parent), To: name, Kind: model.Calls, Source: "topology", Confidence: 1,
			})
		}
		t.topology.Components = append(t.topology.Components, model.Component{Name: name, Kind: kind})
		for _, spec := range t.topology.Signals {
			ls := model.NewLabels(map[string]string{model.MetricName: spec.Signal.Name, "node": name, "job": "town"})
			t.batch.Series = append(t.batch.Series, model.BatchSeries{Labels: ls, First: len(t.batch.Points), N: 1})
			t.batch.Points = append(t.batch.Points, model.Point{})
		}
	}
	return t
}

// scrape fills the batch with the values of a time. In the last ten minutes one database of the first shop is slow, and
// all above it.
func (t *town) scrape(i int, noise *rand.Rand) *model.Batch {
	sick := i >= townPoints-24
	for k := range t.batch.Points {
		component := k / townSignals
		v := 0.1 * (1 + 0.05*noise.Float64())
		if sick && k%townSignals%5 == 0 && t.sick[component] {
			v *= 20
		}
		t.batch.Points[k] = model.Point{TMillis: model.Millis(townStart.Add(time.Duration(i) * townStep)), Value: v}
	}
	return &t.batch
}

// settle fills a core with a whole window of a town, and tells how long evaluating and watching took a sample.
func (t *town) settle(b *testing.B) (core *engine.Core, perSample time.Duration) {
	b.Helper()
	core = playedCore(b, townStep, townStep, townPoints, townPoints)
	noise := rand.New(rand.NewPCG(1, 2))
	var spent time.Duration
	for i := range townPoints {
		at := townStart.Add(time.Duration(i) * townStep)
		if taken, err := core.Ingest(b.Context(), t.scrape(i, noise)); err != nil || taken.Appended != len(t.batch.Points) {
			b.Fatal(err, taken)
		}
		if i == 0 {
			if err := core.Observe(b.Context(), t.topology, at); err != nil {
				b.Fatal(err)
			}
		}
		begin := time.Now()
		if err := core.Advance(b.Context(), at.Add(townStep)); err != nil {
			b.Fatal(err)
		}
		spent += time.Since(begin)
	}
	return core, spent / time.Duration(townPoints*len(t.batch.Points))
}

func (t *town) why(b *testing.B, core *engine.Core) *model.Diagnosis {
	b.Helper()
	d, err := core.Why(b.Context(), engine.Input{Incident: model.Incident{Symptom: model.Symptom{
		Component: t.entries[0], Signal: model.KindLatency,
		Interval: model.Interval{From: townStart.Add((townPoints - 24) * townStep), To: townStart.Add((townPoints - 1) * townStep)},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkWhyLive asks a core while 200,000 samples a second come in. The cost must grow with the shop that is asked
// about, not with the town.
func BenchmarkWhyLive(b *testing.B) {
	const perSecond = 200_000
	for _, size := range []struct{ stored, asked int }{{100, 50}, {1000, 50}, {10_000, 50}, {1000, 1000}, {10_000, 1000}, {10_000, 10_000}} {
		b.Run(fmt.Sprintf("stored=%d/asked=%d", size.stored, size.asked), func(b *testing.B) {
			t := newTown(size.stored, size.asked)
			core, perSample := t.settle(b)
			if d := t.why(b, core); d.Outcome.Status != model.Diagnosed || d.Causes[0].Component != t.culprit {
				b.Fatalf("the answer is %s", d.Outcome.Summary)
			}
			var sent atomic.Int64
			stop, done := make(chan struct{}), make(chan struct{})
			go func() { // a second town's samples: what is asked about stays as it is
				defer close(done)
				other := newTown(1000, 50)
				for i := range other.batch.Series {
					other.batch.Series[i].Labels = model.NewLabels(map[string]string{model.MetricName: "other", "i": fmt.Sprint(i)})
				}
				noise, tick := rand.New(rand.NewPCG(3, 4)), time.NewTicker(time.Second*townSignals*1000/perSecond)
				defer tick.Stop()
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					case <-tick.C:
						if taken, err := core.Ingest(b.Context(), other.scrape(i, noise)); err == nil {
							sent.Add(int64(taken.Appended))
						}
					}
				}
			}()
			var took []time.Duration
			begin := time.Now()
			for b.Loop() {
				at := time.Now()
				t.why(b, core)
				took = append(took, time.Since(at))
			}
			rate := float64(sent.Load()) / time.Since(begin).Seconds()
			close(stop)
			<-done
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(rate, "samples/s")
			b.ReportMetric(float64(perSample.Nanoseconds()), "watch-ns/sample")
		})
	}
}
