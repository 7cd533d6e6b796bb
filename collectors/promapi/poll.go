package promapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Poller fetches raw samples, round by round, and gives them to a sink; see the package comment. Its methods may be called
// from many goroutines: rounds wait for each other.
type Poller struct {
	client     *Client
	sink       collectors.Ingester
	opts       PollOptions
	histograms *collectors.Histograms
	tally      pollTally

	mu     sync.Mutex // held by the round under way
	groups []*group
	pause  pause
}

// pause is how long something that failed is left alone.
type pause struct {
	failures int // in a row
	until    time.Time
}

// failed makes it longer, from now on.
func (p *pause) failed(now time.Time, b *backoff) {
	p.until = now.Add(b.pause(p.failures))
	p.failures++
}

// NewPoller checks the options and returns a poller that gives what it fetches to sink; it asks nothing yet.
func (c *Client) NewPoller(sink collectors.Ingester, opts PollOptions) (*Poller, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("poll options: %w", err)
	}
	opts = opts.withDefaults()
	groups, err := planGroups(opts.Matchers, c.extra)
	if err != nil {
		return nil, fmt.Errorf("poll options: %w", err)
	}
	return &Poller{
		client: c, sink: sink, opts: opts, groups: groups, histograms: collectors.NewHistograms(opts.Histograms),
	}, nil
}

// Stats returns the counters. Safe at any time.
func (p *Poller) Stats() PollStats { return p.tally.snapshot() }

// Run polls at each of the ticks until ctx ends or the channel of ticks is closed. Ticks that came while a round went on are
// one: nothing is lost by that, the next round asks for more.
func (p *Poller) Run(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case now, ok := <-ticks:
			if !ok {
				return
			}
			if err := p.Poll(ctx, newestTick(now, ticks)); err != nil && ctx.Err() == nil && p.opts.OnError != nil {
				p.opts.OnError(err)
			}
		}
	}
}

// newestTick is the last of those that wait.
func newestTick(now time.Time, ticks <-chan time.Time) time.Time {
	for {
		select {
		case later, ok := <-ticks:
			if !ok {
				return now
			}
			now = later
		default:
			return now
		}
	}
}

// Poll asks for what came in since the last time, up to now, and for the gap after a failure. After one it does nothing for a
// while, which grows with the failures in a row. The error is that of the round, all problems joined; what was not
// fetched is asked for again by the next, as far back as PollOptions.Backfill.
func (p *Poller) Poll(ctx context.Context, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.pause.until) {
		p.tally.count(func(s *PollStats) { s.Paused++ })
		return nil
	}
	to := model.Millis(now)
	return p.round(ctx, now, to, func(g *group) (from int64, due bool) {
		from, unread := g.pollFrom(to, p.opts)
		if unread > 0 {
			p.tally.count(func(s *PollStats) { s.Unread += time.Duration(unread) * time.Millisecond })
		}
		return from, !now.Before(g.pause.until)
	})
}

// Fill asks for the interval, oldest first, in pieces that keep the answers small. It is for the past, before the first
// Poll: of a series that has newer samples, none is passed on. When it fails, what was fetched is passed on already;
// called again, or in polls as far back as PollOptions.Backfill, it goes on from there.
func (p *Poller) Fill(ctx context.Context, iv model.Interval) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	begin, to := model.Millis(iv.From), model.Millis(iv.To)
	return p.round(ctx, iv.To, to, func(g *group) (from int64, due bool) {
		if g.newest != 0 {
			return max(begin, g.newest-p.opts.Overlap.Milliseconds()), true
		}
		return begin, true
	})
}

// round reads every group that is due up to a time. A source that cannot be reached, or a sink that fails, ends it; a
// group that has a problem of its own does not hold up the others.
func (p *Poller) round(ctx context.Context, now time.Time, to int64, from func(*group) (int64, bool)) error {
	own := make([]error, len(p.groups))
	err := p.client.each(ctx, len(p.groups), func(ctx context.Context, i int) error {
		g := p.groups[i]
		start, due := from(g)
		if !due {
			return nil
		}
		g.read = max(g.read, start-1)
		err := p.read(ctx, g, start, to)
		switch {
		case err == nil:
			g.pause = pause{}
			return nil
		case ofGroup(err):
			g.pause.failed(now, p.client.transport.backoff)
			own[i] = err
			return nil
		}
		return err
	})
	var leaves []*group
	for _, g := range p.groups {
		leaves = g.leaves(leaves)
	}
	p.groups = leaves
	p.pause = p.pause.after(ctx, err, now, p.client.transport.backoff)
	err = errors.Join(errors.Join(own...), err)
	p.tally.count(func(s *PollStats) {
		s.Rounds++
		if err != nil {
			s.Failed++
		}
	})
	return err
}

// after is the pause that follows a round that ended with err; being called off is nobody's failure.
func (p pause) after(ctx context.Context, err error, now time.Time, b *backoff) pause {
	if err == nil {
		return pause{}
	}
	if ctx.Err() == nil {
		p.failed(now, b)
	}
	return p
}
