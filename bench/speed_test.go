package bench

import (
	"fmt"
	"testing"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/window"
)

// BenchmarkSynth is the parts of one made-up incident on one core: making it up, feeding the rings, and all from the
// samples to the diagnosis.
func BenchmarkSynth(b *testing.B) {
	e := synthEngine(b)
	for _, size := range []struct {
		components int
		detail     synth.Detail
	}{{50, synth.DetailFull}, {1000, synth.DetailLean}} {
		opts := synth.Options{Seed: 1, Components: size.components, Detail: size.detail, Faults: []synth.Kind{synth.Kinds()[0]}}
		sc, err := synth.Generate(opts)
		if err != nil {
			b.Fatal(err)
		}
		for _, part := range []struct {
			name string
			run  func() error
		}{
			{"generate", func() error { _, err := synth.Generate(opts); return err }},
			{"replay", func() error { return sc.Data.Replay(b.Context(), rings(b, sc.Data), nil) }},
			{"fill", func() error { return sc.Data.Fill(b.Context(), rings(b, sc.Data)) }},
			{"diagnose", func() error { _, err := diagnose(b.Context(), e, sc); return err }},
		} {
			b.Run(fmt.Sprintf("%d/%s", size.components, part.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := part.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// rings is a window with room for the data.
func rings(tb testing.TB, d *collectors.Data) *window.Window {
	tb.Helper()
	win, err := window.New(window.Options{SamplesPerSeries: d.MaxSamplesPerSeries(), MaxSeries: d.NumSeries()})
	if err != nil {
		tb.Fatal(err)
	}
	return win
}
