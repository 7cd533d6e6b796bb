package window

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/schema"

	"github.com/diagnops/diagnops/engine/model"
)

// row is one series of an intermediate result.
type row struct {
	labels labels.Labels
	values []float64 // one a grid point; absent where the series has no point
}

// absent is a point that a series does not have. A NaN is a point like any other; the stale marker is none, since it
// hides the sample that carries it, and no arithmetic has it for a result: it is a signalling NaN.
var absent = model.StaleMarker()

// isAbsent tells whether a value of a row is no point.
func isAbsent(v float64) bool { return model.IsStale(v) }

// execution is one evaluation of an operator on a grid of a cut. It is owned by the goroutine that asks.
type execution struct {
	ctx        context.Context
	cut        *Cut
	grid       model.Grid
	n          int // grid points
	lookbackMs int64
	budget     int         // samples that may still be read or made; the engine decides about more
	free       [][]float64 // columns no longer used
	buf        []byte      // scratch for keys
	builder    *labels.Builder
}

// spend takes samples off the budget.
func (x *execution) spend(samples int) error {
	if x.budget -= samples; x.budget < 0 {
		return errEngine
	}
	return nil
}

// column returns a column of n values, whose content is arbitrary.
func (x *execution) column() []float64 {
	if last := len(x.free) - 1; last >= 0 {
		values := x.free[last]
		x.free = x.free[:last]
		return values
	}
	return make([]float64, x.n)
}

// blank returns a column of n points, all absent.
func (x *execution) blank() []float64 {
	values := x.column()
	for i := range values {
		values[i] = absent
	}
	return values
}

// release gives the columns of rows back.
func (x *execution) release(rows []row) {
	for i := range rows {
		x.free = append(x.free, rows[i].values)
	}
}

// nameless returns the labels without what names and describes the metric: a value computed from it is another thing.
func nameless(ls labels.Labels) labels.Labels { return ls.DropReserved(schema.IsMetadataLabel) }

// distinct is errEngine when two rows have the same labels.
func distinct(rows []row) error {
	if len(rows) < 2 {
		return nil
	}
	seen := make(map[uint64]struct{}, len(rows))
	for i := range rows {
		seen[rows[i].labels.Hash()] = struct{}{}
	}
	if len(seen) < len(rows) {
		return errEngine
	}
	return nil
}

// hasPoints tells whether a column has any point.
func hasPoints(values []float64) bool {
	return slices.ContainsFunc(values, func(v float64) bool { return !isAbsent(v) })
}

// execute evaluates an operator on the cut.
func (l *Local) execute(ctx context.Context, op operator, grid model.Grid) (model.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, l.eval.opts.Timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return model.Answer{}, err
	}
	x := execution{
		ctx: ctx, cut: l.cut, grid: grid, n: grid.Len(), lookbackMs: l.eval.opts.LookbackDelta.Milliseconds(),
		budget: l.eval.opts.MaxSamples, builder: labels.NewBuilder(labels.EmptyLabels()),
	}
	rows, err := op.eval(&x)
	if err != nil {
		return model.Answer{}, err
	}
	answer := model.Answer{Series: make([]model.AnswerSeries, len(rows))}
	for i, r := range rows {
		for k, v := range r.values {
			if isAbsent(v) {
				r.values[k] = model.Gap()
			}
		}
		answer.Series[i] = model.AnswerSeries{Labels: modelLabels(r.labels), Values: r.values}
	}
	slices.SortFunc(answer.Series, func(a, b model.AnswerSeries) int { return a.Labels.Compare(b.Labels) })
	return answer, nil
}
