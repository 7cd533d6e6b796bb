package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/testdata"
)

// labStep is the grid that the recorded incident is evaluated on, and how often it hands samples on.
const labStep = 5 * time.Second

// lab is the recorded incident of testdata as a source that has been there for a while: its quiet beginning comes again
// and again, then all of it once. What never falls in the quiet time, as counters, goes on rising from one time to the
// next.
type lab struct {
	topology *model.Topology
	scrape   time.Duration
	begin    time.Time // of the quiet times
	incident time.Time // when the recording itself begins, after them
	end      time.Time // of the symptom

	series []model.Labels
	points [][]model.Point // of each series
	next   []int           // by series: the first point not handed on
	batch  model.Batch
}

// openLab reads the recording and puts its quiet beginning before it so often that this lasts for so long at least.
func openLab(b *testing.B, quiet time.Duration) *lab {
	b.Helper()
	rec, err := bundle.OpenFS(testdata.Demo())
	if err != nil {
		b.Fatal(err)
	}
	data, err := rec.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	from, symptom := rec.Incident.Window.From.Truncate(labStep), rec.Incident.Symptom.Interval
	calm := symptom.From.Add(-time.Minute).Sub(from).Truncate(labStep)
	laps := int((quiet + calm - 1) / calm)
	l := &lab{
		topology: rec.Topology, scrape: data.ScrapeInterval(), begin: from.Add(-time.Duration(laps) * calm), incident: from, end: symptom.To,
		series: data.Series, next: make([]int, data.NumSeries()),
	}
	for i := range data.Series {
		l.points = append(l.points, before(data.Times[i], data.Values[i], model.Millis(from.Add(calm)), calm.Milliseconds(), laps))
	}
	return l
}

// before returns a series whose samples until a time, Unix milliseconds, come so many times more beforehand, each time so
// many milliseconds earlier.
func before(ts []int64, vs []float64, until, apart int64, times int) []model.Point {
	n, _ := slices.BinarySearch(ts, until)
	growth := 0.0
	if n > 0 && slices.IsSorted(vs[:n]) {
		growth = vs[n-1] - vs[0]
	}
	var out []model.Point
	for k := times; k > 0; k-- {
		for i := range n {
			out = append(out, model.Point{TMillis: ts[i] - int64(k)*apart, Value: vs[i] - float64(k)*growth})
		}
	}
	for i := range ts {
		out = append(out, model.Point{TMillis: ts[i], Value: vs[i]})
	}
	return out
}

// until returns the samples up to and including a time that were not handed on before, and of which series (indices into
// l.series) they are. It is valid until the next call.
func (l *lab) until(at time.Time) *model.Batch {
	l.batch.Reset()
	upTo := model.Millis(at)
	for i, points := range l.points {
		n := l.next[i]
		for n < len(points) && points[n].TMillis <= upTo {
			n++
		}
		if n > l.next[i] {
			l.batch.Series = append(l.batch.Series, model.BatchSeries{Labels: l.series[i], First: len(l.batch.Points), N: n - l.next[i]})
			l.batch.Points = append(l.batch.Points, points[l.next[i]:n]...)
			l.next[i] = n
		}
	}
	return &l.batch
}
