package synth

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// visibleLatency and visibleErrors are how much worse than usual the entry must be, at least half of the time
	// after it became visible: times the latency, and the share of requests that fail.
	visibleLatency = 1.5
	visibleErrors  = 0.01
	// noticed is the deviation, over usual, from which the symptom is there.
	noticed = 0.6
	// leastSymptom is the steps that the symptom must last.
	leastSymptom = 8
	// mostSymptom is over how many steps, from the first at which it shows, the entry is compared: some faults pass.
	mostSymptom = 16
	// leastVisits: a component that fewer of an entry's requests reach is no candidate; nobody would see its fault.
	leastVisits = 0.05
	// maxLevels and maxTargets bound the search for a fault that shows.
	maxLevels  = 9
	maxTargets = 24
	// spareLevels is by how many levels a fault may be worse than the least that shows.
	spareLevels = 2
	// halvings is how closely the mildest level that shows is looked for.
	halvings = 2
)

// drawer looks for faults that an entry shows.
type drawer struct {
	*history
	sim    *sim
	before *state // at the beginning of the window
	quiet  *state // at the onset
	rng    *rand.Rand
	visits [][]float64
	// recurred tells whether the steps before the onset are those of a fault that was tried and has run before.
	recurred bool
}

// maxDraws is how many sets of faults are tried: several together may hide each other.
const maxDraws = 5

// draw fills in the history's faults, symptom, and the steps since the onset.
func (d *drawer) draw() (err error) {
	d.visits = d.graph.visits()
	for range maxDraws {
		if err = d.once(); err == nil {
			break
		}
	}
	if err == nil {
		d.notice(d.rng)
	}
	return err
}

func (d *drawer) once() error {
	d.faults, d.worse = nil, nil
	entry := -1
	for n, k := range d.opts.Faults {
		f, sy, err := d.find(n, k, entry)
		if err != nil {
			return err
		}
		entry = sy.entry
		d.faults, d.worse = append(d.faults, f), append(d.worse, sy.worse)
	}
	d.play(d.faults)
	if len(d.faults) == 0 {
		return nil
	}
	sy, ok := d.shows(entry)
	if !ok {
		return fmt.Errorf("faults %v together: %w", d.opts.Faults, ErrNoFault)
	}
	d.symptom = sy
	return nil
}

// play computes what happens with these faults.
func (d *drawer) play(faults []*fault) {
	from := d.onset
	d.sim.state = d.quiet.clone()
	recurs := slices.ContainsFunc(faults, func(f *fault) bool { return f.period > 0 })
	if recurs || d.recurred { // it has run before; or the one tried last has
		from = 0
		d.sim.state = d.before.clone()
	}
	d.recurred = recurs
	d.sim.faults = faults
	d.sim.run(d.frames, from, len(d.frames))
}

// find draws the n-th fault: where it is, and how bad. entry is where it must show; -1 = at any.
func (d *drawer) find(n int, k Kind, entry int) (*fault, symptom, error) {
	r := recipeOf(k)
	all := slices.DeleteFunc(r.targets(d.graph), func(t target) bool { return !d.reached(t, entry) || d.taken(t) })
	for range min(maxTargets, len(all)) {
		i := d.rng.IntN(len(all))
		at := all[i]
		all = slices.Delete(all, i, i+1)
		seed := d.rng.Uint64()
		if f, sy, ok := d.worsen(r, at, seed, entry); ok {
			return f, sy, nil
		}
	}
	return nil, symptom{}, fmt.Errorf("fault %d (%s): %w", n, k, ErrNoFault)
}

