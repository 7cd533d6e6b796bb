package engine

import (
	"context"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// past answers the expressions of a plan from what came out for them, and anything else from the raw samples.
type past struct {
	*window.Local
	s *signals
}

// diagnose answers a question as of a grid point, from the signals at hand.
func (s *signals) diagnose(ctx context.Context, in Input, at time.Time) (*model.Diagnosis, error) {
	if in.Topology == nil {
		in.Topology = s.topology
	}
	src := &past{Local: s.core.eval.On(s.core.live.Cut(at)), s: s}
	if in.Topology != s.topology {
		return s.core.engine.Diagnose(ctx, in, src)
	}
	return s.core.engine.diagnose(ctx, in, src, planned{plan: s.plan, missing: s.missing, started: now(in.Clock)})
}

// Query implements window.Querier.
func (p *past) Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	if i, ok := p.s.programs[expr]; ok && p.s.holds(grid) {
		return p.s.answer(i, grid), nil
	}
	return p.Local.Query(ctx, expr, grid)
}

// holds tells whether every point of a grid is a point that was evaluated and is kept.
func (s *signals) holds(grid model.Grid) bool {
	if grid.Step != s.core.opts.Step {
		return false
	}
	step, upTo := grid.Step.Milliseconds(), s.upTo.Load()
	oldest := upTo - int64(s.core.opts.Points-1)*step
	for _, span := range grid.Spans {
		last := span.StartMillis + int64(span.N-1)*step
		if (span.StartMillis-upTo)%step != 0 || span.StartMillis < oldest || last > upTo {
			return false
		}
	}
	return true
}

// answer copies the values of a program at the points of a grid that it holds.
func (s *signals) answer(program int, grid model.Grid) model.Answer {
	s.mu.RLock()
	cols := make([]*column, 0, len(s.columns[program]))
	for _, col := range s.columns[program] {
		cols = append(cols, col)
	}
	s.mu.RUnlock()
	var a model.Answer
	size := s.core.opts.Points + 1 // one may come while they are copied
	ts, vs := make([]int64, size), make([]float64, size)
	for _, col := range cols {
		n, _ := col.values.Snapshot(ts, vs)
		if values, known := onto(grid, ts[:n], vs[:n]); known {
			a.Series = append(a.Series, model.AnswerSeries{Labels: col.labels, Values: values})
		}
	}
	slices.SortFunc(a.Series, func(x, y model.AnswerSeries) int { return x.Labels.Compare(y.Labels) })
	return a
}

// onto lays samples whose times are grid points onto a grid; known tells whether any value came to lie on it.
func onto(grid model.Grid, ts []int64, vs []float64) (values []float64, known bool) {
	values = make([]float64, 0, grid.Len())
	step := grid.Step.Milliseconds()
	for _, span := range grid.Spans {
		k, _ := slices.BinarySearch(ts, span.StartMillis)
		for i := range span.N {
			t := span.StartMillis + int64(i)*step
			for k < len(ts) && ts[k] < t {
				k++
			}
			v := model.Gap()
			if k < len(ts) && ts[k] == t {
				v = vs[k]
			}
			known = known || !model.IsGap(v)
			values = append(values, v)
		}
	}
	return values, known
}
