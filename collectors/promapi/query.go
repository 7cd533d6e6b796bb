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
	if grid.Len() == 0 {
		return model.Answer{}, nil
	}
	mode := c.lookback(ctx)
	ans, err := c.query(ctx, expr, grid, mode)
	if mode == lookbackParam && errors.Is(err, ErrBadQuery) && strings.Contains(err.Error(), "lookback") {
		c.mode.Store(int32(lookbackRange))
		ans, err = c.query(ctx, expr, grid, lookbackRange)
	}
	return ans, err
}

func (c *Client) query(ctx context.Context, expr string, grid model.Grid, mode lookbackMode) (model.Answer, error) {
	chunks, err := c.plan(expr, grid, mode)
	if err != nil {
		return model.Answer{}, err
	}
	opts := []v1.Option{v1.WithTimeout(c.opts.Timeout)}
	if mode == lookbackParam {
		opts = append(opts, v1.WithLookbackDelta(c.opts.Lookback))
	}
	j := newJoiner(grid)
	if mode == lookbackRange {
		j.warnings[c.lookbackWarning()] = struct{}{}
	}
	r := &run{client: c, expr: expr, step: grid.Step, opts: opts, join: j}
	if err := c.each(ctx, len(chunks), func(ctx context.Context, i int) error { return r.fetch(ctx, chunks[i]) }); err != nil {
		return model.Answer{}, err
	}
	c.metrics.points.Add(j.points)
	return j.answer(), nil
}

// plan cuts every span of the grid into equal chunks of at most MaxPoints.
func (c *Client) plan(expr string, grid model.Grid, mode lookbackMode) ([]chunk, error) {
	var chunks []chunk
	step := grid.Step.Milliseconds()
	base := 0
	for _, s := range grid.Spans {
		if s.N == 0 {
			continue
		}
		w := rewriting{extra: c.extra, startMillis: s.StartMillis, endMillis: s.StartMillis + int64(s.N-1)*step}
		if mode == lookbackRange {
			w.lookback = c.opts.Lookback
		}
		sent, err := w.apply(expr)
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

// run is one query on its way.
type run struct {
	client *Client
	expr   string // as asked
	step   time.Duration
	opts   []v1.Option
	join   *joiner
}

// each calls do for 0 to n-1, for as many at a time as requests may be in flight. The first that fails ends the others.
func (c *Client) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	cctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(n) && cctx.Err() == nil; i = next.Add(1) - 1 {
			if errs[i] = do(cctx, int(i)); errs[i] != nil {
				cancel()
			}
		}
	}
	var wg sync.WaitGroup
	for range min(n, c.opts.Concurrency) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("asking %s: %w", c.where, ctx.Err())
	}
	// One that was called off says nothing; the one that caused it does.
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return errors.Join(errs...)
}

// fetch asks for one chunk, in halves if the source finds it too much.
func (r *run) fetch(ctx context.Context, ch chunk) error {
	matrix, warnings, err := r.ask(ctx, ch)
	if tooMuch(err) && ch.n >= minSplit {
		half := ch.n / 2
		right := chunk{ch.expr, ch.startMillis + int64(half)*r.step.Milliseconds(), ch.n - half, ch.first + half}
		ch.n = half
		if err := r.fetch(ctx, ch); err != nil {
			return err
		}
		return r.fetch(ctx, right)
	}
	if err != nil {
		return err
	}
	return r.join.add(ch, matrix, warnings)
}

// ask makes the range query of one chunk.
func (r *run) ask(ctx context.Context, ch chunk) (prommodel.Matrix, []string, error) {
	span := v1.Range{
		Start: model.FromMillis(ch.startMillis),
		End:   model.FromMillis(ch.startMillis + int64(ch.n-1)*r.step.Milliseconds()),
		Step:  r.step,
	}
	tctx, tr := withTrace(ctx)
	value, warnings, err := r.client.api.QueryRange(tctx, ch.expr, span, r.opts...)
	if err != nil {
		return nil, nil, r.client.fail(ctx, tr, r.expr, err)
	}
	matrix, ok := value.(prommodel.Matrix)
	if !ok {
		return nil, nil, r.client.fail(ctx, tr, r.expr,
			fmt.Errorf("the answer to a range query is a %s, not a matrix", value.Type()))
	}
	return matrix, slices.Concat(warnings, tr.infos), nil
}
