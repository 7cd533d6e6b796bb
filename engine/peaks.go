package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

// Peaks is the largest rate of requests, in requests a second, that each component got within an interval, looked at with
// the step given. Components whose requests nobody counts are absent.
func (e *Engine) Peaks(ctx context.Context, t *model.Topology, src window.Querier, iv model.Interval, opts rules.PlanOptions) (map[string]float64, error) {
	names := func(ctx context.Context, selector map[string]string) ([]string, error) {
		return src.MetricNames(ctx, selector, iv)
	}
	plan, _, err := e.opts.Rules.Plan(ctx, t, names, opts)
	if err != nil {
		return nil, fmt.Errorf("planning signals: %w", err)
	}
	counted := plan[:0:0]
	for _, q := range plan {
		if q.Signal.Kind == model.KindTraffic && q.Signal.Unit == requestRate {
			counted = append(counted, q)
		}
	}
	n := int(iv.Duration()/opts.Step) + 1
	grid := model.Grid{Step: opts.Step, Spans: []model.Span{{StartMillis: model.Millis(iv.To) - int64(n-1)*opts.Step.Milliseconds(), N: n}}}
	frame, err := window.Build(ctx, src, counted, t, iv.To, grid, nil, window.BuildOptions{Concurrency: e.opts.Concurrency})
	if err != nil {
		return nil, fmt.Errorf("reading traffic: %w", err)
	}
	return peaks(frame), nil
}

// peaks adds up what a signal says of the parts of a component, and takes the largest sum of any of its signals: they count
// the same requests in different ways.
func peaks(frame *window.Frame) map[string]float64 {
	type counter struct{ component, signal string }
	sums := map[counter][]float64{}
	for _, s := range frame.Series {
		if s.Subject.IsEdge() {
			continue
		}
		c := counter{s.Subject.Component, s.Signal.Name}
		if sums[c] == nil {
			sums[c] = make([]float64, len(s.Values))
		}
		for i, v := range s.Values {
			if !model.IsGap(v) {
				sums[c][i] += v
			}
		}
	}
	out := map[string]float64{}
	for c, sum := range sums {
		out[c.component] = max(out[c.component], slices.Max(sum))
	}
	return out
}

// requestRate is the unit of signals that count requests.
const requestRate = "req/s"
