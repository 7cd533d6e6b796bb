package change

import (
	"context"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/parallel"
	"github.com/diagnops/diagnops/engine/window"
)

// Track is the answer to a change query. Each series has a value for every point of the grid, gaps NaN.
type Track struct {
	Query  *model.ChangeQuery
	Series []model.AnswerSeries
}

// Ask puts every query, at most concurrency at a time; the tracks are in the order of the queries. One that a source
// cannot answer has no series: what it would have shown is not known. The error is ctx's.
func Ask(ctx context.Context, src window.Querier, queries []model.ChangeQuery, grid model.Grid, concurrency int) ([]Track, error) {
	tracks := make([]Track, len(queries))
	parallel.Each(ctx, len(queries), concurrency, func(i int) {
		tracks[i].Query = &queries[i]
		if answer, err := src.Query(ctx, queries[i].Expr, grid); err == nil {
			tracks[i].Series = answer.Series
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("asking what changed: %w", err)
	}
	return tracks, nil
}

// Around is the part of a grid in which changes are looked for: the span that the time lies in, as a grid of its own; the
// last one where it lies in none. What lies apart, a baseline of another month, says nothing about what led up to this.
func Around(grid model.Grid, at time.Time) model.Grid {
	if len(grid.Spans) == 0 {
		return grid
	}
	found := grid.Spans[len(grid.Spans)-1]
	for _, s := range grid.Spans {
		end := s.StartMillis + int64(s.N)*grid.Step.Milliseconds()
		if t := model.Millis(at); s.StartMillis <= t && t < end {
			found = s
		}
	}
	return model.Grid{Step: grid.Step, Spans: []model.Span{found}}
}
