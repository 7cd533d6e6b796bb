package bench

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

const (
	// labPoints is how many points of a signal are watched: the default of a core.
	labPoints = 240
	// labSamples of each series are kept by both sides: as many as there are points.
	labSamples = labPoints
)

// promStore is Prometheus' own store of recent samples, the one that its rules are evaluated over.
type promStore struct {
	*tsdb.Head
	refs map[string]storage.SeriesRef
}

func newPromStore(b *testing.B) *promStore {
	b.Helper()
	opts := tsdb.DefaultHeadOptions()
	opts.ChunkDirRoot = b.TempDir()
	h, err := tsdb.NewHead(nil, slog.New(slog.DiscardHandler), nil, nil, opts, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close() })
	if err := h.Init(math.MinInt64); err != nil {
		b.Fatal(err)
	}
	return &promStore{Head: h, refs: map[string]storage.SeriesRef{}}
}

func (p *promStore) take(b *testing.B, batch *model.Batch) {
	b.Helper()
	app := p.Appender(b.Context())
	for i := range batch.Series {
		s := &batch.Series[i]
		key, ls := s.Labels.String(), promLabels(s.Labels)
		for _, pt := range batch.Of(s) {
			ref, err := app.Append(p.refs[key], ls, pt.TMillis, pt.Value)
			if err != nil {
				b.Fatal(err)
			}
			p.refs[key] = ref
		}
	}
	if err := app.Commit(); err != nil {
		b.Fatal(err)
	}
}

// Querier implements storage.Queryable.
func (p *promStore) Querier(mint, maxt int64) (storage.Querier, error) {
	return tsdb.NewBlockQuerier(tsdb.NewRangeHead(p.Head, mint, maxt), mint, maxt)
}

func promLabels(ls model.Labels) labels.Labels {
	b := labels.NewScratchBuilder(len(ls))
	for _, l := range ls {
		b.Add(l.Name, l.Value)
	}
	return b.Labels()
}

// labRules are the expressions that a core evaluates for a topology whose raw series lie in a window, each once.
func labRules(b *testing.B, l *lab, raw *window.Window, at time.Time) []string {
	b.Helper()
	eval, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: labStep})
	if err != nil {
		b.Fatal(err)
	}
	names := func(ctx context.Context, selector map[string]string) ([]string, error) {
		return eval.On(raw.Cut(at)).MetricNames(ctx, selector, model.Interval{})
	}
	plan, _, err := rules.Default().Plan(b.Context(), l.topology, names, rules.PlanOptions{Step: labStep, ScrapeInterval: l.scrape})
	if err != nil {
		b.Fatal(err)
	}
	var exprs []string
	for _, q := range plan {
		for _, expr := range q.Candidates {
			if !slices.Contains(exprs, expr) {
				exprs = append(exprs, expr)
			}
		}
	}
	return exprs
}

// promRules evaluates rules as Prometheus does: an instant query each, by its engine.
type promRules struct {
	engine *promql.Engine
	exprs  []string
	values int // that came out, so that nothing can be left out
}

func newPromRules(lookback time.Duration, exprs []string) *promRules {
	return &promRules{exprs: exprs, engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: window.DefaultMaxSamples, Timeout: window.DefaultTimeout, LookbackDelta: lookback,
		Parser: parser.NewParser(parser.Options{}),
	})}
}

func (p *promRules) evaluate(b *testing.B, store storage.Queryable, at time.Time) {
	b.Helper()
	for _, expr := range p.exprs {
		q, err := p.engine.NewInstantQuery(b.Context(), store, nil, expr, at)
		if err != nil {
			b.Fatal(err)
		}
		if v, err := q.Exec(b.Context()).Vector(); err == nil { // what it refuses costs, too
			p.values += len(v)
		}
		q.Close()
	}
}

// side is one who does the work: what it took, and the garbage that it has made since its last collection.
type side struct {
	cpu     time.Duration // of the process, the garbage collector's included
	garbage uint64        // bytes
}

// do adds what something takes. The collector is off but here, so that each side pays for its own garbage: it runs when
// a side has made as much as there is in use, as it does by default (GOGC=100).
func (s *side) do(b *testing.B, work func()) {
	b.Helper()
	cpu, made := processTime(b), allocated()
	work()
	if s.garbage += allocated() - made; s.garbage >= inUse() {
		runtime.GC()
		s.garbage = 0
	}
	s.cpu += processTime(b) - cpu
}

