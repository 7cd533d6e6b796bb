package bundle

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Data is every sample of a bundle, in columns.
type Data = collectors.Data

// Sink takes the samples of a replay.
type Sink = collectors.Sink

const (
	// maxSamples bounds the samples of a bundle to 1.6 GB of columns: a day of 1,000 series a second.
	maxSamples = 100_000_000
	// maxLabels bounds the labels of one series; Prometheus servers are usually set to accept 30 to 60.
	maxLabels = 256
)

var (
	errTooManySeries  = fmt.Errorf("must have at most %d series", collectors.MaxSeries)
	errTooManySamples = fmt.Errorf("must have at most %d samples", maxSamples)
	errTooManyLabels  = errors.New("must have at most 256 labels")
)

// run is a stretch of samples of one series in the arena; it ends where the next begins.
type run struct {
	series int32
	start  int
}

// columns collects samples, one series after another, in one arena. A recording that keeps each series together gives
// one run a series, and its columns are then parts of the arena, never copied.
type columns struct {
	series []model.Labels
	known  map[string]int32 // canonical text of the labels, and other spellings seen -> series
	times  []int64
	values []float64
	runs   []run
	key    []byte // scratch
}

func newColumns() *columns { return &columns{known: map[string]int32{}} }

// reserve makes room for about n more samples.
func (c *columns) reserve(n int) {
	c.times = slices.Grow(c.times, n)
	c.values = slices.Grow(c.values, n)
}

// find returns the number of the series with these labels, which must be sorted; new ones are added.
func (c *columns) find(labels model.Labels) (int32, error) {
	c.key = appendKey(c.key[:0], labels)
	if s, ok := c.known[string(c.key)]; ok {
		return s, nil
	}
	if len(c.series) >= collectors.MaxSeries {
		return 0, errTooManySeries
	}
	s := int32(len(c.series))
	c.series = append(c.series, labels)
	c.known[string(c.key)] = s
	return s, nil
}

// appendKey writes labels in the form in which a recording of ours writes them: name{a="b"}, sorted, escaped.
func appendKey(dst []byte, labels model.Labels) []byte {
	dst = append(dst, labels.Get(model.MetricName)...)
	open := byte('{')
	for _, l := range labels {
		if l.Name == model.MetricName {
			continue
		}
		dst = append(append(append(append(dst, open), l.Name...), '='), '"')
		for i := 0; i < len(l.Value); i++ {
			switch ch := l.Value[i]; ch {
			case '"', '\\':
				dst = append(dst, '\\', ch)
			case '\n':
				dst = append(dst, '\\', 'n')
			default:
				dst = append(dst, ch)
			}
		}
		dst = append(dst, '"')
		open = ','
	}
	if open == ',' {
		dst = append(dst, '}')
	}
	return dst
}

// begin makes the following samples those of the series.
func (c *columns) begin(series int32) {
	if n := len(c.runs); n > 0 && c.runs[n-1].series == series {
		return
	}
	c.runs = append(c.runs, run{series, len(c.times)})
}

// data ends the collection: series sorted by their labels, samples by time, one a millisecond.
func (c *columns) data() *Data {
	times, values := c.split()
	order := make([]int, 0, len(c.series))
	for i := range c.series {
		if len(times[i]) > 0 {
			order = append(order, i)
		}
	}
	sort.Slice(order, func(a, b int) bool { return c.series[order[a]].Compare(c.series[order[b]]) < 0 })
	d := &Data{
		Series: make([]model.Labels, len(order)),
		Times:  make([][]int64, len(order)),
		Values: make([][]float64, len(order)),
	}
	for to, from := range order {
		t, v := times[from], values[from]
		if !increasing(t) {
			t, v = straighten(d, t, v)
		}
		d.Series[to], d.Times[to], d.Values[to] = c.series[from], t, v
	}
	return d
}

// split cuts the arena into columns, copying only series of several runs.
func (c *columns) split() (times [][]int64, values [][]float64) {
	times, values = make([][]int64, len(c.series)), make([][]float64, len(c.series))
	total := make([]int, len(c.series))
	count := make([]int, len(c.series))
	for i, r := range c.runs {
		total[r.series] += c.end(i) - r.start
		count[r.series]++
	}
	for i, r := range c.runs {
		s, end := r.series, c.end(i)
		if count[s] == 1 {
			times[s], values[s] = c.times[r.start:end:end], c.values[r.start:end:end]
			continue
		}
		if times[s] == nil {
			times[s], values[s] = make([]int64, 0, total[s]), make([]float64, 0, total[s])
		}
		times[s] = append(times[s], c.times[r.start:end]...)
		values[s] = append(values[s], c.values[r.start:end]...)
	}
	return times, values
}

func (c *columns) end(i int) int {
	if i+1 < len(c.runs) {
		return c.runs[i+1].start
	}
	return len(c.times)
}

func increasing(times []int64) bool {
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return false
		}
	}
	return true
}

// straighten sorts a series by time and keeps the first of several samples at one time, as Prometheus does; both are
// counted.
func straighten(d *Data, times []int64, values []float64) ([]int64, []float64) {
	latest := times[0]
	for _, t := range times[1:] {
		if t < latest {
			d.OutOfOrder++
		}
		latest = max(latest, t)
	}
	sort.Stable(byTime{times, values})
	n := 1
	for i := 1; i < len(times); i++ {
		if times[i] == times[n-1] {
			d.Duplicates++
			continue
		}
		times[n], values[n] = times[i], values[i]
		n++
	}
	return times[:n:n], values[:n:n]
}

type byTime struct {
	times  []int64
	values []float64
}

func (b byTime) Len() int           { return len(b.times) }
func (b byTime) Less(i, j int) bool { return b.times[i] < b.times[j] }
func (b byTime) Swap(i, j int) {
	b.times[i], b.times[j] = b.times[j], b.times[i]
	b.values[i], b.values[j] = b.values[j], b.values[i]
}

// clip shortens a piece of somebody's text for a message.
func clip(s string) string {
	const limit = 60
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "..."
	}
	return s
}
