package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/testdata"
)

// BenchmarkWatchLab plays the recorded incident of testdata through a core with the shipped packs, and prints what it
// costs to evaluate and watch its signals, a raw sample that came in. At the end the culprit must be among what is
// abnormal.
func BenchmarkWatchLab(b *testing.B) {
	rec, err := bundle.OpenFS(testdata.Demo())
	if err != nil {
		b.Fatal(err)
	}
	data, err := rec.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	step, to := 5*time.Second, rec.Incident.Symptom.Interval.To
	from := rec.Incident.Window.From.Truncate(step)
	var took time.Duration
	samples, signals := 0, 0
	for b.Loop() {
		core := playedCore(b, step, data.ScrapeInterval(), 240, data.MaxSamplesPerSeries())
		play := data.Player()
		observed := false
		for at := from; !at.After(to); at = at.Add(step) {
			taken, err := core.Ingest(b.Context(), play.Until(at))
			if err != nil {
				b.Fatal(err)
			}
			if !observed && taken.Appended > 0 && at.Sub(from) > time.Minute {
				observed = true
				if err := core.Observe(b.Context(), rec.Topology, at); err != nil {
					b.Fatal(err)
				}
				if err := core.Advance(b.Context(), at); err != nil { // binding the series is done once
					b.Fatal(err)
				}
				continue
			}
			begin := time.Now()
			if err := core.Advance(b.Context(), at); err != nil {
				b.Fatal(err)
			}
			if observed {
				took += time.Since(begin)
				samples += taken.Appended
			}
		}
		now := core.Now()
		signals = now.Signals
		if !slices.ContainsFunc(now.Abnormal, func(w engine.Watched) bool {
			return w.Subject.Component == "db-volume" && w.Signal.Kind == model.KindSaturation
		}) {
			b.Fatalf("of %d signals %d are abnormal, and the saturated volume is not among them", now.Signals, len(now.Abnormal))
		}
	}
	b.ReportMetric(float64(took.Nanoseconds())/float64(samples), "ns/sample")
	b.ReportMetric(float64(signals), "signals")
}
