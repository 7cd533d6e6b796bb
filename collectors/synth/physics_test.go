package synth

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// history1 runs one scenario and returns what really happened.
func history1(tb testing.TB, o Options) *history {
	tb.Helper()
	h, err := run(o)
	if err != nil {
		tb.Fatalf("%+v: %v", o, err)
	}
	return h
}

func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b), 1e-9)
}

// TestStationsFollowQueueingTheory holds the approximation against exact values of M/M/c.
func TestStationsFollowQueueingTheory(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rho, servers, want float64
	}{ // want: Wq in service times, from Erlang's C
		{0.5, 1, 1}, {0.8, 1, 4}, {0.9, 1, 9}, {0.8, 2, 16.0 / 9}, {0.5, 2, 1.0 / 3}, {0.9, 10, 0.6688},
	} {
		if got := waiting(tc.rho, tc.servers); !near(got, tc.want, 0.1) {
			t.Errorf("rho %g, %g servers: waits %g service times, want about %g", tc.rho, tc.servers, got, tc.want)
		}
	}
	var s station
	wait, turned, rho := s.offer(200, 0.01, 1, 3, 15)
	if wait != 3 || !near(turned, 0.5, 1e-9) || rho != 1 {
		t.Errorf("twice what it can do: waits %g, turns away %g at %g", wait, turned, rho)
	}
	if wait, turned, _ = s.offer(10, 0.01, 1, 3, 15); wait > 0.01 || turned != 0 {
		t.Errorf("after the backlog: waits %g, turns away %g", wait, turned)
	}
}

func TestStationProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s station
		service := rapid.Float64Range(1e-4, 1).Draw(t, "service")
		servers := rapid.Float64Range(0.1, 64).Draw(t, "servers")
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			load := rapid.Float64Range(0, 3).Draw(t, "load") * servers / service
			wait, turned, rho := s.offer(load, service, servers, 5, 15)
			if !(wait >= 0 && wait <= 5) || !(turned >= 0 && turned < 1) || !(rho >= 0 && rho <= 1) {
				t.Fatalf("load %g: waits %g, turns away %g, at %g", load, wait, turned, rho)
			}
			if done := load * (1 - turned); turned > 0 && done > servers/service*(1+1e-9) {
				t.Fatalf("serves %g a second, of %g that it can", done, servers/service)
			}
		}
	})
}

func TestMomentsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := fixed(rapid.Float64Range(1e-4, 10).Draw(t, "mean"), rapid.Float64Range(0.05, 2).Draw(t, "cv"))
		if !(m.quantile(z50) <= m.quantile(z95) && m.quantile(z95) <= m.quantile(z99)) {
			t.Fatalf("%+v: quantiles are not in order", m)
		}
		if got := m.below(m.quantile(z95)); !near(got, 0.95, 1e-6) {
			t.Fatalf("%+v: %g lie below the 95th percentile", m, got)
		}
		n := rapid.Float64Range(0, 4).Draw(t, "calls")
		if s := m.times(n); !near(s.mean, n*m.mean, 1e-9) || s.variance < 0 {
			t.Fatalf("%g calls: %+v", n, s)
		}
	})
}

// TestPhysics checks, on whole systems, well and sick, that what goes in comes out.
func TestPhysics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Seed: rapid.Uint64Range(0, 500).Draw(t, "seed"), Components: rapid.IntRange(5, 70).Draw(t, "components"),
			Duration: 15 * time.Minute,
		}
		if k := rapid.SampledFrom(append(Kinds(), KindNone)).Draw(t, "kind"); k != KindNone {
			o.Faults = []Kind{k}
		}
		h, err := run(o)
		if err != nil {
			t.Skip(err) // no place for that fault in this graph
		}
		for step := range h.frames {
			checkFrame(t, h, step)
		}
	})
}

type fataler interface{ Fatalf(string, ...any) }

