package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

const (
	// keptSamples is how much of each series is in the window, and how often it is filled before anything is measured:
	// a window in use has no page left that was never written.
	keptSamples = 240
	warmRounds  = 260
	// commitSamples is what Prometheus commits at a time: a large scrape.
	commitSamples = 10_000
	scrapeMillis  = 15_000
)

// seriesLabels are labels of usual size of series i.
func seriesLabels(i int) model.Labels {
	return model.NewLabels(map[string]string{
		"__name__": "http_server_requests_total", "instance": fmt.Sprintf("10.%d.%d.%d:8080", i>>16, i>>8&255, i&255),
		"job": "storefront", "method": "GET", "status": "200", "namespace": "production", "route": "/api/v1/items",
	})
}

// store is something that a writer appends one sample of each of its series to, in turn.
type store interface {
	round(writer int, tMillis int64, v float64) error
}

// windows are ours: a window a writer, as each shard of a live window is.
type windows struct {
	of   []*window.Window
	refs [][]model.SeriesRef
}

func newWindows(b *testing.B, series, writers int) *windows {
	b.Helper()
	ws := &windows{refs: make([][]model.SeriesRef, writers)}
	for range writers {
		w, err := window.New(window.Options{SamplesPerSeries: keptSamples, MaxSeries: series})
		if err != nil {
			b.Fatal(err)
		}
		ws.of = append(ws.of, w)
	}
	for i := range series {
		k := i * writers / series
		ref, err := ws.of[k].Series(seriesLabels(i))
		if err != nil {
			b.Fatal(err)
		}
		ws.refs[k] = append(ws.refs[k], ref)
	}
	return ws
}

func (ws *windows) round(writer int, tMillis int64, v float64) error {
	w := ws.of[writer]
	for _, ref := range ws.refs[writer] {
		w.Append(ref, tMillis, v)
	}
	return nil
}

// head is Prometheus' own store of recent samples, without a write-ahead log.
type head struct {
	head *tsdb.Head
	refs [][]storage.SeriesRef
}

func newHead(b *testing.B, series, writers int) *head {
	b.Helper()
	opts := tsdb.DefaultHeadOptions()
	opts.ChunkDirRoot = b.TempDir()
	h, err := tsdb.NewHead(nil, slog.New(slog.DiscardHandler), nil, nil, opts, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close() })
	if err := h.Init(0); err != nil {
		b.Fatal(err)
	}
	out := &head{head: h, refs: make([][]storage.SeriesRef, writers)}
	app := h.Appender(context.Background())
	for i := range series {
		builder := labels.NewScratchBuilder(7)
		for _, l := range seriesLabels(i) {
			builder.Add(l.Name, l.Value)
		}
		ref, err := app.Append(0, builder.Labels(), 0, 0)
		if err != nil {
			b.Fatal(err)
		}
		k := i * writers / series
		out.refs[k] = append(out.refs[k], ref)
	}
	if err := app.Commit(); err != nil {
		b.Fatal(err)
	}
	return out
}

