package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/diagnops/diagnops/collectors/promapi"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// remote is a source that is asked over HTTP.
type remote struct {
	client *promapi.Client
	scrape time.Duration // between two samples of a series, as far as it can be told
	step   time.Duration
	// window is the one asked for, from where the source has samples on.
	window model.Interval
	// selector is the one that every query carries; "" = none.
	selector string
}

// openRemote makes a client whose idea of "current" fits the source's scrape interval, which it asks for first.
func openRemote(ctx context.Context, f sourceFlags, window model.Interval, step time.Duration) (*remote, error) {
	opts, err := f.options()
	if err != nil {
		return nil, err
	}
	probe, err := promapi.New(opts)
	if err != nil {
		return nil, err
	}
	defer probe.Close()
	r := &remote{step: step, window: window, selector: f.Selector}
	if r.scrape, err = probe.ScrapeInterval(ctx, window); err != nil {
		return nil, err
	}
	// Of a source that was set up minutes ago, a step that suits hours would leave no points to tell what is usual.
	if r.window.From, err = probe.Begin(ctx, window); err != nil {
		return nil, err
	}
	if r.step == 0 {
		r.step = stepFor(r.window.Duration(), r.scrape)
	}
	opts.Lookback = lookback(r.step, r.scrape)
	r.client, err = promapi.New(opts)
	return r, err
}

// gridPoints is how many points a window is looked at by default: enough to place an onset within a thousandth of the
// window, few enough that a query over a thousand series stays small.
const gridPoints = 1000

// stepFor is the smallest multiple of the scrape interval that keeps the window within gridPoints.
func stepFor(window, scrape time.Duration) time.Duration {
	if scrape <= 0 {
		scrape = time.Second
	}
	scrapes := int64((window + scrape - 1) / scrape)
	each := max(1, (scrapes+gridPoints-1)/gridPoints)
	return time.Duration(each) * scrape
}

// remote diagnoses an incident whose metrics a source still holds.
func (a *analyst) remote(ctx context.Context, r *remote, in engine.Input) (*model.Diagnosis, error) {
	in.Topology, in.Clock, in.ScrapeInterval = a.topology, time.Now, r.scrape
	in.Changes = mapChanges(in.Changes, in.Topology)
	if in.Incident.Step == 0 {
		in.Incident.Step = r.step
	}
	before := r.client.Stats()
	if err := r.holds(ctx, in.Incident.Window); err != nil {
		return nil, err
	}
	d, err := a.engine.Diagnose(ctx, in, &counted{Querier: r.client, answers: map[string]amount{}})
	after := r.client.Stats()
	a.log.Debug().Str("incident", in.Incident.ID).Uint64("requests", after.Requests-before.Requests).
		Uint64("retries", after.Retries-before.Retries).Msg("asked the source")
	return d, err
}

// holds asks whether the source has any series to answer from: an answer from none would pass for a healthy one.
func (r *remote) holds(ctx context.Context, iv model.Interval) error {
	names, err := r.client.MetricNames(ctx, nil, iv)
	if err != nil || len(names) > 0 {
		return err
	}
	if r.selector != "" {
		return fmt.Errorf("%s: --prometheus.selector %s matches no series from %s", r.client.URL(), r.selector, period(iv))
	}
	return fmt.Errorf("%s: has no series from %s", r.client.URL(), period(iv))
}

// counted counts what a diagnosis reads from a source: the series of the answers and their values. What is asked again is
// counted once. It is safe for concurrent use when its source is.
type counted struct {
	window.Querier

	mu      sync.Mutex
	answers map[string]amount // by expression; guarded by mu
}

type amount struct{ series, samples int }

// Query passes the question on and counts the answer.
func (c *counted) Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	ans, err := c.Querier.Query(ctx, expr, grid)
	n := amount{series: len(ans.Series)}
	for i := range ans.Series {
		for _, v := range ans.Series[i].Values {
			if !model.IsGap(v) {
				n.samples++
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[expr] = n
	return ans, err
}

// Raw is what was read so far.
func (c *counted) Raw() (series, samples int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.answers {
		series += n.series
		samples += n.samples
	}
	return series, samples
}
