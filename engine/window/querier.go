package window

import (
	"context"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// Querier answers PromQL over some stretch of the past: Local from a Cut, or a remote Prometheus. Implementations are
// safe for many goroutines.
type Querier interface {
	// MetricNames returns, sorted, the metric names of the series that carry all the selector's label values and have
	// samples in the interval; an end of it that is not given does not bound.
	MetricNames(ctx context.Context, selector map[string]string, iv model.Interval) ([]string, error)
	// Query evaluates an expression at every grid point. Each series of the answer has grid.Len() values, gaps NaN;
	// series are sorted by labels.
	Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error)
}

// joiner puts the series of several spans together by their labels.
type joiner struct {
	n      int // grid points
	byHash map[uint64][]int
	keys   []labels.Labels
	values [][]float64
}

func newJoiner(n int) *joiner { return &joiner{n: n, byHash: map[uint64][]int{}} }

// row returns the values of the series with these labels, all gaps at first.
func (j *joiner) row(ls labels.Labels) []float64 {
	h := ls.Hash()
	for _, i := range j.byHash[h] {
		if labels.Equal(j.keys[i], ls) {
			return j.values[i]
		}
	}
	row := make([]float64, j.n)
	for i := range row {
		row[i] = model.Gap()
	}
	j.byHash[h] = append(j.byHash[h], len(j.keys))
	j.keys = append(j.keys, ls)
	j.values = append(j.values, row)
	return row
}

// series returns what was joined, sorted by labels.
func (j *joiner) series() []model.AnswerSeries {
	out := make([]model.AnswerSeries, len(j.keys))
	for i, ls := range j.keys {
		out[i] = model.AnswerSeries{Labels: modelLabels(ls), Values: j.values[i]}
	}
	slices.SortFunc(out, func(a, b model.AnswerSeries) int { return a.Labels.Compare(b.Labels) })
	return out
}

func modelLabels(ls labels.Labels) model.Labels {
	out := make(model.Labels, 0, ls.Len())
	ls.Range(func(l labels.Label) { out = append(out, model.Label{Name: l.Name, Value: l.Value}) })
	return out
}
