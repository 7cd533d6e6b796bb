package window

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// selection is a vector selector: at each point the newest sample not older than the lookback and not a stale marker.
type selection struct {
	matchers []*labels.Matcher
}

func (s *selection) eval(x *execution) ([]row, error) {
	var rows []row
	for _, series := range x.cut.sorted(s.matchers) {
		if err := x.ctx.Err(); err != nil {
			return nil, err
		}
		if err := x.spend(x.n); err != nil {
			return nil, err
		}
		values := x.column()
		if !x.cut.column(series).newest(values, x.grid, x.lookbackMs) {
			x.free = append(x.free, values)
			continue
		}
		rows = append(rows, row{series.labels, values})
	}
	return rows, nil
}

// sorted returns the series that satisfy every matcher, ascending by labels, the order in which sums are made.
func (c *Cut) sorted(ms []*labels.Matcher) []picked {
	found := c.pick(ms)
	slices.SortFunc(found, func(a, b picked) int { return labels.Compare(a.labels, b.labels) })
	return found
}

// newest writes the column's value at every grid point, absent where there is none, and tells whether there was any.
//
// It follows promql's vectorSelectorSingle: the newest sample with time in (t-lookback, t] counts; a stale marker there
// hides the older ones. A sample at exactly t counts whatever the lookback.
func (col *column) newest(values []float64, grid model.Grid, lookbackMs int64) (known bool) {
	k, step := 0, grid.Step.Milliseconds()
	for _, span := range grid.Spans {
		// next is the first sample later than the point; points ascend, so it only moves forward.
		next, _ := slices.BinarySearch(col.ts, span.StartMillis+1)
		for i := range span.N {
			t := span.StartMillis + int64(i)*step
			for next < len(col.ts) && col.ts[next] <= t {
				next++
			}
			values[k] = absent
			if next > 0 && col.ts[next-1] > t-lookbackMs && !model.IsStale(col.vs[next-1]) {
				values[k] = col.vs[next-1]
				known = true
			}
			k++
		}
	}
	return known
}

// rangeCall is a function of a plain range selector.
type rangeCall struct {
	matchers []*labels.Matcher
	rangeMs  int64
	f        rangeFunc
}

// rangeFunc computes a value from the samples with from < time <= to, at least one, none a stale marker; ok is false
// where that gives no point. Times are Unix milliseconds.
type rangeFunc func(ts []int64, vs []float64, from, to int64) (v float64, ok bool)

// overRange are the functions of ranges that common expressions use.
var overRange = map[string]rangeFunc{"rate": rate, "increase": increase, "changes": changes}

func (c *rangeCall) eval(x *execution) ([]row, error) {
	var rows []row
	for _, series := range x.cut.sorted(c.matchers) {
		if err := x.ctx.Err(); err != nil {
			return nil, err
		}
		ts, vs := x.cut.column(series).unmarked()
		if err := x.spend(x.n + len(ts)); err != nil {
			return nil, err
		}
		values := x.column()
		if !c.slide(ts, vs, values, x.grid) {
			x.free = append(x.free, values)
			continue
		}
		rows = append(rows, row{nameless(series.labels), values})
	}
	return rows, distinct(rows)
}

// slide computes the function at every grid point and tells whether it gave any.
func (c *rangeCall) slide(ts []int64, vs, values []float64, grid model.Grid) (known bool) {
	k, step := 0, grid.Step.Milliseconds()
	for _, span := range grid.Spans {
		lo, _ := slices.BinarySearch(ts, span.StartMillis-c.rangeMs+1)
		hi := lo
		for i := range span.N {
			to := span.StartMillis + int64(i)*step
			from := to - c.rangeMs
			for hi < len(ts) && ts[hi] <= to {
				hi++
			}
			for lo < hi && ts[lo] <= from {
				lo++
			}
			values[k] = absent
			if lo < hi {
				if v, ok := c.f(ts[lo:hi], vs[lo:hi], from, to); ok {
					values[k] = v
					known = true
				}
			}
			k++
		}
	}
	return known
}

// unmarked returns the samples without stale markers.
func (col *column) unmarked() ([]int64, []float64) {
	first := slices.IndexFunc(col.vs, model.IsStale)
	if first < 0 {
		return col.ts, col.vs
	}
	ts, vs := slices.Clone(col.ts[:first]), slices.Clone(col.vs[:first])
	for i := first; i < len(col.vs); i++ {
		if !model.IsStale(col.vs[i]) {
			ts, vs = append(ts, col.ts[i]), append(vs, col.vs[i])
		}
	}
	return ts, vs
}

func rate(ts []int64, vs []float64, from, to int64) (float64, bool) {
	risen, factor, ok := extrapolated(ts, vs, from, to)
	return risen * (factor / (time.Duration(to-from) * time.Millisecond).Seconds()), ok
}

func increase(ts []int64, vs []float64, from, to int64) (float64, bool) {
	risen, factor, ok := extrapolated(ts, vs, from, to)
	return risen * factor, ok
}

// extrapolationSlack is how many mean gaps between samples may lie between the outermost sample and the range's end for
// the series to count as going on to there.
const extrapolationSlack = 1.1

// extrapolated is how far a counter rose between the first and the last of its samples, resets put right, and the factor
// that stretches this to the whole range. It needs two samples. As extrapolatedRate of Prometheus' promql has it, in the
// same order of operations: towards an end of the range that is farther off than the samples are apart, half a gap is
// added; and never more before the first sample than the counter, at that slope, needed to rise from zero.
func extrapolated(ts []int64, vs []float64, from, to int64) (risen, factor float64, ok bool) {
	last := len(ts) - 1
	if last == 0 {
		return 0, 0, false
	}
	risen = vs[last] - vs[0]
	for i, v := range vs[1:] {
		if before := vs[i]; v < before {
			risen += before
		}
	}
	sampled := float64(ts[last]-ts[0]) / 1000
	gap := sampled / float64(last)
	before, after := float64(ts[0]-from)/1000, float64(to-ts[last])/1000
	if before >= gap*extrapolationSlack {
		before = gap / 2
	}
	if risen > 0 && vs[0] >= 0 {
		if fromZero := sampled * (vs[0] / risen); fromZero < before {
			before = fromZero
		}
	}
	if after >= gap*extrapolationSlack {
		after = gap / 2
	}
	return risen, (sampled + before + after) / sampled, true
}

// changes counts how often the value changed.
func changes(_ []int64, vs []float64, _, _ int64) (float64, bool) {
	n := 0
	for i, v := range vs[1:] {
		if before := vs[i]; v != before && (v == v || before == before) {
			n++
		}
	}
	return float64(n), true
}