func (h *head) round(writer int, tMillis int64, v float64) error {
	for refs := range slices.Chunk(h.refs[writer], commitSamples) {
		app := h.head.Appender(context.Background())
		for _, ref := range refs {
			if _, err := app.Append(ref, labels.EmptyLabels(), tMillis, v); err != nil {
				return err
			}
		}
		if err := app.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// roundOf lets all writers append a round side by side and returns how long it took.
func roundOf(b *testing.B, s store, writers int, tMillis int64) time.Duration {
	b.Helper()
	var wg sync.WaitGroup
	begin := time.Now()
	for w := range writers {
		wg.Go(func() {
			if err := s.round(w, tMillis, float64(tMillis%7919)); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return d[len(d)/2].Seconds()
}

// BenchmarkAppendAgainstHead appends one sample to each of many series in turn, to our window and to Prometheus' head
// (no write-ahead log), by series reference: a round here, a round there, so that both meet the same machine. It gives
// the median rates in millions of samples a second, ours as a multiple of theirs, and the bytes that our window takes
// for each sample it promises to keep, labels, index and all.
func BenchmarkAppendAgainstHead(b *testing.B) {
	for _, series := range []int{100_000, 1_000_000} {
		for _, writers := range []int{1, 2} {
			b.Run(fmt.Sprintf("series=%d/writers=%d", series, writers), func(b *testing.B) {
				before := heap()
				ours := newWindows(b, series, writers)
				bytes := float64(heap() - before)
				theirs := newHead(b, series, writers)
				now := int64(0)
				for range warmRounds {
					now += scrapeMillis
					roundOf(b, ours, writers, now)
				}
				t := int64(scrapeMillis)
				roundOf(b, theirs, writers, t)
				var a, h []time.Duration
				for b.Loop() {
					now, t = now+scrapeMillis, t+scrapeMillis
					a = append(a, roundOf(b, ours, writers, now))
					h = append(h, roundOf(b, theirs, writers, t))
				}
				b.ReportMetric(float64(series)/median(a)/1e6, "Msamples/s-ours")
				b.ReportMetric(float64(series)/median(h)/1e6, "Msamples/s-head")
				b.ReportMetric(median(h)/median(a), "x-of-head")
				b.ReportMetric(bytes/float64(series*keptSamples), "B/sample")
				b.ReportMetric(0, "ns/op")
				runtime.KeepAlive(ours)
			})
		}
	}
}

// BenchmarkAppendBesideReaders is how much of its rate a writer keeps while three readers copy the whole windows of
// series, one after the other at random, all the time. Four busy goroutines on fewer than four processors take turns
// whatever they do, so the same is done beside three goroutines that touch no memory:
//
//   - wall-kept, by the clock: the rate beside readers as a share of the rate alone;
//   - wall-kept-of-turns: as a share of the rate beside those who only take turns;
//   - cpu-kept: by the writer's own processor time, as a share of alone.
func BenchmarkAppendBesideReaders(b *testing.B) {
	const series, company, rounds = 100_000, 3, 100
	ours := newWindows(b, series, 1)
	now := int64(0)
	for range warmRounds {
		now += scrapeMillis
		roundOf(b, ours, 1, now)
	}
	all := ours.of[0].Select()
	var read atomic.Int64
	var wall, cpu [3]time.Duration // alone, beside idlers, beside readers
	beside := [3]func(stop *atomic.Bool){
		1: func(stop *atomic.Bool) {
			for !stop.Load() {
			}
		},
		2: func(stop *atomic.Bool) { read.Add(readUntil(stop, all)) },
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for b.Loop() {
		for k, with := range beside {
			var stop atomic.Bool
			var wg sync.WaitGroup
			for range company {
				if with != nil {
					wg.Go(func() { with(&stop) })
				}
			}
			begin, spent := time.Now(), threadTime(b)
			for range rounds { // Long enough that the scheduler gives every goroutine its turns.
				now += scrapeMillis
				if err := ours.round(0, now, 1.5); err != nil {
					b.Fatal(err)
				}
			}
			wall[k] += time.Since(begin)
			cpu[k] += threadTime(b) - spent
			stop.Store(true)
			wg.Wait()
		}
	}
	b.ReportMetric(float64(b.N*rounds*series)/wall[0].Seconds()/1e6, "Msamples/s-alone")
	b.ReportMetric(float64(read.Load())/wall[2].Seconds()/1e6, "Msamples/s-read")
	b.ReportMetric(wall[0].Seconds()/wall[2].Seconds(), "wall-kept")
	b.ReportMetric(wall[1].Seconds()/wall[2].Seconds(), "wall-kept-of-turns")
	b.ReportMetric(cpu[0].Seconds()/cpu[2].Seconds(), "cpu-kept")
	b.ReportMetric(0, "ns/op")
}

// readUntil copies the windows of series at random until it is told to stop, and returns how many samples it got.
func readUntil(stop *atomic.Bool, all []*window.Series) (samples int64) {
	ts, vs := make([]int64, 256), make([]float64, 256)
	for !stop.Load() {
		n, _ := all[rand.IntN(len(all))].Since(0, ts, vs)
		samples += int64(n)
	}
	return samples
}

// threadTime is the processor time that the calling thread has used.
func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