func checkFrame(t fataler, h *history, step int) {
	f := h.frames[step]
	arrived := make([]float64, len(f.nodes))
	for k := range h.graph.edges {
		e, o := &h.graph.edges[k], &f.edges[k]
		if o.rate < 0 || !(o.err >= 0 && o.err <= 1+1e-9) || o.lat.mean < 0 || o.lat.variance < 0 {
			t.Fatalf("step %d, call %d: %+v", step, k, *o)
		}
		if !(e.async && h.graph.nodes[e.from].role == roleWorker) {
			arrived[e.to] += o.rate
		}
		if !math.IsInf(e.pool, 1) && o.busy > e.pool*(1+1e-9) {
			t.Fatalf("step %d: %g of %g connections are in use", step, o.busy, e.pool)
		}
	}
	for i := range h.graph.nodes {
		n, o := &h.graph.nodes[i], &f.nodes[i]
		if !(o.rho >= 0 && o.rho <= 1) || !(o.err >= -1e-9 && o.err <= 1+1e-9) || o.lat.mean < 0 || o.lat.variance < -1e-9 {
			t.Fatalf("step %d, a %s: %+v", step, n.kind, *o)
		}
		switch n.role {
		case roleDisk:
			if !near(o.waiting, o.rate*o.lat.mean, 1e-6) { // Little's law
				t.Fatalf("step %d: a queue of %g at %g IOs a second of %g s", step, o.waiting, o.rate, o.lat.mean)
			}
		case roleEntry, roleHost, roleWorker:
		default:
			// Load is conserved: nothing arrives that nobody sent, and only who finds no connection does not arrive.
			if o.rate > arrived[i]*(1+1e-6)+1e-9 {
				t.Fatalf("step %d: %g requests arrive at a %s, %g were sent", step, o.rate, n.kind, arrived[i])
			}
		}
	}
}

// TestUsualIsWell: before the onset nothing is saturated, so that what is bad later is the fault's doing.
func TestUsualIsWell(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		h := history1(t, Options{Seed: seed})
		for step := range h.frames {
			for i := range h.graph.nodes {
				n, o := &h.graph.nodes[i], &h.frames[step].nodes[i]
				if o.rho > 0.85 || o.err > 0.02 || o.rejected > 0.001 {
					t.Errorf("seed %d, step %d: a %s has rho %.2f, errors %.3f, turns away %.3f", seed, step, n.kind, o.rho, o.err, o.rejected)
				}
			}
		}
	}
}

// TestLatencyAddsUp: on a system that is well, an application is never faster than what it waits for.
func TestLatencyAddsUp(t *testing.T) {
	t.Parallel()
	h := history1(t, Options{Seed: 5})
	last := h.frames[len(h.frames)-1]
	for i := range h.graph.nodes {
		n := &h.graph.nodes[i]
		if n.role != roleApp {
			continue
		}
		sum := n.cpu + n.extra
		for _, k := range n.calls {
			sum += h.graph.edges[k].weight * h.graph.missed(&h.graph.edges[k], 0) * last.edges[k].lat.mean
		}
		if got := last.nodes[i].lat.mean; got < 0.85*sum || got > 1.6*sum {
			t.Errorf("%s answers in %g s, its own time and its calls take %g s", n.name, got, sum)
		}
	}
}

// marks say what must be seen of a fault at its component: the value, and by how much it must move.
var marks = map[Kind]func(h *history, f *fault, t int) float64{
	KindCPU:          rho,
	KindDisk:         queueOf,
	KindHang:         clientSide,
	KindPool:         poolOf,
	KindLock:         func(h *history, f *fault, t int) float64 { return h.frames[t].nodes[f.node].locks },
	KindLeak:         func(h *history, f *fault, t int) float64 { return h.frames[t].nodes[f.node].gc },
	KindLoss:         edgeSide,
	KindDelay:        edgeSide,
	KindSurge:        func(h *history, f *fault, t int) float64 { return h.frames[t].nodes[f.node].rate },
	KindDeploy:       failsOrWorks,
	KindConfig:       func(h *history, f *fault, t int) float64 { return max(rho(h, f, t), poolOf(h, f, t)) },
	KindFlush:        func(h *history, f *fault, t int) float64 { return 1 - h.frames[t].nodes[f.node].hit },
	KindBatch:        func(h *history, f *fault, t int) float64 { return rho(h, f, t) },
	KindSilent:       rho,
	KindSlowExternal: clientSide,
}