// allocated is how many bytes were allocated so far, and inUse how many were alive at the last collection.
func allocated() uint64 { return runtimeMetric("/gc/heap/allocs:bytes") }
func inUse() uint64     { return runtimeMetric("/gc/heap/live:bytes") }

func runtimeMetric(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// sides are those who do the same work, beside each other.
type sides struct {
	core, head, cut, parse side
	samples, steps         int
}

// BenchmarkStreamAgainstPromql plays the recorded incident of testdata, after as much quiet time as is watched, and does
// at each of its grid points, one after the other:
//
//   - a core evaluates all signals of the shipped packs and watches each: what is abnormal, and what will be full;
//   - Prometheus' engine evaluates the same expressions over Prometheus' own store (a tsdb.Head without a log);
//   - the same engine evaluates them over a cut of our window;
//   - the expressions are parsed, which is part of what the engine does for an instant query each time.
//
// It gives the processor time of a raw sample that came in (cpu-ns/sample) and of the whole incident (cpu-s), and how many times that of the core each of the others is. Taking samples in is in none of them.
func BenchmarkStreamAgainstPromql(b *testing.B) {
	var sum sides
	for b.Loop() {
		runLab(b, &sum)
	}
	times := func(d time.Duration) float64 { return d.Seconds() / sum.core.cpu.Seconds() }
	b.ReportMetric(float64(sum.core.cpu.Nanoseconds())/float64(sum.samples), "cpu-ns/sample")
	b.ReportMetric(float64(sum.samples)/float64(sum.steps), "samples/step")
	b.ReportMetric(sum.core.cpu.Seconds()/float64(b.N), "cpu-s-ours")
	b.ReportMetric(sum.head.cpu.Seconds()/float64(b.N), "cpu-s-promql")
	b.ReportMetric(times(sum.head.cpu), "x-of-promql")
	b.ReportMetric(times(sum.head.cpu-sum.parse.cpu), "x-of-promql-parsed")
	b.ReportMetric(times(sum.cut.cpu), "x-of-promql-on-window")
	b.ReportMetric(0, "ns/op")
}

// runLab plays the incident once.
func runLab(b *testing.B, sum *sides) {
	b.Helper()
	l := openLab(b, labPoints*labStep)
	core := playedCore(b, labStep, l.scrape, labPoints, labSamples)
	head := newPromStore(b)
	raw, err := window.New(window.Options{SamplesPerSeries: labSamples, MaxSeries: len(l.series)})
	if err != nil {
		b.Fatal(err)
	}
	take := func(at time.Time) (samples int) {
		batch := l.until(at)
		if _, err := core.Ingest(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		head.take(b, batch)
		for i := range batch.Series {
			ref, err := raw.Series(batch.Series[i].Labels)
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range batch.Of(&batch.Series[i]) {
				raw.Append(ref, p.TMillis, p.Value)
			}
		}
		return len(batch.Points)
	}
	advance := func(at time.Time) {
		if err := core.Advance(b.Context(), at); err != nil {
			b.Fatal(err)
		}
	}
	at := l.begin.Add(time.Minute) // by then every target was scraped
	take(at)
	if err := core.Observe(b.Context(), l.topology, at); err != nil {
		b.Fatal(err)
	}
	theirs, parse := newPromRules(labStep, labRules(b, l, raw, at)), parser.NewParser(parser.Options{})
	for ; !at.After(l.incident); at = at.Add(labStep) {
		take(at)
		advance(at)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC()
	for ; !at.After(l.end); at = at.Add(labStep) {
		sum.samples += take(at)
		sum.steps++
		point := at.Add(-labStep) // what a core evaluates stays a step behind
		sum.core.do(b, func() { advance(at) })
		sum.head.do(b, func() { theirs.evaluate(b, head, point) })
		sum.cut.do(b, func() { theirs.evaluate(b, raw.Cut(point), point) })
		sum.parse.do(b, func() {
			for _, expr := range theirs.exprs {
				if _, err := parse.ParseExpr(expr); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	if now := core.Now(); !slices.ContainsFunc(now.Abnormal, func(w engine.Watched) bool {
		return w.Subject.Component == "db-volume" && w.Signal.Kind == model.KindSaturation
	}) || theirs.values == 0 {
		b.Fatalf("of %d signals %d are abnormal, and the saturated volume is not among them; by promql %d values came out",
			now.Signals, len(now.Abnormal), theirs.values)
	}
}
