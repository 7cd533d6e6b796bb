package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/diagnops/diagnops/engine/detect"
	"github.com/diagnops/diagnops/engine/journal"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

// CoreOptions size a Core. Zero fields take the defaults.
type CoreOptions struct {
	// Window bounds the raw samples: series, samples of each, shards.
	Window window.LiveOptions
	// Step is the distance of the points of signals. Default 5 s.
	Step time.Duration
	// ScrapeInterval is how often raw series have samples. Default Step.
	ScrapeInterval time.Duration
	// Behind is how far evaluation stays behind the time it is told: samples of that time may still be on their way.
	// Default Step.
	Behind time.Duration
	// Points is how many points of each signal are kept. Default 240.
	Points int
	// Idle is how long a series may be without a sample before it leaves the window and makes room for another. Default
	// Points steps: by then nothing of it is to be seen any more.
	Idle time.Duration
	// Journal, when given, notes what comes in, so that the window survives a restart. Whoever opened it runs and closes
	// it.
	Journal *journal.Journal
}

func (o CoreOptions) withDefaults() CoreOptions {
	if o.Step == 0 {
		o.Step = 5 * time.Second
	}
	if o.ScrapeInterval == 0 {
		o.ScrapeInterval = o.Step
	}
	if o.Behind == 0 {
		o.Behind = o.Step
	}
	if o.Points == 0 {
		o.Points = 240
	}
	if o.Idle == 0 {
		o.Idle = time.Duration(o.Points) * o.Step
	}
	return o
}

// Validate lists everything that is wrong with the options.
func (o CoreOptions) Validate() error {
	o = o.withDefaults()
	var errs []error
	if o.Step < time.Second || o.Step%time.Second != 0 {
		errs = append(errs, fmt.Errorf("step (%s) must be whole seconds", o.Step))
	}
	if o.ScrapeInterval < 0 {
		errs = append(errs, fmt.Errorf("scrape interval (%s) must not be negative", o.ScrapeInterval))
	}
	if o.Behind < 0 {
		errs = append(errs, fmt.Errorf("behind (%s) must not be negative", o.Behind))
	}
	if o.Points < minCorePoints || o.Points > maxPoints {
		errs = append(errs, fmt.Errorf("points (%d) must be from %d to %d", o.Points, minCorePoints, maxPoints))
	}
	if o.Idle < o.lookback() {
		errs = append(errs, fmt.Errorf("idle (%s) must be at least the step and the scrape interval (%s)", o.Idle, o.lookback()))
	}
	return errors.Join(append(errs, o.Window.Validate())...)
}

// minCorePoints leave a monitor a handful of points to compare with, beside those it judges and those before them.
const minCorePoints = 36

// ErrNothingObserved says that a core was asked before it was told a topology.
var ErrNothingObserved = errors.New("nothing is observed yet")

// Core is the streaming form of the pipeline: it takes samples in, keeps the recent past of every series, evaluates the
// signals of a topology as samples arrive, watches each, and answers a question at any moment from what it has at hand.
//
// Ingest, Now and Why may be called by any number of goroutines at any time; none of them waits for another. Advance,
// Observe and Use are the evaluator's: one at a time, which a mutex sees to. Time is a parameter: whoever keeps the clock calls
// Advance.
type Core struct {
	opts CoreOptions
	live *window.Live
	eval *window.Evaluator

	mu      sync.Mutex               // held by Advance, Observe and Use
	engine  *Engine                  // what the next plan is made with; guarded by mu
	swept   time.Time                // when idle series were last looked for; guarded by mu
	current atomic.Pointer[signals]  // nil before the first Observe
	watched atomic.Pointer[Watching] // nil before the first Advance
}

// NewCore checks the options and makes an empty core; Run sets it to work.
func (e *Engine) NewCore(opts CoreOptions) (*Core, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("core options: %w", err)
	}
	opts = opts.withDefaults()
	live, err := window.NewLive(opts.Window)
	if err != nil {
		return nil, err
	}
	eval, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: opts.lookback()})
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	return &Core{engine: e, opts: opts, live: live, eval: eval}, nil
}

// lookback is how long a sample counts for what has no range of its own.
func (o CoreOptions) lookback() time.Duration { return max(o.Step, o.ScrapeInterval) }

// Run takes samples in until ctx ends, and returns when all that was taken in is to be seen.
func (c *Core) Run(ctx context.Context) error { return c.live.Run(ctx) }

// Ingest takes a batch in; see window.Live.Ingest. It waits for no disk.
func (c *Core) Ingest(ctx context.Context, b *model.Batch) (model.Taken, error) {
	taken, err := c.live.Ingest(ctx, b)
	if err == nil && c.opts.Journal != nil {
		c.opts.Journal.Append(b)
	}
	return taken, err
}

// Restore takes in what the journal holds that is not older than a time. It is called once Run runs, before anything is
// ingested and before the journal runs. The errors are ctx's and ErrStopped; what was damaged is told by the result.
func (c *Core) Restore(ctx context.Context, from time.Time) (journal.Replayed, error) {
	if c.opts.Journal == nil {
		return journal.Replayed{}, nil
	}
	return c.opts.Journal.Replay(ctx, from, c.live)
}

