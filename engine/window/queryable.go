package window

import (
	"context"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/diagnops/diagnops/engine/model"
)

var _ storage.Queryable = (*Cut)(nil)

// Querier returns a Prometheus querier of the samples with mint <= time <= maxt, in milliseconds. Samples are floats;
// stale markers are passed on as they are. It never fails.
func (c *Cut) Querier(mint, maxt int64) (storage.Querier, error) {
	return &cutQuerier{cut: c, mint: mint, maxt: min(maxt, c.atMs)}, nil
}

// cutQuerier is a Cut between two times.
type cutQuerier struct {
	cut        *Cut
	mint, maxt int64
}

// Select implements storage.Querier. The series are always sorted, so that every evaluation adds up floats in the same
// order and gives the same bits.
func (q *cutQuerier) Select(
	ctx context.Context, _ bool, hints *storage.SelectHints, ms ...*labels.Matcher,
) storage.SeriesSet {
	if err := ctx.Err(); err != nil {
		return storage.ErrSeriesSet(err)
	}
	mint, maxt := q.mint, q.maxt
	if hints != nil && !hints.DisableTrimming {
		mint, maxt = max(mint, hints.Start), min(maxt, hints.End)
	}
	set := &seriesSet{next: -1}
	for _, s := range q.cut.pick(ms) {
		if ts, vs := q.cut.column(s).between(mint, maxt); len(ts) > 0 {
			set.series = append(set.series, floatSeries{s.labels, ts, vs})
		}
	}
	sort.Slice(set.series, func(i, j int) bool {
		return labels.Compare(set.series[i].labels, set.series[j].labels) < 0
	})
	return set
}

// LabelValues implements storage.LabelQuerier: the distinct values of the label on the matching series with samples.
func (q *cutQuerier) LabelValues(
	_ context.Context, name string, _ *storage.LabelHints, ms ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	return q.cut.labelValues(name, q.mint, q.maxt, ms), nil, nil
}

// LabelNames implements storage.LabelQuerier.
func (q *cutQuerier) LabelNames(
	_ context.Context, _ *storage.LabelHints, ms ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	seen := map[string]bool{}
	for _, s := range q.cut.pick(ms) {
		if q.cut.has(s, q.mint, q.maxt) {
			s.labels.Range(func(l labels.Label) { seen[l.Name] = true })
		}
	}
	names := make([]string, 0, len(seen))
	for n := range seen {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, nil, nil
}

// Close implements storage.Querier; there is nothing to let go.
func (q *cutQuerier) Close() error { return nil }

// labelValues returns, sorted, the distinct non-empty values of a label on the matching series that have a sample with
// mint <= time <= maxt.
func (c *Cut) labelValues(name string, mint, maxt int64, ms []*labels.Matcher) []string {
	seen := map[string]bool{}
	for _, s := range c.pick(ms) {
		// Looking at samples costs more than looking at a label, and one series with samples is enough.
		if v := s.labels.Get(name); v != "" && !seen[v] && c.has(s, mint, maxt) {
			seen[v] = true
		}
	}
	values := make([]string, 0, len(seen))
	for v := range seen {
		values = append(values, v)
	}
	slices.Sort(values)
	return values
}

// has tells whether the series has a sample with mint <= time <= maxt. A stale marker is no sample.
func (c *Cut) has(s picked, mint, maxt int64) bool {
	_, vs := c.column(s).between(mint, maxt)
	return slices.ContainsFunc(vs, func(v float64) bool { return !model.IsStale(v) })
}

// seriesSet is a storage.SeriesSet over a slice.
type seriesSet struct {
	series []floatSeries
	next   int
}

// Next moves to the next series, if there is one.
func (s *seriesSet) Next() bool { s.next++; return s.next < len(s.series) }

// At returns the series moved to.
func (s *seriesSet) At() storage.Series { return &s.series[s.next] }

// Err returns nil: what is in memory cannot fail.
func (s *seriesSet) Err() error { return nil }

// Warnings returns nil.
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// floatSeries is a storage.Series over part of a column.
type floatSeries struct {
	labels labels.Labels
	ts     []int64
	vs     []float64
}

// Labels returns the series' labels.
func (s *floatSeries) Labels() labels.Labels { return s.labels }

// Iterator returns an iterator before the first sample; it reuses it where it can.
func (s *floatSeries) Iterator(it chunkenc.Iterator) chunkenc.Iterator {
	if reused, ok := it.(*floatIterator); ok {
		*reused = floatIterator{ts: s.ts, vs: s.vs, i: -1}
		return reused
	}
	return &floatIterator{ts: s.ts, vs: s.vs, i: -1}
}

// millis is a time in Unix milliseconds. Beside saying the unit it keeps vet, which compares names, from taking
// chunkenc.Iterator's Seek for io.Seeker's.
type millis = int64

// floatIterator walks over part of a column.
type floatIterator struct {
	ts []int64
	vs []float64
	i  int // -1 before the first
}

// Next moves to the next sample.
func (it *floatIterator) Next() chunkenc.ValueType {
	if it.i+1 >= len(it.ts) {
		it.i = len(it.ts)
		return chunkenc.ValNone
	}
	it.i++
	return chunkenc.ValFloat
}

// Seek moves forward to the first sample at or after t; it stays when it is there already.
func (it *floatIterator) Seek(t millis) chunkenc.ValueType {
	from := max(it.i, 0)
	if from >= len(it.ts) {
		return chunkenc.ValNone
	}
	n, _ := slices.BinarySearch(it.ts[from:], t)
	it.i = from + n
	if it.i >= len(it.ts) {
		return chunkenc.ValNone
	}
	return chunkenc.ValFloat
}

// At returns the time and value of the sample moved to.
func (it *floatIterator) At() (int64, float64) { return it.ts[it.i], it.vs[it.i] }

// AtT returns the time of the sample moved to.
func (it *floatIterator) AtT() int64 { return it.ts[it.i] }

// AtST returns 0: when a counter began is not kept.
func (it *floatIterator) AtST() int64 { return 0 }

// Err returns nil: what is in memory cannot fail.
func (it *floatIterator) Err() error { return nil }

// AtHistogram is never called: no value is of that type.
func (it *floatIterator) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) {
	panic("BUG: window: a float sample asked for as a histogram")
}

// AtFloatHistogram is never called: no value is of that type.
func (it *floatIterator) AtFloatHistogram(*histogram.FloatHistogram) (int64, *histogram.FloatHistogram) {
	panic("BUG: window: a float sample asked for as a histogram")
}
