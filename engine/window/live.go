package window

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
)

const (
	// maxShards bounds the goroutines of a Live; more than there are processors is of no use.
	maxShards = 256
	// DefaultLanes is how many batches are taken in at a time: some more than there are senders of one Prometheus at
	// work on usual load, and a bound for the memory that lanes hold.
	DefaultLanes = 8
	maxLanes     = 1024
	// DefaultEvents is how many births and deaths are kept for readers: those of a rollout of a large service.
	DefaultEvents = 16_384
	maxEvents     = 1 << 24
)

// ErrStopped says that a batch was refused because the Live does not run any more.
var ErrStopped = errors.New("the window is stopped")

// LiveOptions bound a Live. Zero fields take the defaults.
type LiveOptions struct {
	// Options bound the window: all shards together keep at most MaxSeries.
	Options
	// Shards is how many goroutines write; by default as many as may run at a time (GOMAXPROCS).
	Shards int
	// Lanes is how many batches are taken in at a time; others wait for one of them to be through.
	Lanes int
	// Events is how many births and deaths of series are kept for readers.
	Events int
}

func (o LiveOptions) withDefaults() LiveOptions {
	o.Options = o.Options.withDefaults()
	if o.Shards == 0 {
		o.Shards = min(runtime.GOMAXPROCS(0), maxShards)
	}
	if o.Lanes == 0 {
		o.Lanes = DefaultLanes
	}
	if o.Events == 0 {
		o.Events = DefaultEvents
	}
	return o
}

// Validate lists everything that is wrong with the options.
func (o LiveOptions) Validate() error {
	o = o.withDefaults()
	errs := []error{o.Options.Validate()}
	for _, c := range []struct {
		name       string
		value, max int
	}{{"shards", o.Shards, maxShards}, {"lanes", o.Lanes, maxLanes}, {"events", o.Events, maxEvents}} {
		if c.value < 1 || c.value > c.max {
			errs = append(errs, fmt.Errorf("%s (%d) must be from 1 to %d", c.name, c.value, c.max))
		}
	}
	return errors.Join(errs...)
}

// Live is the window of what comes in now: shards of series, each a Window with a goroutine that owns it. Any number of
// goroutines may call any of its methods.
type Live struct {
	seed     maphash.Seed
	budget   *budget
	shards   []*shard
	tokens   chan struct{} // one for each free lane, once Run has begun
	stopping chan struct{} // closed when Run begins to stop
	events   *eventLog

	mu    sync.Mutex
	free  []*lane     // the one used last is the next, so that its memory is still at hand; owner: whoever holds mu
	taken model.Taken // of all batches; owner: whoever holds mu
}

// NewLive returns an empty window; Run sets it to work.
func NewLive(opts LiveOptions) (*Live, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("live window options: %w", err)
	}
	opts = opts.withDefaults()
	l := &Live{
		seed:     maphash.MakeSeed(),
		budget:   &budget{max: int64(opts.MaxSeries)},
		tokens:   make(chan struct{}, opts.Lanes),
		stopping: make(chan struct{}),
		events:   newEventLog(opts.Events),
	}
	for i := range opts.Shards {
		w := newShard(opts.Options, l.seed, l.budget)
		w.shard = i
		l.shards = append(l.shards, &shard{
			w: w, events: l.events,
			wake: make(chan struct{}, 1), quit: make(chan struct{}),
		})
	}
	jobs := jobsPerShard * opts.Shards
	for range opts.Lanes {
		ln := &lane{live: l, queues: make([]*ring.Queue[*job], opts.Shards), open: make([]*job, opts.Shards)}
		for i, s := range l.shards {
			// A queue has room for every job of its lane, so it is never full.
			ln.queues[i] = ring.NewQueue[*job](1 << bits.Len(uint(jobs-1)))
			s.queues = append(s.queues, ln.queues[i])
		}
		for range jobs {
			ln.idle = append(ln.idle, &job{})
		}
		l.free = append(l.free, ln)
	}
	return l, nil
}

