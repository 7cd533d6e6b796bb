package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// minTime is before every sample.
const minTime = math.MinInt64

// Evaluate answers, by Prometheus' engine, an expression that does not compile, at one grid point (Unix milliseconds).
// The values of the answer have one entry a series.
type Evaluate func(ctx context.Context, expr string, tMillis int64) (model.Answer, error)

// Options say on which grid a Runner evaluates.
type Options struct {
	// Start is the first grid point, Unix milliseconds.
	Start int64
	// Step is the distance of grid points; whole milliseconds.
	Step time.Duration
	// Lookback is how long a sample counts for an instant selector; whole milliseconds.
	Lookback time.Duration
	// Evaluate answers what does not compile; nil when every program does.
	Evaluate Evaluate
}

// Validate lists everything that is wrong with the options.
func (o Options) Validate() error {
	var errs []error
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"step", o.Step}, {"lookback", o.Lookback}} {
		if d.value < time.Millisecond || d.value%time.Millisecond != 0 {
			errs = append(errs, fmt.Errorf("%s (%s) must be whole milliseconds", d.name, d.value))
		}
	}
	return errors.Join(errs...)
}

// Stats are the counters of a Runner.
type Stats struct {
	Series  int    // bound now
	Nodes   int    // operators
	Samples uint64 // read
	Lost    uint64 // samples that the source held no more when they were to be read
	Crowded uint64 // samples that a selector gave up because its range held too many
	Failed  uint64 // evaluations that promql refuses, one a program and grid point
}

// Output is one series that comes out of a program. It stays the same one for as long as the series may have a value.
type Output struct {
	Program int // index of the program
	Labels  model.Labels
	State   any // what the reader keeps of the series; the Runner leaves it alone
}

// Emit takes a value: of which series, at which grid point (Unix milliseconds). A NaN is an element that is there and
// knows nothing, as promql has it; an element that is not there is not emitted.
type Emit func(out *Output, tMillis int64, v float64)

// Runner evaluates programs over one source, grid point by grid point. One goroutine at a time may use it.
type Runner struct {
	opts     Options
	next     int64 // grid point
	step     int64
	nodes    []*node // inputs before those that read from them
	programs []*running
	binder   binder
	stats    Stats
}

// New sets up the evaluation of programs. It reads nothing yet.
func New(source Source, programs []*Program, opts Options) (*Runner, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("stream options: %w", err)
	}
	r := &Runner{opts: opts, next: opts.Start, step: opts.Step.Milliseconds()}
	r.binder = binder{
		source: source, byHash: map[uint64][]*feed{}, stats: &r.stats,
		index: selectorIndex{byLabel: map[labels.Label][]selector{}},
	}
	made := map[string]*node{}
	for i, p := range programs {
		run := &running{program: p, index: i, engine: newEngineState(opts.Lookback)}
		switch {
		case p.Unsupported == nil:
			run.root = r.instantiate(p.root, made)
		case opts.Evaluate == nil:
			return nil, fmt.Errorf("setting up %q: %w, and nothing to evaluate it by", p.Expr, p.Unsupported)
		}
		r.programs = append(r.programs, run)
	}
	return r, nil
}

// instantiate returns the node of a plan; plans of the same key share it.
func (r *Runner) instantiate(p *plan, made map[string]*node) *node {
	if n := made[p.key]; n != nil {
		return n
	}
	b := building{lookback: r.opts.Lookback.Milliseconds()}
	for _, in := range p.in {
		b.in = append(b.in, r.instantiate(in, made))
	}
	n := newNode(p.build(&b), b.in)
	if s, ok := n.op.(selector); ok {
		s.sel().node = n
		r.binder.index.file(s)
	}
	made[p.key] = n
	r.nodes = append(r.nodes, n)
	return n
}

