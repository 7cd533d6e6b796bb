package promapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

// minSplit is the smallest chunk, in points, that is still cut in two when the source finds it too much.
const minSplit = 32

// chunk is one range query: n points of the grid from point first on.
type chunk struct {
	expr        string // as sent
	startMillis int64
	n           int
	first       int // index of the first point in the grid
}

// Query evaluates expr at every point of the grid. Each series of the answer has grid.Len() values; where the source
// had none, said NaN, or gave a native histogram, there is a gap. Series are sorted by labels. Warnings and infos of the
// source, and our own, are sorted and each given once.
func (c *Client) Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	if err := checkGrid(grid); err != nil {
		return model.Answer{}, fmt.Errorf("querying %s: %w", c.where, err)
	}
	chunks, err := c.plan(expr, grid)
	if err != nil {
		return model.Answer{}, err
	}
	j := newJoiner(grid)
	if err := c.run(ctx, chunks, expr, grid.Step, j); err != nil {
		return model.Answer{}, err
	}
	ans := j.answer()
	c.metrics.points.Add(j.points)
	return ans, nil
}

// plan cuts every span of the grid into equal chunks of at most MaxPoints.
func (c *Client) plan(expr string, grid model.Grid) ([]chunk, error) {
	var chunks []chunk
	step := grid.Step.Milliseconds()
	base := 0
	for _, s := range grid.Spans {
		if s.N == 0 {
			continue
		}
		sent, err := rewrite(expr, c.extra, s.StartMillis, s.StartMillis+int64(s.N-1)*step)
		if err != nil {
			return nil, &Error{Kind: ErrBadQuery, URL: c.where, Query: expr, Msg: err.Error(), cause: err}
		}
		parts := (s.N + c.opts.MaxPoints - 1) / c.opts.MaxPoints
		for i := range parts {
			from, to := i*s.N/parts, (i+1)*s.N/parts
			chunks = append(chunks, chunk{sent, s.StartMillis + int64(from)*step, to - from, base + from})
		}
		base += s.N
	}
	return chunks, nil
}

// run asks for the chunks, as many at a time as requests may be in flight. The first that fails ends the others.
func (c *Client) run(ctx context.Context, chunks []chunk, expr string, step time.Duration, j *joiner) error {
	cctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(chunks))
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(chunks)) && cctx.Err() == nil; i = next.Add(1) - 1 {
			if errs[i] = c.fetch(cctx, chunks[i], expr, step, j); errs[i] != nil {
				cancel()
			}
		}
	}
	var wg sync.WaitGroup
	for range min(len(chunks), c.opts.Concurrency) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("asking %s: %w", c.where, ctx.Err())
	}
	// A chunk that was called off says nothing; the one that caused it does.
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return errors.Join(errs...)
}

// fetch asks for one chunk, in halves if the source finds it too much.
func (c *Client) fetch(ctx context.Context, ch chunk, expr string, step time.Duration, j *joiner) error {
	matrix, warnings, err := c.ask(ctx, ch, expr, step)
	if tooMuch(err) && ch.n >= minSplit {
		half := ch.n / 2
		right := chunk{ch.expr, ch.startMillis + int64(half)*step.Milliseconds(), ch.n - half, ch.first + half}
		ch.n = half
		if err := c.fetch(ctx, ch, expr, step, j); err != nil {
			return err
		}
		return c.fetch(ctx, right, expr, step, j)
	}
	if err != nil {
		return err
	}
	return j.add(ch, step, matrix, warnings)
}

// ask makes the range query of one chunk.
func (c *Client) ask(ctx context.Context, ch chunk, expr string, step time.Duration) (prommodel.Matrix, []string, error) {
	r := v1.Range{
		Start: model.FromMillis(ch.startMillis),
		End:   model.FromMillis(ch.startMillis + int64(ch.n-1)*step.Milliseconds()),
		Step:  step,
	}
	var own []string
	opts := []v1.Option{v1.WithTimeout(c.opts.Timeout)}
	if c.opts.Lookback > 0 {
		if c.noLookback.Load() {
			own = append(own, fmt.Sprintf("the source refuses lookback_delta: its own lookback was used, not %s", c.opts.Lookback))
		} else {
			opts = append(opts, v1.WithLookbackDelta(c.opts.Lookback))
		}
	}
	tctx, tr := withTrace(ctx)
	value, warnings, err := c.api.QueryRange(tctx, ch.expr, r, opts...)
	if err != nil {
		err = c.fail(ctx, tr, expr, err)
		if len(opts) > 1 && errors.Is(err, ErrBadQuery) && strings.Contains(err.Error(), "lookback") {
			c.noLookback.Store(true)
			return c.ask(ctx, ch, expr, step)
		}
		return nil, nil, err
	}
	matrix, ok := value.(prommodel.Matrix)
	if !ok {
		return nil, nil, &Error{
			Kind: ErrUnreachable, URL: c.where, Query: expr, Status: tr.status, Attempts: tr.attempts,
			Msg: fmt.Sprintf("the answer to a range query is a %s, not a matrix", value.Type()),
		}
	}
	return matrix, slices.Concat(warnings, tr.infos, own), nil
}
