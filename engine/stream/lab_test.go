package stream

import (
	"context"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
	"github.com/diagnops/diagnops/testdata"
)

// recording is the recorded incident that comes with the program, with what its rules ask.
type recording struct {
	step     time.Duration
	lookback time.Duration
	from, to int64 // Unix milliseconds
	series   []labels.Labels
	points   [][]model.Point
	window   *window.Window
	engine   *promql.Engine
	exprs    []string // all candidates of the plan, each once
}

func record(tb testing.TB) *recording {
	tb.Helper()
	b, err := bundle.OpenFS(testdata.Demo())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	data, err := b.Load(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	rec := &recording{
		step: b.Incident.Step, from: model.Millis(b.Incident.Window.From), to: model.Millis(b.Incident.Window.To),
		lookback: max(b.Incident.Step, data.ScrapeInterval()),
	}
	rec.window, err = window.New(window.Options{SamplesPerSeries: data.MaxSamplesPerSeries(), MaxSeries: data.NumSeries()})
	if err != nil {
		tb.Fatal(err)
	}
	if err := data.Replay(tb.Context(), rec, nil); err != nil {
		tb.Fatal(err)
	}
	rec.engine = newPromql(rec.lookback)
	eval, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: rec.lookback})
	if err != nil {
		tb.Fatal(err)
	}
	names := func(ctx context.Context, selector map[string]string) ([]string, error) {
		return eval.On(rec.window.Cut(b.Incident.Window.To)).MetricNames(ctx, selector, model.Interval{})
	}
	plan, _, err := rules.Default().Plan(tb.Context(), b.Topology, names, rules.PlanOptions{Step: rec.step, ScrapeInterval: data.ScrapeInterval()})
	if err != nil {
		tb.Fatal(err)
	}
	for _, q := range plan {
		for _, expr := range q.Candidates {
			if !slices.Contains(rec.exprs, expr) {
				rec.exprs = append(rec.exprs, expr)
			}
		}
	}
	return rec
}

// Series implements bundle.Sink.
func (rec *recording) Series(ls model.Labels) (model.SeriesRef, error) {
	ref, err := rec.window.Series(ls)
	if err == nil && int(ref) == len(rec.series) {
		b := labels.NewScratchBuilder(len(ls))
		for _, l := range ls {
			b.Add(l.Name, l.Value)
		}
		rec.series = append(rec.series, b.Labels())
		rec.points = append(rec.points, nil)
	}
	return ref, err
}

// Append implements bundle.Sink.
func (rec *recording) Append(ref model.SeriesRef, tMillis int64, v float64) {
	rec.window.Append(ref, tMillis, v)
	rec.points[ref] = append(rec.points[ref], model.Point{TMillis: tMillis, Value: v})
}

// playback is a Source over rings, into which a recording is written as time goes on.
type playback struct {
	rec   *recording
	rings *ring.Slab
	next  []int // by series: first point not written
	ts    [readAhead]int64
	vs    [readAhead]float64
}

func newPlayback(rec *recording) *playback {
	const samples = 256
	return &playback{rec: rec, rings: ring.NewSlab(len(rec.series), samples), next: make([]int, len(rec.series))}
}

// write writes the samples up to a time.
func (p *playback) write(upTo int64) {
	for i, points := range p.rec.points {
		for ; p.next[i] < len(points) && points[p.next[i]].TMillis <= upTo; p.next[i]++ {
			p.rings.Append(i, points[p.next[i]].TMillis, points[p.next[i]].Value)
		}
	}
}

func (p *playback) Births(since uint64, refs []model.SeriesRef) ([]model.SeriesRef, uint64) {
	for i := since; i < uint64(p.rings.Rings()); i++ {
		refs = append(refs, model.SeriesRef(i))
	}
	return refs, uint64(p.rings.Rings())
}

func (p *playback) Labels(ref model.SeriesRef) (labels.Labels, bool) { return p.rec.series[ref], true }

// Samples reads as many samples as fit.
func (p *playback) Samples(ref model.SeriesRef, number uint64, into []model.Point) (n int, first uint64, ok bool) {
	room := min(len(into), readAhead)
	n, first = p.rings.Ring(int(ref)).Since(number, p.ts[:room], p.vs[:room])
	for i := range n {
		into[i] = model.Point{TMillis: p.ts[i], Value: p.vs[i]}
	}
	return n, first, true
}

// runner is set up for all expressions of the recording.
func (rec *recording) runner(tb testing.TB, src Source) *Runner {
	tb.Helper()
	return newRunner(tb, src, Options{Start: rec.from, Step: rec.step, Lookback: rec.lookback}, rec.exprs...)
}

