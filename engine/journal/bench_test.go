package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// loads are batches of one shape: series in all, how many of them a batch has, and how many samples of each.
var loads = []struct{ all, series, samples int }{{100_000, 10_000, 1}, {100_000, 1000, 10}, {100_000, 100, 100}}

// batches makes every batch of one round through all series.
func batches(all, series, samples int) []*model.Batch {
	noise := newNoise(4)
	var out []*model.Batch
	for first := 0; first < all; first += series {
		b := &model.Batch{}
		for s := range series {
			points := make([]model.Point, samples)
			for i := range points {
				points[i] = model.Point{TMillis: at(0) + int64(i)*5000, Value: float64(int(noise.Float64() * 1e6))}
			}
			add(b, benchSeries(first+s), points...)
		}
		out = append(out, b)
	}
	return out
}

// benchSeries has labels as metrics of a cluster have them.
func benchSeries(n int) model.Labels {
	return model.NewLabels(map[string]string{
		model.MetricName: fmt.Sprintf("http_server_requests_%d_total", n%50),
		"cluster":        "eu-west-1-production", "namespace": "checkout", "job": "checkout/web", "method": "GET", "code": "200",
		"pod": fmt.Sprintf("web-7d9c5b8f4c-%05d", n/50), "instance": fmt.Sprintf("10.20.%d.%d:8080", n/12_500, n/50%250),
	})
}

// later moves the samples of a batch on, so that no two rounds have the same times.
func later(b *model.Batch, by int64) {
	for i := range b.Points {
		b.Points[i].TMillis += by
	}
}

// discard is a sink that takes everything.
type discard struct{}

func (discard) Ingest(_ context.Context, b *model.Batch) (model.Taken, error) {
	return model.Taken{Appended: len(b.Points)}, nil
}

// BenchmarkAppend is what journalling costs those who ingest, beside what the window itself costs them, batch by batch in
// one loop, so that both see the same machine. What the writing costs another core is in BenchmarkWrite.
func BenchmarkAppend(b *testing.B) {
	for _, l := range loads {
		b.Run(fmt.Sprintf("series=%d/batch=%dx%d", l.all, l.series, l.samples), func(b *testing.B) {
			all := batches(l.all, l.series, l.samples)
			w := live(b, window.LiveOptions{Options: window.Options{MaxSeries: l.all}})
			j := openJournal(b, Options{Dir: b.TempDir()})
			var samples int
			var ingested, appended time.Duration
			once := func(batch *model.Batch) {
				later(batch, 5000*int64(l.samples))
				if len(j.pending.samples) > j.opts.MaxPending-len(batch.Points) {
					j.pending.reset() // as if it had been written
				}
				begin := time.Now()
				if _, err := w.Ingest(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
				middle := time.Now()
				j.Append(batch)
				ingested, appended = ingested+middle.Sub(begin), appended+time.Since(middle)
				samples += len(batch.Points)
			}
			for _, batch := range all {
				once(batch) // From here on all series are known, and named.
			}
			samples, ingested, appended = 0, 0, 0
			for i := 0; b.Loop(); i++ {
				once(all[i%len(all)])
			}
			if s := j.Stats(); s.LostFull+s.LostSeries > 0 {
				b.Fatalf("%+v", s)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(ingested.Nanoseconds())/float64(samples), "ingest-ns/sample")
			b.ReportMetric(float64(appended.Nanoseconds())/float64(samples), "journal-ns/sample")
			b.ReportMetric(appended.Seconds()/ingested.Seconds(), "journal/ingest")
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkWrite is what the writing of samples costs Run's goroutine, beside syncs, and how many bytes they take.
func BenchmarkWrite(b *testing.B) {
	for _, l := range loads {
		b.Run(fmt.Sprintf("series=%d/batch=%dx%d", l.all, l.series, l.samples), func(b *testing.B) {
			all := batches(l.all, l.series, l.samples)
			w := run(b, openJournal(b, Options{Dir: b.TempDir()}))
			for _, batch := range all {
				w.Append(batch)
				w.write(start)
			}
			named := w.segments.bytes()
			samples := 0
			for i := 0; b.Loop(); i++ {
				batch := all[i%len(all)]
				b.StopTimer()
				later(batch, 5000*int64(l.samples))
				w.Append(batch)
				b.StartTimer()
				w.write(start)
				samples += len(batch.Points)
			}
			if s := w.Stats(); s.Pending > 0 || s.Written != s.Samples {
				b.Fatalf("%+v", s)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(samples), "ns/sample")
			b.ReportMetric(float64(w.segments.bytes()-named)/float64(samples), "B/sample")
			w.stop()
		})
	}
}

// BenchmarkReplay is how long a start takes: a window of 240 samples of each series, in segments of an eighth of it, read
// alone and read into a window.
func BenchmarkReplay(b *testing.B) {
	const samples, step = 240, 5 * time.Second
	for _, series := range []int{10_000, 100_000} {
		dir := filepath.Join(b.TempDir(), "journal")
		fillWindow(b, dir, series, samples, step)
		into := func(name string, sink func(*testing.B) Sink) {
			b.Run(fmt.Sprintf("series=%d/samples=%d/into=%s", series, samples, name), func(b *testing.B) {
				bytes := int64(0)
				for b.Loop() {
					j := openJournal(b, Options{Dir: dir, Window: samples * step})
					told, err := j.Replay(b.Context(), start, sink(b))
					if err != nil || len(told.Damages) > 0 || told.Taken.Appended != series*samples {
						b.Fatalf("told %+v, %v", told, err)
					}
					bytes = j.Stats().Bytes
					if err := j.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*series*samples)/b.Elapsed().Seconds()/1e6, "Msamples/s")
				b.ReportMetric(float64(bytes)/float64(series*samples), "B/sample")
			})
		}
		into("nothing", func(*testing.B) Sink { return discard{} })
		into("window", func(b *testing.B) Sink {
			b.Helper()
			return live(b, window.LiveOptions{Options: window.Options{SamplesPerSeries: samples, MaxSeries: series}})
		})
	}
}

// fillWindow journals a whole window, a sample of each series every step.
func fillWindow(b *testing.B, dir string, series, samples int, step time.Duration) {
	b.Helper()
	r := run(b, openJournal(b, Options{Dir: dir, Window: time.Duration(samples) * step}))
	all := batches(series, 1000, 1)
	for n := range samples {
		for _, batch := range all {
			r.Append(batch)
			later(batch, step.Milliseconds())
		}
		r.tick(time.Duration(n) * step)
	}
	r.stop()
	if s := r.Stats(); s.Written != uint64(series*samples) {
		b.Fatalf("%+v", s)
	}
}
