package promapi

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// maxValues bounds one answer to 512 MB of values.
	maxValues = 64 << 20
	// maxWarnings bounds how many different warnings of one answer are kept.
	maxWarnings = 50
	// snapMillis is how far a point may lie off the grid and still be it: the API carries times as decimal seconds, and a
	// source that cuts instead of rounding loses up to a millisecond.
	snapMillis int64 = 1
)

// joiner puts chunks together, series by series. It is safe for concurrent use.
type joiner struct {
	step int64 // milliseconds
	n    int   // points of the grid

	mu         sync.Mutex
	series     map[string]*model.AnswerSeries
	warnings   map[string]struct{}
	points     uint64
	histograms int // points refused because they are native histograms
	offGrid    int // points refused because nobody asked for them
	twice      int // points given twice for one series
}

func newJoiner(grid model.Grid) *joiner {
	return &joiner{
		step: grid.Step.Milliseconds(), n: grid.Len(),
		series: make(map[string]*model.AnswerSeries), warnings: make(map[string]struct{}),
	}
}

// add takes the answer to one chunk.
func (j *joiner) add(ch chunk, matrix prommodel.Matrix, warnings []string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, w := range warnings {
		j.warnings[w] = struct{}{}
	}
	for _, stream := range matrix {
		j.histograms += len(stream.Histograms)
		if len(stream.Values) == 0 {
			continue
		}
		s, err := j.seriesOf(stream.Metric)
		if err != nil {
			return err
		}
		for _, p := range stream.Values {
			j.put(ch, s.Values, p)
		}
	}
	return nil
}

// put stores one point at its place; what lies off the chunk's own points is counted and left out.
func (j *joiner) put(ch chunk, values []float64, p prommodel.SamplePair) {
	d := int64(p.Timestamp) - ch.startMillis
	snap := min(snapMillis, j.step/2)
	i := (d + snap) / j.step
	if off := d - i*j.step; d+snap < 0 || i >= int64(ch.n) || off > snap {
		j.offGrid++
		return
	}
	v := float64(p.Value)
	if v != v {
		return
	}
	at := &values[ch.first+int(i)]
	if !model.IsGap(*at) {
		j.twice++
		return
	}
	*at = v
	j.points++
}

func (j *joiner) seriesOf(metric prommodel.Metric) (*model.AnswerSeries, error) {
	ls := make(model.Labels, 0, len(metric))
	for n, v := range metric {
		ls = append(ls, model.Label{Name: string(n), Value: string(v)})
	}
	ls.Sort()
	key := joinKey(ls)
	if s := j.series[key]; s != nil {
		return s, nil
	}
	if (len(j.series)+1)*j.n > maxValues {
		return nil, fmt.Errorf("%w: the answer has more than %d series of %d points: ask for fewer series",
			ErrBadQuery, len(j.series), j.n)
	}
	s := &model.AnswerSeries{Labels: ls, Values: make([]float64, j.n)}
	for i := range s.Values {
		s.Values[i] = model.Gap()
	}
	j.series[key] = s
	return s, nil
}

// joinKey tells label sets apart whatever their names and values hold, because it says how long each is.
func joinKey(ls model.Labels) string {
	var b strings.Builder
	for _, l := range ls {
		fmt.Fprintf(&b, "%d:%s%d:%s", len(l.Name), l.Name, len(l.Value), l.Value)
	}
	return b.String()
}

// answer is everything joined: series by labels, warnings by text. Series without a single value are left out.
func (j *joiner) answer() model.Answer {
	j.mu.Lock()
	defer j.mu.Unlock()
	var ans model.Answer
	for _, s := range j.series {
		if slices.ContainsFunc(s.Values, func(v float64) bool { return !model.IsGap(v) }) {
			ans.Series = append(ans.Series, *s)
		}
	}
	slices.SortFunc(ans.Series, func(a, b model.AnswerSeries) int { return a.Labels.Compare(b.Labels) })
	ans.Warnings = j.allWarnings()
	return ans
}

func (j *joiner) allWarnings() []string {
	var ws []string
	for w := range j.warnings {
		ws = append(ws, w)
	}
	slices.Sort(ws)
	if more := len(ws) - maxWarnings; more > 0 {
		ws = append(ws[:maxWarnings], fmt.Sprintf("and %d more warnings", more))
	}
	if j.histograms > 0 {
		ws = append(ws, fmt.Sprintf("%d points are native histograms and were left out: ask for a number of them, with "+
			"histogram_quantile, histogram_avg, histogram_count or histogram_sum", j.histograms))
	}
	if j.offGrid > 0 {
		ws = append(ws, fmt.Sprintf("%d points lay off the grid asked for and were left out: the source moves the start of "+
			"range queries", j.offGrid))
	}
	if j.twice > 0 {
		ws = append(ws, fmt.Sprintf("%d points came twice; the first was taken", j.twice))
	}
	return ws
}