// Run takes batches in until ctx ends; then it lets the batches at work come to their end, stops the owners and returns
// nil. It is called once.
func (l *Live) Run(ctx context.Context) error {
	var owners sync.WaitGroup
	for _, s := range l.shards {
		owners.Go(s.run)
	}
	for range cap(l.tokens) {
		l.tokens <- struct{}{}
	}
	<-ctx.Done()
	close(l.stopping)
	for range cap(l.tokens) {
		<-l.tokens
	}
	for _, s := range l.shards {
		close(s.quit)
	}
	owners.Wait()
	return nil
}

// held returns the series that a handle stands for; nil when it is none of this window's.
func (l *Live) held(h model.SeriesHandle) *Series {
	s, ok := h.(*Series)
	if !ok || l.shards[s.home.shard%len(l.shards)].w != s.home {
		return nil
	}
	return s
}

// enter takes a lane; the caller gives it back.
func (l *Live) enter(ctx context.Context) (*lane, error) {
	select {
	case <-l.stopping: // Stop beats work.
		return nil, ErrStopped
	default:
	}
	select {
	case <-l.tokens:
		l.mu.Lock()
		defer l.mu.Unlock()
		n := len(l.free) - 1
		ln := l.free[n]
		l.free = l.free[:n]
		return ln, nil
	case <-l.stopping:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for a lane: %w", ctx.Err())
	}
}

// leave gives a lane back.
func (l *Live) leave(ln *lane) {
	l.mu.Lock()
	l.free = append(l.free, ln)
	l.mu.Unlock()
	l.tokens <- struct{}{}
}

// Ingest takes a batch in and returns when every one of its points is either to be seen by readers or counted by the
// reason why not. It waits, as long as ctx allows, while LiveOptions.Lanes others are at it; from then on
// only for the owners, who wait for nobody. Points that had not been handed to their owner when ctx ended are Dropped.
//
// The errors are ErrStopped and that of ctx, with nothing taken; everything else is told by the counts.
func (l *Live) Ingest(ctx context.Context, b *model.Batch) (model.Taken, error) {
	ln, err := l.enter(ctx)
	if err != nil {
		return model.Taken{}, fmt.Errorf("taking in %d series: %w", len(b.Series), err)
	}
	defer l.leave(ln)
	taken := ln.ingest(ctx, b)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken.Add(taken)
	return taken, nil
}

// Expire lets series leave that have no sample at or after the given time, and returns how many left. Whoever keeps the
// clock calls it now and then. The errors are those of Ingest; what left until then has left.
func (l *Live) Expire(ctx context.Context, before time.Time) (left int, err error) {
	ln, err := l.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("letting idle series leave: %w", err)
	}
	defer l.leave(ln)
	return ln.expire(ctx, model.Millis(before))
}

// Cut makes a view of all series as of the given time, as Window.Cut does: series known to their shard when the cut is
// made, samples up to at. Cut at a time that all senders have passed.
func (l *Live) Cut(at time.Time) *Cut {
	windows := make([]*Window, len(l.shards))
	for i, s := range l.shards {
		windows[i] = s.w
	}
	return cutOf(at, windows...)
}

// Select returns the series that satisfy every matcher, sorted by labels; all of them when there is none.
func (l *Live) Select(ms ...*labels.Matcher) []*Series {
	return l.Cut(model.FromMillis(math.MaxInt64)).handles(ms)
}

// Events copies births and deaths from number from on into the buffer, oldest first, and returns how many, and the
// number to ask for next. lost of them had been overwritten before they were asked for: then ask Select what there is.
func (l *Live) Events(from uint64, into []Event) (n int, next, lost uint64) {
	return l.events.read(from, into)
}

// LiveStats are the counters of a Live.
type LiveStats struct {
	Series     int         // held now
	Registered uint64      // ever
	Taken      model.Taken // of all batches, with the names of the first series refused
	Events     uint64      // births and deaths, ever
}

// Stats returns the counters.
func (l *Live) Stats() LiveStats {
	s := LiveStats{Series: int(l.budget.used.Load()), Events: l.events.written()}
	for _, sh := range l.shards {
		s.Registered += sh.w.born.Load()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Taken = l.taken
	s.Taken.RefusedSeries = append([]model.Labels(nil), l.taken.RefusedSeries...)
	return s
}
