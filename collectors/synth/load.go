package synth

import (
	"math"
	"math/rand/v2"
)

const (
	// daily is how far load swings about its mean over a day, busyHour when it is highest.
	daily    = 0.25
	busyHour = 15.0
	// loadNoise and processNoise are the relative standard deviations of what is not seen as a shape: of the load at an
	// entry, and of each component's service times. Both keep noiseMemory of themselves from step to step.
	loadNoise    = 0.03
	processNoise = 0.03
	noiseMemory  = 0.7
	// warmUp is the steps before the window in which stations settle.
	warmUp = 10
)

// wander is a first-order autoregressive process of unit variance.
type wander struct {
	rng *rand.Rand
	x   float64
}

func (w *wander) next() float64 {
	w.x = noiseMemory*w.x + math.Sqrt(1-noiseMemory*noiseMemory)*w.rng.NormFloat64()
	return w.x
}

func newSim(o Options, g *graph, steps int) *sim {
	s := &sim{
		graph: g, dt: o.ScrapeInterval.Seconds(), mods: newMods(g), state: newState(g),
		stretch: make([]float64, len(g.nodes)), demand: make([]float64, len(g.nodes)),
		load: make([][]float64, steps), process: make([][]float64, steps),
	}
	rng := stream(o.Seed, streamLoad)
	walks := make([]wander, len(g.entries))
	for k := range walks {
		walks[k].rng = rng
		walks[k].next()
	}
	for t := range steps {
		at := o.Start.UTC()
		hour := float64(at.Hour()) + float64(at.Minute())/60 + float64(t)*s.dt/3600
		shape := 1 + daily*math.Cos((hour-busyHour)*2*math.Pi/24)
		row := make([]float64, len(g.entries))
		for k := range row {
			row[k] = g.base[k] * shape * math.Exp(loadNoise*walks[k].next())
		}
		s.load[t] = row
	}
	s.wanderings(stream(o.Seed, streamProcess), steps)
	return s
}

// wanderings draws every component's noise, of which a fault changes nothing.
func (s *sim) wanderings(rng *rand.Rand, steps int) {
	n := len(s.nodes)
	walk := wander{rng: rng}
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = rng.NormFloat64()
	}
	all := make([]float64, steps*n)
	for t := range steps {
		row := all[t*n : (t+1)*n]
		for i := range row {
			walk.x = xs[i]
			xs[i] = walk.next()
			row[i] = 1 + processNoise*clamp(xs[i], -4, 4)
		}
		s.process[t] = row
	}
}

// calibrate sizes threads and pools by their usual use (Little's law on usual latencies), and lets everything settle.
func (s *sim) calibrate() {
	frames := newFrames(s.graph, 2) // a step may look back at the one before
	out := frames[1]
	settle := func() {
		for range warmUp {
			s.run(frames[:1], 0, 1)
			s.run(frames[1:], 0, 1)
		}
	}
	settle()
	for k := range s.edges {
		e := &s.edges[k]
		if e.pool != 0 {
			continue
		}
		e.use = out.edges[k].rate * out.edges[k].lat.mean
		size := e.use / (0.06 + 0.16*spread(k))
		e.pool = math.Ceil(max(4, size)/float64(s.nodes[e.from].replicas)) * float64(s.nodes[e.from].replicas)
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		if n.role != roleApp && n.role != roleWorker {
			continue
		}
		use := out.nodes[i].rate * out.nodes[i].lat.mean
		size := max(8*float64(n.replicas), use/(0.05+0.12*spread(i)))
		n.workers = math.Ceil(size/float64(n.replicas)) * float64(n.replicas)
	}
	settle()
}

// spread scatters numbers evenly over 0 to 1 (golden ratio), where a draw would need a stream of its own.
func spread(i int) float64 {
	x := float64(i+1) * (math.Sqrt(5) - 1) / 2
	return x - math.Floor(x)
}
