package journal

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diagnops/diagnops/engine/model"
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}

// store is a sink that keeps what a window would: a series grows at its end only.
type store struct {
	points map[string][]model.Point
	order  []sent // everything appended, in order
	fails  error
}

type sent struct {
	series string
	point  model.Point
}

// equal tells whether both are the same samples, those of each series in the same order.
func equal(a, b []sent) bool {
	bySeries := func(a, b sent) int { return strings.Compare(a.series, b.series) }
	a, b = slices.Clone(a), slices.Clone(b)
	slices.SortStableFunc(a, bySeries)
	slices.SortStableFunc(b, bySeries)
	return slices.Equal(a, b)
}

// contains tells whether the store has kept all of these.
func contains(s *store, all []sent) bool {
	return !slices.ContainsFunc(all, func(one sent) bool { return !slices.Contains(s.points[one.series], one.point) })
}

func newStore() *store { return &store{points: map[string][]model.Point{}} }

func (s *store) Ingest(_ context.Context, b *model.Batch) (taken model.Taken, err error) {
	if s.fails != nil {
		return taken, s.fails
	}
	for i := range b.Series {
		name := b.Series[i].Labels.String()
		for _, p := range b.Of(&b.Series[i]) {
			kept := s.points[name]
			if n := len(kept); n > 0 && kept[n-1].TMillis >= p.TMillis {
				taken.OutOfOrder++
				continue
			}
			taken.Appended++
			s.points[name] = append(kept, p)
			s.order = append(s.order, sent{name, p})
		}
	}
	return taken, nil
}

// of names a series.
func of(n int) model.Labels {
	return model.NewLabels(map[string]string{
		model.MetricName: "requests_total", "instance": fmt.Sprintf("web-%d:8080", n), "service": "web",
	})
}

// add adds points of a series to a batch.
func add(b *model.Batch, ls model.Labels, points ...model.Point) {
	b.Series = append(b.Series, model.BatchSeries{Labels: ls, First: len(b.Points), N: len(points)})
	b.Points = append(b.Points, points...)
}

// one is a batch of one point.
func one(series int, tMillis int64, v float64) *model.Batch {
	b := &model.Batch{}
	add(b, of(series), model.Point{TMillis: tMillis, Value: v})
	return b
}

// running is a journal whose Run is the test itself: what it asks for is done when it is answered.
type running struct {
	*writer
	tb  testing.TB
	now time.Time
}

var start = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

func openJournal(tb testing.TB, opts Options) *Journal {
	tb.Helper()
	if opts.Window == 0 {
		opts.Window = time.Hour
	}
	j, err := New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	return j
}

func run(tb testing.TB, j *Journal) *running {
	tb.Helper()
	return &running{writer: newWriter(j), tb: tb}
}

// tick tells the time, so long after the start, at which everything is written that was appended before.
func (r *running) tick(at time.Duration) {
	r.now = start.Add(at)
	r.write(r.now)
}

// stop ends the journal as a restart does.
func (r *running) stop() {
	r.tb.Helper()
	if err := r.end(r.now); err != nil {
		r.tb.Fatal(err)
	}
	if err := r.Close(); err != nil {
		r.tb.Fatal(err)
	}
}

// replayed reads a directory from the beginning of time.
func replayed(tb testing.TB, dir string, sink Sink) Replayed {
	tb.Helper()
	j := openJournal(tb, Options{Dir: dir})
	got, err := j.Replay(context.Background(), time.UnixMilli(0), sink)
	if err != nil {
		tb.Fatal(err)
	}
	if err := j.Close(); err != nil {
		tb.Fatal(err)
	}
	return got
}

// checkSum holds a journal against its own account of samples.
func checkSum(tb testing.TB, s Stats) {
	tb.Helper()
	if sum := s.Pending + s.Written + s.LostFull + s.LostSeries + s.LostDisk + s.LostStopped; s.Samples != sum || s.Synced > s.Written {
		tb.Errorf("the counts do not add up: %+v", s)
	}
}