// Advance evaluates every grid point up to and including the given time, Unix milliseconds, and emits what comes out:
// grid points in order, within one the programs in their order, within one the series by their labels.
//
// A sample counts from the first grid point not yet evaluated when it is read. So the caller advances no farther than
// samples are complete; as long as it does, what comes out does not depend on how the way is cut into calls. Advance
// fails only when ctx ends; the grid points that were complete by then are done, and it can be called again.
func (r *Runner) Advance(ctx context.Context, toMillis int64, emit Emit) error {
	if r.next > toMillis {
		return nil
	}
	r.binder.births()
	r.binder.readAll()
	for ; r.next <= toMillis; r.next += r.step {
		for _, p := range r.programs {
			if p.root == nil {
				p.evaluate(ctx, r.opts.Evaluate, r.next)
			}
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("evaluating streaming signals: %w", err)
		}
		for _, n := range r.nodes {
			n.step(r.next)
		}
		for _, p := range r.programs {
			if err := p.emit(r.next, emit); err != nil {
				r.stats.Failed++
			}
		}
		r.binder.bury(r.next)
	}
	return nil
}

// Next returns the first grid point not yet evaluated, Unix milliseconds.
func (r *Runner) Next() int64 { return r.next }

// Stats returns the counters.
func (r *Runner) Stats() Stats {
	s := r.stats
	s.Series, s.Nodes = len(r.binder.feeds), len(r.nodes)
	return s
}

// Err returns why promql refuses to evaluate a program at the newest grid point; nil when it does not.
func (r *Runner) Err(program int) error {
	p := r.programs[program]
	if p.root != nil {
		return p.root.err
	}
	return p.engine.err
}

// running is a program in a Runner.
type running struct {
	program *Program
	index   int
	root    *node // nil when Prometheus' engine evaluates it

	version uint64 // of the root's rows, that order and outputs are made for
	order   []int32
	outputs []*Output // in that order
	known   map[string]*Output
	before  map[string]*Output // known, of the version before

	engine engineState // of a program without root
}

// emit hands out the values at a grid point.
func (p *running) emit(t int64, emit Emit) error {
	n := p.root
	if n == nil {
		return p.emitAnswer(t, emit)
	}
	if n.err != nil {
		return n.err
	}
	if p.version != n.version {
		p.version = n.version
		p.order, p.outputs = p.order[:0], p.outputs[:0]
		p.before, p.known = p.known, map[string]*Output{}
	}
	if len(p.order) < len(n.rows) {
		p.extend(n.rows)
	}
	p.before = nil
	for i, row := range p.order {
		if n.has[row] {
			emit(p.outputs[i], t, n.value[row])
		}
	}
	return nil
}

// extend puts the rows that have no output yet among the others, by labels, and gives each its output.
func (p *running) extend(rows []labels.Labels) {
	byLabels := func(a, b int32) int { return cmp.Or(labels.Compare(rows[a], rows[b]), cmp.Compare(a, b)) }
	more := make([]int32, 0, len(rows)-len(p.order))
	for row := len(p.order); row < len(rows); row++ {
		more = append(more, int32(row))
	}
	slices.SortFunc(more, byLabels)
	// From the end on, so that nothing is moved twice.
	to, from := len(rows), len(p.order)
	p.order = append(p.order, more...)
	p.outputs = append(p.outputs, make([]*Output, len(more))...)
	for k := len(more) - 1; k >= 0; k-- {
		at, _ := slices.BinarySearchFunc(p.order[:from], more[k], byLabels)
		to -= from - at
		copy(p.order[to:], p.order[at:from])
		copy(p.outputs[to:], p.outputs[at:from])
		from = at
		to--
		p.order[to], p.outputs[to] = more[k], p.output(rows[more[k]])
	}
}

// output returns the output of these labels: the one that they had, if they had one.
func (p *running) output(ls labels.Labels) *Output {
	key := ls.String()
	out := p.known[key]
	if out == nil {
		out = p.before[key]
	}
	if out == nil {
		out = &Output{Program: p.index, Labels: modelLabels(ls)}
	}
	p.known[key] = out
	return out
}

func modelLabels(ls labels.Labels) model.Labels {
	out := make(model.Labels, 0, ls.Len())
	ls.Range(func(l labels.Label) { out = append(out, model.Label{Name: l.Name, Value: l.Value}) })
	return out
}
