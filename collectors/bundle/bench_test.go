package bundle

import (
	"context"
	"testing"
	"testing/fstest"
)

// Two sizes of recordings: 300 series over 480 times at 5 minutes, and 1,700 series over 160 times at a second, each
// exporter with its own fraction of one.
var benchSizes = []struct {
	name                     string
	series, samples, seconds int
	jitter                   bool
}{
	{"300x480", 300, 480, 300, false},
	{"1700x160", 1700, 160, 1, true},
}

func BenchmarkLoad(b *testing.B) {
	for _, size := range benchSizes {
		text := recording(size.series, size.samples, size.seconds, size.jitter)
		for _, form := range []string{"gzip", "text"} {
			files := smallBundle(string(text))
			if form == "gzip" {
				delete(files, "metrics.om")
				files["metrics.om.gz"] = &fstest.MapFile{Data: zipped(b, text)}
			}
			bundle, err := OpenFS(files)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(size.name+"/"+form, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := bundle.Load(context.Background()); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkReplay feeds a sink that keeps nothing, in event time and series by series; with rings, bench/speed_test.go.
func BenchmarkReplay(b *testing.B) {
	for _, size := range benchSizes {
		d := load(b, smallBundle(string(recording(size.series, size.samples, size.seconds, size.jitter))))
		for _, way := range []struct {
			name string
			feed func() error
		}{
			{"replay", func() error { return d.Replay(context.Background(), &sink{quiet: true}, nil) }},
			{"fill", func() error { return d.Fill(context.Background(), &sink{quiet: true}) }},
		} {
			b.Run(size.name+"/"+way.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := way.feed(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(d.NumSamples()), "ns/sample")
			})
		}
	}
}