// worsen raises the level until an entry shows the fault, halves its way back to the mildest that shows, and then, as
// the draw has it, goes a little further: many faults tip over, and most incidents are no collapse.
func (d *drawer) worsen(r recipe, at target, seed uint64, entry int) (best *fault, seen symptom, ok bool) {
	further := max(0, d.rng.IntN(2+spareLevels)-1)
	try := func(level float64) bool {
		f := d.plan(r, at, seed, level)
		d.play([]*fault{f})
		sy, shows := d.shows(entry)
		if shows {
			best, seen, ok = f, sy, true
		}
		return shows
	}
	level := 0.0
	for ; level < maxLevels && !try(level); level++ {
	}
	if !ok {
		return nil, symptom{}, false
	}
	if further > 0 {
		try(level + float64(further))
		return best, seen, ok
	}
	low, high := level-1, level
	for k := 0; k < halvings && low >= 0; k++ {
		if mid := (low + high) / 2; try(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return best, seen, ok
}

func (d *drawer) plan(r recipe, at target, seed uint64, level float64) *fault {
	f := &fault{kind: r.kind, node: at.node, edge: at.edge, level: level, onset: d.onset}
	rng := stream(seed, streamFault)
	p := &planner{graph: d.graph, rng: rng, steps: len(d.frames), dt: d.sim.dt, variant: rng.IntN(12)}
	r.plan(p, f)
	return f
}

// reached tells whether requests of the entry (-1: of any) reach the target often enough.
func (d *drawer) reached(t target, entry int) bool {
	for p, v := range d.visits {
		if entry >= 0 && d.graph.entries[p] != entry {
			continue
		}
		n := v[t.node]
		if t.edge >= 0 {
			e := &d.graph.edges[t.edge]
			n = v[e.from] * e.weight * d.graph.missed(e, 0)
		}
		if n >= leastVisits || d.graph.nodes[t.node].role == roleCache && n > 0 {
			return true
		}
	}
	return false
}

// taken tells whether another fault is at the same place already.
func (d *drawer) taken(t target) bool {
	for _, f := range d.faults {
		ends := []int{f.node}
		if f.edge >= 0 {
			ends = append(ends, d.graph.edges[f.edge].from, d.graph.edges[f.edge].to)
		}
		if slices.Contains(ends, t.node) || t.edge >= 0 && slices.Contains(ends, d.graph.edges[t.edge].from) {
			return true
		}
	}
	return false
}

// shows measures the entries (or the one given) against their usual values and returns the worst.
func (d *drawer) shows(entry int) (worst symptom, ok bool) {
	for _, i := range d.graph.entries {
		if entry >= 0 && i != entry {
			continue
		}
		latency := d.compare(i, model.KindLatency)
		errs := d.compare(i, model.KindErrors)
		sy := latency
		if errs.worse > latency.worse {
			sy = errs
		}
		if sy.from >= 0 && sy.worse > worst.worse {
			worst, ok = sy, true
		}
	}
	return worst, ok
}

// compare holds one signal of an entry since the onset against the time before. from is -1 when it does not show.
func (d *drawer) compare(i int, signal model.SignalKind) symptom {
	value := func(t int) float64 {
		o := &d.frames[t].nodes[i]
		if signal == model.KindErrors {
			return o.err
		}
		return o.lat.mean
	}
	least, floor := visibleLatency, 0.0
	if signal == model.KindErrors {
		// An error ratio near 0 doubles by chance: it counts from a floor on.
		least, floor = 3, visibleErrors/3
	}
	usual := median(0, d.onset, value)
	sy := symptom{entry: i, signal: signal, from: -1}
	bar := max(usual, floor)
	for t := d.onset; t < len(d.frames); t++ {
		if value(t) < bar*(1+noticed*(least-1)) {
			continue
		}
		if sy.from < 0 {
			sy.from = t
		}
		sy.to = t
	}
	if sy.from < 0 || sy.to-sy.from < leastSymptom {
		sy.from = -1
		return sy
	}
	end := sy.from + clampInt((len(d.frames)-sy.from)/2, leastSymptom, mostSymptom)
	end = min(end, len(d.frames))
	sy.worse = median(sy.from, end, value) / bar
	if sy.worse < least || math.IsNaN(sy.worse) {
		sy.from = -1
	}
	return sy
}

func median(from, to int, value func(t int) float64) float64 {
	vs := make([]float64, 0, to-from)
	for t := from; t < to; t++ {
		vs = append(vs, value(t))
	}
	slices.Sort(vs)
	return vs[len(vs)/2]
}
