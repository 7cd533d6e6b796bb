package detect

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// run feeds n points of a course, one a minute, and returns the monitor.
func runCourse(sig *model.Signal, n int, course func(i int) float64) *Monitor {
	m := NewWatcher(time.Minute, MonitorOptions{}).Watch(&model.Series{Signal: sig})
	for i := range n {
		m.Add(int64(i)*60_000, course(i))
	}
	return m
}

func TestExhaustion(t *testing.T) {
	full := &model.Signal{Name: "used", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp}
	free := &model.Signal{Name: "free", Kind: model.KindUsage, Unit: "percent", Bad: model.BadDown}
	latency := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
	noise := func(size float64) func() float64 {
		r := rand.New(rand.NewPCG(1, 2))
		return func() float64 { return size * r.NormFloat64() }
	}
	small := noise(0.002)
	for _, c := range []struct {
		name   string
		sig    *model.Signal
		n      int
		course func(i int) float64
		in     time.Duration // from the last point to the end; 0 = it is not to be warned of
	}{
		{"a leak", full, 300, func(i int) float64 { return 0.3 + 0.001*float64(i) + small() }, 401 * time.Minute},
		{"free space that goes", free, 300, func(i int) float64 { return 80 - 0.1*float64(i) + 10*small() }, 501 * time.Minute},
		{"the same after ten windows", full, 2700, func(i int) float64 { return 0.1 + 0.0003*float64(i) + small() }, 301 * time.Minute},
		{"level", full, 300, func(int) float64 { return 0.5 + small() }, 0},
		{"falling while full is bad", full, 300, func(i int) float64 { return 0.9 - 0.001*float64(i) + small() }, 0},
		{"far too slow", full, 300, func(i int) float64 { return 0.1 + 0.00001*float64(i) + small()/100 }, 0},
		{"a collector that cleans up", full, 300, func(i int) float64 { return 0.3 + 0.004*float64(i%120) + small() }, 0},
		{"a step is no trend", full, 300, func(i int) float64 { return 0.3 + 0.2*float64(i/200) + small() }, 0},
		{"what has no end", latency, 300, func(i int) float64 { return 0.1 + 0.001*float64(i) + small() }, 0},
		{"too few points", full, 20, func(i int) float64 { return 0.3 + 0.01*float64(i) }, 0},
	} {
		m := runCourse(c.sig, c.n, c.course)
		e, ok := m.Exhaustion()
		if ok != (c.in > 0) {
			t.Errorf("%s: warned %v of %+v", c.name, ok, e)
			continue
		}
		if !ok {
			continue
		}
		end := model.FromMillis(m.last).Add(c.in)
		if e.Earliest.After(e.Likely) || e.Likely.After(e.Latest) || e.Likely.Sub(end).Abs() > c.in/20 {
			t.Errorf("%s: %v to %v, likely %v; want about %v", c.name, e.Earliest, e.Latest, e.Likely, end)
		}
	}
}

// TestExhaustionInterval: of many noisy leaks about nine in ten reach the end within the interval, and what only wanders
// is rarely called a leak.
func TestExhaustionInterval(t *testing.T) {
	sig := &model.Signal{Name: "used", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp}
	const runs = 300
	within, warned, wandering := 0, 0, 0
	for seed := range uint64(runs) {
		r := rand.New(rand.NewPCG(seed, 7))
		ar := 0.0
		m := runCourse(sig, 240, func(i int) float64 {
			ar = 0.6*ar + 0.01*r.NormFloat64()
			return 0.3 + 0.001*float64(i) + ar
		})
		if e, ok := m.Exhaustion(); ok {
			warned++
			end := model.FromMillis(m.last).Add(461 * time.Minute)
			if !end.Before(e.Earliest) && !end.After(e.Latest) {
				within++
			}
		}
		ar = 0
		m = runCourse(sig, 240, func(int) float64 {
			ar = 0.9*ar + 0.01*r.NormFloat64()
			return 0.5 + ar
		})
		if _, ok := m.Exhaustion(); ok {
			wandering++
		}
	}
	t.Logf("of %d leaks %d are warned of, %d within the interval; of as many that wander %d", runs, warned, within, wandering)
	if warned < runs*95/100 || math.Abs(float64(within)/float64(warned)-0.9) > 0.1 || wandering > runs*3/100 {
		t.Errorf("of %d leaks %d are warned of, %d of them within the interval; %d that only wander are called leaks", runs, warned, within, wandering)
	}
}

// TestExhaustionOfAFrame: a series read at once ends when a monitor that saw its points come says so.
func TestExhaustionOfAFrame(t *testing.T) {
	sig := &model.Signal{Name: "used", Kind: model.KindUtilization, Unit: "ratio", Bad: model.BadUp}
	const n, later = 300, 20
	noise := rand.New(rand.NewPCG(3, 4))
	values := make([]float64, n+later)
	for i := range values {
		values[i] = 0.3 + 0.001*float64(i) + 0.002*noise.NormFloat64()
	}
	m := runCourse(sig, n, func(i int) float64 { return values[i] })
	want, ok := m.Exhaustion()
	if !ok {
		t.Fatal("the monitor sees no end")
	}
	// An earlier day lies before the span, and what came after the time asked about behind it.
	grid := model.Grid{Step: time.Minute, Spans: []model.Span{{StartMillis: -86_400_000, N: 10}, {StartMillis: 0, N: n + later}}}
	s := &model.Series{Signal: sig, Values: append(make([]float64, 10), values...)}
	got, ok := ExhaustionOf(s, grid, model.FromMillis((n-1)*60_000))
	if !ok || got.Likely.Sub(want.Likely).Abs() > time.Second || got.Earliest.Sub(want.Earliest).Abs() > time.Second ||
		got.Latest.Sub(want.Latest).Abs() > time.Second {
		t.Errorf("at once %+v (%v), as points came %+v", got, ok, want)
	}
	if _, ok := ExhaustionOf(s, grid, model.FromMillis(-3_600_000)); ok {
		t.Error("a time that is not on the grid has an end")
	}
}
