package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
)

// town is a large system: shops of many components each, which need nothing of one another.
type town struct {
	topology *model.Topology
	batch    model.Batch // one scrape
	shops    []shop
	sick     []bool // by component
}

// shop is a tree of applications with databases at its leaves, all needed by one entrance.
type shop struct {
	components     int
	entry, culprit string // the last database is slow, and all above it
}

const (
	townSignals = 20
	townStep    = 5 * time.Second
	townPoints  = 240
)

var townStart = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// newTown makes a town of shops of so many components.
func newTown(shops ...int) *town {
	t := &town{topology: &model.Topology{}}
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
	for _, components := range shops {
		t.open(components)
	}
	return t
}

// open adds a shop.
func (t *town) open(components int) {
	first := len(t.sick)
	name := func(at int) string { return fmt.Sprintf("c%d", first+at) }
	t.shops = append(t.shops, shop{components, name(0), name(components - 1)})
	t.sick = append(t.sick, make([]bool, components)...)
	for at := components - 1; at > 0; at = (at - 1) / 3 {
		t.sick[first+at] = true
	}
	t.sick[first] = true
	for at := range components {
		kind := "app"
		switch {
		case at == 0:
			kind = "lb"
		case at > components/2:
			kind = "db"
		}
		if at > 0 {
			t.topology.Dependencies = append(t.topology.Dependencies, model.Dependency{
				From: name((at - 1) / 3), To: name(at), Kind: model.Calls, Source: "topology", Confidence: 1,
			})
		}
		t.topology.Components = append(t.topology.Components, model.Component{Name: name(at), Kind: kind})
		for _, spec := range t.topology.Signals {
			ls := model.NewLabels(map[string]string{model.MetricName: spec.Signal.Name, "node": name(at), "job": "town"})
			t.batch.Series = append(t.batch.Series, model.BatchSeries{Labels: ls, First: len(t.batch.Points), N: 1})
			t.batch.Points = append(t.batch.Points, model.Point{})
		}
	}
}

// scrape fills the batch with the values of a time. In the last two minutes the last database of each shop is slow,
// and all above it.
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

// settle fills a core with a whole window of a town: all its samples first, then all its signals, as after a restart.
func (t *town) settle(b *testing.B) *engine.Core {
	b.Helper()
	core := playedCore(b, townStep, townStep, townPoints, townPoints)
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range townPoints {
		if taken, err := core.Ingest(b.Context(), t.scrape(i, noise)); err != nil || taken.Appended != len(t.batch.Points) {
			b.Fatal(err, taken)
		}
	}
	now := townStart.Add(townPoints * townStep)
	if err := core.Observe(b.Context(), t.topology, now); err != nil {
		b.Fatal(err)
	}
	if err := core.Advance(b.Context(), now); err != nil {
		b.Fatal(err)
	}
	return core
}

// why asks about a shop, from one of a few times on, so that questions differ.
func (t *town) why(b *testing.B, core *engine.Core, s shop, number int) *model.Diagnosis {
	b.Helper()
	d, err := core.Why(b.Context(), engine.Input{Incident: model.Incident{Symptom: model.Symptom{
		Component: s.entry, Signal: model.KindLatency,
		Interval: model.Interval{From: townStart.Add(time.Duration(townPoints-24+number%5) * townStep), To: townStart.Add((townPoints - 1) * townStep)},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// BenchmarkWhyLive asks a core while 200,000 samples a second come in. The cost must grow with the shop that is asked
// about, not with the town. The chart of results/why.txt shows both (TestWhyChart).
func BenchmarkWhyLive(b *testing.B) {
	for _, shops := range [][]int{{10, 100, 1000}, {10, 100, 1000, 3000}, {10, 100, 1000, 10_000}} {
		t := newTown(shops...)
		b.Run(fmt.Sprintf("stored=%d", len(t.sick)), func(b *testing.B) {
			core, other := t.settle(b), newSender()
			for _, s := range t.shops {
				b.Run(fmt.Sprintf("asked=%d", s.components), func(b *testing.B) { t.benchmarkWhy(b, core, s, other) })
			}
		})
	}
}

// benchmarkWhy asks about one shop, time and again.
func (t *town) benchmarkWhy(b *testing.B, core *engine.Core, s shop, other *sender) {
	b.Helper()
	if d := t.why(b, core, s, 0); d.Outcome.Status != model.Diagnosed || d.Causes[0].Component != s.culprit {
		b.Fatalf("the answer is %s", d.Outcome.Summary)
	}
	ctx, stop := context.WithCancel(b.Context())
	var sending sync.WaitGroup
	sending.Go(func() { other.run(ctx, core) })
	alone := meter(b, &other.sent)
	time.Sleep(2 * time.Second)
	perSample := alone.perSample(b)
	var took []time.Duration
	asking := meter(b, &other.sent)
	for b.Loop() {
		at := time.Now()
		t.why(b, core, s, len(took))
		took = append(took, time.Since(at))
	}
	rate, spent := asking.rate(), asking.spent(b)-time.Duration(perSample*float64(asking.samples()))
	stop()
	sending.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(rate, "samples/s")
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(len(took)), "cpu-ms") // of an answer, without what taking samples in cost meanwhile
}

// metering is what this process has had of all processors and has sent since a moment.
type metering struct {
	sent  *atomic.Int64
	from  int64
	begin time.Time
	had   time.Duration
}

func meter(b *testing.B, sent *atomic.Int64) metering {
	b.Helper()
	return metering{sent, sent.Load(), time.Now(), processTime(b)}
}

func (m metering) samples() int64 { return m.sent.Load() - m.from }
func (m metering) rate() float64  { return float64(m.samples()) / time.Since(m.begin).Seconds() }
func (m metering) spent(b *testing.B) time.Duration {
	b.Helper()
	return processTime(b) - m.had
}

// perSample is nanoseconds of processor time.
func (m metering) perSample(b *testing.B) float64 {
	b.Helper()
	return float64(m.spent(b)) / float64(max(1, m.samples()))
}

// processTime is what this process has had of all processors: what a machine that does other work too cannot stretch.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sender sends the samples of another town, 200,000 a second, and counts them: what is asked about stays as it is.
type sender struct {
	town  *town
	next  int // number of the next scrape
	noise *rand.Rand
	sent  atomic.Int64
}

func newSender() *sender {
	other := newTown(1000)
	for i := range other.batch.Series {
		other.batch.Series[i].Labels = model.NewLabels(map[string]string{model.MetricName: "other", "i": fmt.Sprint(i)})
	}
	return &sender{town: other, noise: rand.New(rand.NewPCG(3, 4))}
}

func (s *sender) run(ctx context.Context, core *engine.Core) {
	const perSecond = 200_000
	tick := time.NewTicker(time.Second * time.Duration(len(s.town.batch.Points)) / perSecond)
	defer tick.Stop()
	for ; ; s.next++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if taken, err := core.Ingest(ctx, s.town.scrape(s.next, s.noise)); err == nil {
				s.sent.Add(int64(taken.Appended))
			}
		}
	}
}
