package synth

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Scenario is a made-up incident. It is read-only.
type Scenario struct {
	Options  Options // with defaults filled in
	Incident model.Incident
	Topology *model.Topology
	Changes  []model.Change // sorted by time, then id
	Truth    model.Truth
	Data     *collectors.Data
	Faults   []Injected // what was made to happen, in the order of Options.Faults
}

// Injected tells of one fault.
type Injected struct {
	Kind      Kind
	Component string
	Caller    string // of a fault on a call or on a pool of connections, who calls; "" otherwise
	Callee    string
	// Causes are the answers that are right for this fault: any of them, also where Truth.All asks for every fault.
	Causes []model.TrueCause
	// Level is how bad the fault was made, from 0; Worse is by how much the entry that shows the symptom is worse than
	// usual from this fault alone: times its latency, or its errors.
	Level, Worse float64
}

// ErrNoFault is what Generate returns when a fault of that kind cannot be placed in the graph, or does not reach an
// entry wherever it is placed.
var ErrNoFault = errors.New("no such fault in this graph")

// Generate makes up a scenario. The error lists everything that is wrong with the options, or is ErrNoFault.
func Generate(o Options) (*Scenario, error) {
	r, err := run(o)
	if err != nil {
		return nil, err
	}
	return r.scenario(), nil
}

// history is everything that happened in a scenario, before it is measured.
type history struct {
	opts    Options
	graph   *graph
	frames  []frame
	onset   int // step
	faults  []*fault
	worse   []float64 // by fault, alone
	symptom symptom
}

// symptom is what an entry shows.
type symptom struct {
	entry  int // node
	signal model.SignalKind
	from   int // step
	to     int // the last step at which it shows
	worse  float64
}

func run(o Options) (*history, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("synth options: %w", err)
	}
	o = o.withDefaults()
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 3, 2, int(o.Seed%24), 0, 0, 0, time.UTC)
	}
	g := newGraph(o)
	steps := int(o.Duration / o.ScrapeInterval)
	h := &history{opts: o, graph: g, frames: newFrames(g, steps)}
	rng := stream(o.Seed, streamFault)
	at := between(rng, 0.6, 0.75)
	if o.Onset != 0 {
		at = o.Onset
	}
	h.onset = int(at * float64(steps))
	s := newSim(o, g, steps)
	s.calibrate()
	before := s.state.clone()
	s.run(h.frames, 0, h.onset)
	d := drawer{history: h, sim: s, before: before, quiet: s.state, rng: rng}
	if err := d.draw(); err != nil {
		return nil, err
	}
	return h, nil
}

func newFrames(g *graph, steps int) []frame {
	nodes, edges := make([]nodeObs, steps*len(g.nodes)), make([]edgeObs, steps*len(g.edges))
	out := make([]frame, steps)
	for t := range out {
		out[t] = frame{nodes[:len(g.nodes):len(g.nodes)], edges[:len(g.edges):len(g.edges)]}
		nodes, edges = nodes[len(g.nodes):], edges[len(g.edges):]
	}
	return out
}

func (h *history) time(step int) time.Time {
	return h.opts.Start.Add(time.Duration(step) * h.opts.ScrapeInterval)
}

func (h *history) scenario() *Scenario {
	o, g := h.opts, h.graph
	window := model.Interval{From: h.time(0), To: h.time(len(h.frames) - 1)}
	sc := &Scenario{
		Options: o, Topology: g.topology(o), Data: h.measure(), Changes: h.changes(), Truth: model.Truth{None: len(h.faults) == 0},
		Incident: model.Incident{
			ID: fmt.Sprintf("synth-%d", o.Seed), Title: "a made-up incident", Step: o.Step, Window: window,
			Symptom: model.Symptom{
				Component: g.nodes[h.symptom.entry].name, Signal: h.symptom.signal,
				Interval: model.Interval{From: h.time(h.symptom.from), To: h.time(h.symptom.to)},
			},
		},
	}
	for i, f := range h.faults {
		sc.Truth.Causes = append(sc.Truth.Causes, f.causes...)
		in := Injected{Kind: f.kind, Component: g.nodes[f.node].name, Causes: f.causes, Level: f.level, Worse: h.worse[i]}
		if f.edge >= 0 {
			in.Caller, in.Callee = g.nodes[g.edges[f.edge].from].name, g.nodes[g.edges[f.edge].to].name
		}
		sc.Faults = append(sc.Faults, in)
	}
	if len(h.faults) > 0 {
		sc.Truth.Onset = h.time(h.onset)
		sc.Truth.All = len(h.faults) > 1
	}
	return sc
}

// symptomDelay is how many steps may pass until somebody notices.
const symptomDelay = 4

// notice draws when the symptom is noticed, and for a quiet window where somebody asks.
func (h *history) notice(rng *rand.Rand) {
	if len(h.faults) == 0 {
		h.symptom = symptom{
			entry: pick(rng, h.graph.entries), signal: pick(rng, []model.SignalKind{model.KindLatency, model.KindErrors}),
			from: h.onset, to: len(h.frames) - 1,
		}
		return
	}
	h.symptom.from += rng.IntN(symptomDelay + 1)
}