// TestLabAgreesWithPromql evaluates all rules on a recorded incident both ways.
func TestLabAgreesWithPromql(t *testing.T) {
	rec := record(t)
	src := newPlayback(rec)
	r := rec.runner(t, src)
	n := 0
	for at := rec.from; at <= rec.to; at += rec.step.Milliseconds() {
		src.write(at)
		var c collector
		if err := r.Advance(t.Context(), at, c.emit); err != nil {
			t.Fatal(err)
		}
		cut := rec.window.Cut(model.FromMillis(at))
		for i, expr := range rec.exprs {
			got := slices.DeleteFunc(slices.Clone(c.values), func(v value) bool { return v.Program != i })
			want, refused := byPromql(t, rec.engine, cut, expr, at)
			if (r.Err(i) != nil) != refused || !sameValues(got, want) {
				t.Fatalf("%s at %d:\n got %v (%v)\nwant %v (refused: %v)", expr, at, got, r.Err(i), want, refused)
			}
			n += len(want)
		}
	}
	t.Logf("%d expressions, %d values, %+v", len(rec.exprs), n, r.Stats())
	if n == 0 {
		t.Error("no value was compared")
	}
}

// cpuTime is what the process has used up so far: on a machine with others on it, the clock tells less.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLab evaluates all rules on the recorded incident, both ways side by side at each grid point: incrementally
// over rings, and by Prometheus' engine over a cut. It reports the processor time of a sample read and of a grid point,
// and the ratio. Binding, which happens once, is left out; so is writing the rings.
func BenchmarkLab(b *testing.B) {
	for _, step := range []time.Duration{5 * time.Second, time.Second} {
		b.Run("step="+step.String(), func(b *testing.B) {
			rec := record(b)
			rec.step = step
			var sum sideBySide
			for b.Loop() {
				rec.sideBySide(b, &sum)
			}
			b.ReportMetric(0, "ns/op") // both ways and the setting up: says nothing
			b.ReportMetric(float64(sum.ours)/float64(sum.samples), "ns/sample")
			b.ReportMetric(float64(sum.samples)/float64(sum.steps), "samples/step")
			b.ReportMetric(float64(sum.ours.Microseconds())/float64(sum.steps), "µs/step")
			b.ReportMetric(float64(sum.theirs.Microseconds())/float64(sum.steps), "promql-µs/step")
			b.ReportMetric(float64(sum.theirs)/float64(sum.ours), "promql/ours")
		})
	}
}

// sideBySide is what both ways of evaluation cost.
type sideBySide struct {
	ours, theirs time.Duration // of processor
	samples      uint64
	steps        int
	values       [2]int // kept, so that nothing can be left out
}

// sideBySide adds what the recording costs, without its first grid points, at which series are bound.
func (rec *recording) sideBySide(b *testing.B, sum *sideBySide) {
	b.Helper()
	src := newPlayback(rec)
	r := rec.runner(b, src)
	take := func(*Output, int64, float64) { sum.values[0]++ }
	warm := rec.from + 20_000
	src.write(warm)
	if err := r.Advance(b.Context(), warm, take); err != nil {
		b.Fatal(err)
	}
	before := r.Stats().Samples
	for at := r.Next(); at <= rec.to; at += rec.step.Milliseconds() {
		src.write(at)
		start := cpuTime(b)
		if err := r.Advance(b.Context(), at, take); err != nil {
			b.Fatal(err)
		}
		middle := cpuTime(b)
		cut := rec.window.Cut(model.FromMillis(at))
		for _, expr := range rec.exprs {
			got, _ := byPromql(b, rec.engine, cut, expr, at)
			sum.values[1] += len(got)
		}
		sum.ours += middle - start
		sum.theirs += cpuTime(b) - middle
		sum.steps++
	}
	sum.samples += r.Stats().Samples - before
}

// TestSteadyStateAllocatesNothing advances over series that stay, once all is bound.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	rec := record(t)
	src := newPlayback(rec)
	r := rec.runner(t, src)
	ignore := func(*Output, int64, float64) {}
	half := rec.from + (rec.to-rec.from)/2
	src.write(half)
	if err := r.Advance(t.Context(), half, ignore); err != nil {
		t.Fatal(err)
	}
	step := rec.step.Milliseconds()
	samples := r.Stats().Samples
	var before, after runtime.MemStats
	steps := 0
	runtime.ReadMemStats(&before)
	for at := r.Next(); at <= rec.to; at += step {
		src.write(at)
		if err := r.Advance(t.Context(), at, ignore); err != nil {
			t.Fatal(err)
		}
		steps++
	}
	runtime.ReadMemStats(&after)
	samples = r.Stats().Samples - samples
	t.Logf("%d allocations in %d steps with %d samples", after.Mallocs-before.Mallocs, steps, samples)
	// The Go runtime and the test allocate a little on the side.
	if got := float64(after.Mallocs-before.Mallocs) / float64(samples); got > 0.001 {
		t.Errorf("%.4f allocations a sample, want none", got)
	}
}
