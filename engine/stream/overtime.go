package stream

import (
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/util/kahansum"
)

// view is what a function over time is given: the samples in range of one series.
type view struct {
	*buffer
	fold    *fold   // of the function's own
	from    int64   // the range is (from, to], Unix milliseconds
	to      int64   //
	seconds float64 // the range's length as written
}

// timeFunc is a function over time of a view that holds a sample; ok is false when it has no answer.
type timeFunc struct {
	of    func(w *view) (v float64, ok bool)
	folds bool // whether it needs view.fold
}

// timeFuncs are the functions over time that cost the same whatever the length of the range.
var timeFuncs = map[string]timeFunc{
	"rate":            {of: func(w *view) (float64, bool) { return w.extrapolated(true, true) }},
	"increase":        {of: func(w *view) (float64, bool) { return w.extrapolated(true, false) }},
	"delta":           {of: func(w *view) (float64, bool) { return w.extrapolated(false, false) }},
	"irate":           {of: func(w *view) (float64, bool) { return w.instant(true) }},
	"idelta":          {of: func(w *view) (float64, bool) { return w.instant(false) }},
	"count_over_time": {of: func(w *view) (float64, bool) { return float64(w.len()), true }},
	lastOverTime:      {of: func(w *view) (float64, bool) { return w.last().Value, true }},
	"changes":         {of: func(w *view) (float64, bool) { return float64(w.changes), true }},
	"resets":          {of: func(w *view) (float64, bool) { return float64(w.resets), true }},
	"avg_over_time":   {folds: true, of: func(w *view) (float64, bool) { return w.mean(), true }},
	"sum_over_time":   {folds: true, of: func(w *view) (float64, bool) { return w.fold.of(w.buffer, foldSum).total(), true }},
	"max_over_time":   {folds: true, of: func(w *view) (float64, bool) { return w.fold.of(w.buffer, foldMax).value, true }},
	"min_over_time":   {folds: true, of: func(w *view) (float64, bool) { return w.fold.of(w.buffer, foldMin).value, true }},
}

// lastOverTime is the one function over time that keeps the metric's name: it only moves a sample in time.
const lastOverTime = "last_over_time"

// overTime applies a function over time to each series of a range selector.
type overTime struct {
	name    string
	fn      timeFunc
	from    *ranged
	seconds float64 // the range's length
	byRow   []*fold // nil entries when the function needs none
	taps    []*tap  // that they are of
	kept    map[*tap]*fold
	view    view // scratch
}

// reset keeps the folds: one that began anew would be rounded otherwise.
func (o *overTime) reset() {
	o.kept = make(map[*tap]*fold, len(o.taps))
	for i, tp := range o.taps {
		o.kept[tp] = o.byRow[i]
	}
	o.byRow, o.taps = nil, nil
}

func (o *overTime) extend(n *node, seen []int) []labels.Labels {
	for _, tp := range o.from.taps[seen[0]:] {
		f := o.kept[tp]
		if f == nil && o.fn.folds {
			f = &fold{}
		}
		o.byRow, o.taps = append(o.byRow, f), append(o.taps, tp)
	}
	o.kept = nil
	more := n.in[0].rows[seen[0]:]
	if o.name == lastOverTime {
		return more
	}
	return unnamedRows(more)
}

func (o *overTime) step(n *node, t int64, _ bool) error {
	to := t - o.from.offset
	w := &o.view
	*w = view{from: to - o.from.length, to: to, seconds: o.seconds}
	for i, tp := range o.from.taps {
		if tp.len() == 0 {
			n.set(int32(i), 0, false)
			continue
		}
		w.buffer, w.fold = &tp.buffer, o.byRow[i]
		v, ok := o.fn.of(w)
		n.set(int32(i), v, ok)
	}
	return nil
}

// edgeSlack is how much farther than the mean distance of samples an end of the range may be from them for the rate to
// be extended up to it.
const edgeSlack = 1.1

// extrapolated is the growth of a series in the range: what the samples show, extended to the ends of the range as
// promql does (its extrapolatedRate). Ends farther than the samples are apart are taken for the series' own, and the
// growth is extended by half a distance only; a counter is never extended to before it was zero. asRate divides by the
// length of the range.
func (w *view) extrapolated(counter, asRate bool) (float64, bool) {
	if w.len() < 2 {
		return 0, false
	}
	first, last := w.first(), w.last()
	grown := last.Value - first.Value
	if counter {
		grown = w.growth(grown)
	}
	covered := float64(last.TMillis-first.TMillis) / 1000
	apart := covered / float64(w.len()-1)
	before, after := float64(first.TMillis-w.from)/1000, float64(w.to-last.TMillis)/1000
	if before >= apart*edgeSlack {
		before = apart / 2
	}
	if counter && grown > 0 && first.Value >= 0 {
		if sinceZero := covered * (first.Value / grown); sinceZero < before {
			before = sinceZero
		}
	}
	if after >= apart*edgeSlack {
		after = apart / 2
	}
	factor := 1.0
	if covered != 0 {
		factor = (covered + before + after) / covered
	}
	if asRate {
		factor /= w.seconds
	}
	return grown * factor, true
}

// growth adds what was lost to resets to the difference of the ends, in promql's order of additions.
func (w *view) growth(grown float64) float64 {
	if w.resets == 0 {
		return grown
	}
	for i := w.head + 1; i < w.edge; i++ {
		if before := w.at(i - 1).Value; w.at(i).Value < before {
			grown += before
		}
	}
	return grown
}

// instant is the step between the two newest samples, as a rate a second of a counter if so asked.
func (w *view) instant(counterRate bool) (float64, bool) {
	if w.len() < 2 {
		return 0, false
	}
	older, newer := w.at(w.edge-2), w.last()
	v := newer.Value
	if !counterRate || !(newer.Value < older.Value) {
		v -= older.Value
	}
	if counterRate {
		v /= float64(newer.TMillis-older.TMillis) / 1000
	}
	return v, true
}

// mean is the mean of the values; one whose sum is too great for a number is made step by step.
func (w *view) mean() float64 {
	n := float64(w.len())
	sum := w.fold.of(w.buffer, foldSum)
	if !math.IsInf(sum.value, 0) {
		return sum.value/n + sum.rest/n
	}
	var m mean
	for i := w.head; i < w.edge; i++ {
		m.add(w.at(i).Value)
	}
	return m.value()
}

// mean adds up values for their mean, and goes over to a running mean when the sum gets too great for a number, as
// promql's avg and avg_over_time do.
type mean struct {
	n, sum, rest float64
	running      bool // sum is the mean of the n values, not their sum
}

func (m *mean) add(v float64) {
	m.n++
	if m.n == 1 {
		m.sum = v
		return
	}
	if !m.running {
		sum, rest := kahansum.Inc(v, m.sum, m.rest)
		if !math.IsInf(sum, 0) {
			m.sum, m.rest = sum, rest
			return
		}
		m.running = true
		m.sum /= m.n - 1
		m.rest /= m.n - 1
	}
	share := (m.n - 1) / m.n
	m.sum, m.rest = kahansum.Inc(v/m.n, share*m.sum, share*m.rest)
}

func (m *mean) value() float64 {
	if m.running {
		return m.sum + m.rest
	}
	return m.sum/m.n + m.rest/m.n
}