func rho(h *history, f *fault, t int) float64     { return h.frames[t].nodes[f.node].rho }
func queueOf(h *history, f *fault, t int) float64 { return h.frames[t].nodes[f.node].waiting }
func edgeSide(h *history, f *fault, t int) float64 {
	o := h.frames[t].edges[f.edge]
	return o.lat.mean * (1 + 10*o.err)
}

func poolOf(h *history, f *fault, t int) float64 {
	if f.edge < 0 {
		return 0
	}
	return h.poolShare(f.edge, t)
}

func clientSide(h *history, f *fault, t int) float64 {
	worst := 0.0
	for _, k := range h.graph.nodes[f.node].callers {
		worst = max(worst, h.frames[t].edges[k].lat.mean)
	}
	return worst
}

func failsOrWorks(h *history, f *fault, t int) float64 {
	o := h.frames[t].nodes[f.node]
	return o.cpu/max(o.rate, 1e-9) + o.err
}

// TestEveryFaultShows: at its component by its own mark, and at the entry.
func TestEveryFaultShows(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		shown := 0
		for seed := range uint64(10) {
			h, err := run(Options{Seed: seed, Faults: []Kind{k}})
			if err != nil {
				continue
			}
			shown++
			f := h.faults[0]
			value := func(step int) float64 { return marks[k](h, f, step) }
			before := median(h.onset/2, h.onset, value)
			after := median(h.symptom.from, min(h.symptom.from+leastSymptom, len(h.frames)), value)
			if after < 1.3*before {
				t.Errorf("%s, seed %d: its mark goes from %g to %g", k, seed, before, after)
			}
			if h.symptom.worse < visibleLatency || h.symptom.from < h.onset {
				t.Errorf("%s, seed %d: the entry shows %+v", k, seed, h.symptom)
			}
			if h.symptom.to-h.symptom.from < leastSymptom-symptomDelay {
				t.Errorf("%s, seed %d: the symptom lasts from %d to %d", k, seed, h.symptom.from, h.symptom.to)
			}
		}
		if shown < 8 {
			t.Errorf("%s shows in %d of 10 graphs", k, shown)
		}
	}
}

// TestQuietIsQuiet: no entry gets noticeably worse when nothing is wrong.
func TestQuietIsQuiet(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		h := history1(t, Options{Seed: seed})
		for _, i := range h.graph.entries {
			value := func(step int) float64 { return h.frames[step].nodes[i].lat.mean }
			before, after := median(0, h.onset, value), median(h.onset, len(h.frames), value)
			if after > 1.25*before {
				t.Errorf("seed %d: latency goes from %g to %g", seed, before, after)
			}
		}
	}
}

func TestTwoFaultsBothShow(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		h := history1(t, Options{Seed: seed, Faults: []Kind{KindCPU, KindSlowExternal}})
		if len(h.faults) != 2 || h.faults[0].node == h.faults[1].node || slices.Min(h.worse) < visibleLatency {
			t.Errorf("seed %d: %d faults, alone worse by %v", seed, len(h.faults), h.worse)
		}
		if sc := h.scenario(); !sc.Truth.All || len(sc.Truth.Causes) != 2 || sc.Incident.Symptom.Signal == model.KindTraffic {
			t.Errorf("seed %d: %+v", seed, sc.Truth)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, o := range []Options{
		{Components: 50}, {Components: 50, Detail: DetailLean}, {Components: 1000, Detail: DetailLean}, {Components: 5000, Detail: DetailLean},
	} {
		for _, k := range []Kind{KindNone, KindCPU} {
			if o.Faults = nil; k != KindNone {
				o.Faults = []Kind{k}
			}
			b.Run(fmt.Sprintf("%d-components/%s/%s", o.Components, o.Detail, k), func(b *testing.B) {
				b.ReportAllocs()
				samples := 0
				for b.Loop() {
					samples = generate(b, o).Data.NumSamples()
				}
				b.ReportMetric(float64(samples), "samples")
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
			})
		}
	}
}