// Stats are the counters of the raw samples.
func (c *Core) Stats() window.LiveStats { return c.live.Stats() }

// Observe plans the signals of a topology from the metrics that are there now, and evaluates them from the oldest sample
// kept on. Called again, for a changed topology or when metrics have come, it starts anew only if other expressions must
// be evaluated. The errors are those of expressions of the topology that are no PromQL, and ctx's.
func (c *Core) Observe(ctx context.Context, topology *model.Topology, at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	next, err := c.plan(ctx, c.engine, topology, at)
	if err != nil {
		return err
	}
	c.current.Store(next)
	return nil
}

// Use answers with another engine from now on: with other rules. An answer that has begun ends with the rules it began
// with. On an error, of ctx or of the rules' expressions, the engine before stays.
func (c *Core) Use(ctx context.Context, e *Engine, at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.current.Load(); s != nil && s.engine != e {
		next, err := c.plan(ctx, e, s.topology, at)
		if err != nil {
			return err
		}
		c.current.Store(next)
		c.watched.Store(next.watching())
	}
	c.engine = e
	return nil
}

// plan makes the signals of a topology, evaluated as far as the current ones; these themselves where they do. The caller
// holds mu.
func (c *Core) plan(ctx context.Context, e *Engine, topology *model.Topology, at time.Time) (*signals, error) {
	local := c.eval.On(c.live.Cut(at))
	names := func(ctx context.Context, selector map[string]string) ([]string, error) {
		return local.MetricNames(ctx, selector, model.Interval{})
	}
	p, err := e.plan(ctx, topology, rules.Remember(names), rules.PlanOptions{Step: c.opts.Step, ScrapeInterval: c.opts.ScrapeInterval})
	if err != nil {
		return nil, err
	}
	before := c.current.Load()
	if before != nil && before.engine == e && before.covers(topology, p.plan) {
		before.changes.Store(&p.changes)
		return before, nil
	}
	next, err := newSignals(c, e, topology, p, at)
	if err == nil && before != nil {
		err = next.advance(ctx, before.upTo.Load())
	}
	return next, err
}

// Advance evaluates the signals up to a time, less CoreOptions.Behind, and judges what came out; when no point of the grid
// has come since there is nothing to evaluate. Series that are idle for longer than CoreOptions.Idle leave, now and then.
func (c *Core) Advance(ctx context.Context, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.current.Load(); s != nil {
		if err := s.advance(ctx, model.Millis(now.Add(-c.opts.Behind))); err != nil {
			return err
		}
		c.watched.Store(s.watching())
	}
	return c.sweep(ctx, now)
}

// sweepsPerIdle is how often idle series are looked for in the time that makes a series idle: often enough that few
// outstay it by much, and seldom enough that looking at every series costs nothing.
const sweepsPerIdle = 8

// sweep lets idle series leave. Its caller holds mu.
func (c *Core) sweep(ctx context.Context, now time.Time) error {
	if now.Sub(c.swept) < c.opts.Idle/sweepsPerIdle || c.live.Stats().Series == 0 {
		return nil
	}
	c.swept = now
	_, err := c.live.Expire(ctx, now.Add(-c.opts.Behind-c.opts.Idle))
	if errors.Is(err, window.ErrStopped) {
		return nil // nothing comes in any more that would need the room
	}
	return err
}

// Now is what is not as usual, as of the last Advance. The result must not be changed.
func (c *Core) Now() *Watching {
	if w := c.watched.Load(); w != nil {
		return w
	}
	return &Watching{}
}

// Watching is what a core found as of a time.
type Watching struct {
	At time.Time
	// Abnormal are the signals that are not as usual now, by subject, signal and labels.
	Abnormal []Watched
	// Warnings are those that will reach their end if they go on like this, the earliest first.
	Warnings []Watched
	// Signals is how many are watched.
	Signals int
}

// Watched is one signal of one subject, or of one of its replicas.
type Watched struct {
	Subject model.Subject
	Signal  *model.Signal
	Labels  model.Labels
	Reading model.Reading // what the newest points showed; of Abnormal
	Since   model.Onset   // when the trouble that goes on began; of Abnormal
	End     detect.Exhaustion
}

// Why answers a question from what the core has at hand: signals that it has evaluated, and raw samples for anything
// else. The incident's grid and window are the core's. The errors are those of Engine.Diagnose.
func (c *Core) Why(ctx context.Context, in Input) (*model.Diagnosis, error) {
	s := c.current.Load()
	if s == nil {
		return nil, ErrNothingObserved
	}
	at := s.evaluated()
	in.Incident.Step = c.opts.Step
	in.Incident.Window = model.Interval{From: at.Add(-time.Duration(c.opts.Points-1) * c.opts.Step), To: at}
	in.ScrapeInterval = c.opts.ScrapeInterval
	return s.diagnose(ctx, in, at)
}
