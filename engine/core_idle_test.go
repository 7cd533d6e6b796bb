package engine_test

import (
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	live "github.com/diagnops/diagnops/engine/window"
)

// only leaves the series of a component in a batch.
func only(b *model.Batch, component string) *model.Batch {
	out := &model.Batch{Points: b.Points}
	for _, s := range b.Series {
		if s.Labels.Get("node") == component {
			out.Series = append(out.Series, s)
		}
	}
	return out
}

// TestIdleSeriesLeave: series of which nothing comes are missed, leave the window when their time is over, and are
// watched on when they come back, each once. Most of them go, so that the evaluation lets go of them, too.
func TestIdleSeriesLeave(t *testing.T) {
	t.Parallel()
	const idle = 20 * step
	s := newShop()
	c := startCore(t, engine.CoreOptions{
		Window: live.LiveOptions{Options: live.Options{SamplesPerSeries: 300, MaxSeries: 100}, Shards: 2},
		Step:   step, Points: int(window/step) + 1, Idle: idle,
	})
	scrapes := s.scrapes()
	all, few := len(scrapes[0].Series), len(only(&scrapes[0], "cart").Series)
	stop, back := 3*len(scrapes)/4, 3*len(scrapes)/4+40
	for i := range scrapes {
		b, at := &scrapes[i], begin.Add(time.Duration(i)*step)
		if i >= stop && i < back {
			b = only(b, "cart")
		}
		if _, err := c.Ingest(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := c.Observe(t.Context(), &s.topology, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Advance(t.Context(), at.Add(step)); err != nil {
			t.Fatal(err)
		}
		held, missed := c.Stats().Series, 0
		for _, w := range c.Now().Abnormal {
			if w.Reading.Reason == model.ReasonVanished {
				missed++
			}
		}
		switch {
		case i < stop && (held != all || missed > 0), i >= stop && i < stop+int(idle/step) && held != all:
			t.Fatalf("scrape %d: %d of %d series are held, %d missed", i, held, all, missed)
		case i == stop+10 && missed != all-few:
			t.Errorf("%d signals are missed, want %d", missed, all-few)
		case i == back-1 && held != few:
			t.Errorf("%d series are held before they come back, want %d", held, few)
		case i == back+10 && (held != all || missed > 0 || c.Now().Signals != all):
			t.Errorf("they are back: %d series are held, %d missed, %d watched; want %d", held, missed, c.Now().Signals, all)
		}
	}
	d, err := c.Why(t.Context(), engine.Input{Incident: incident()})
	if err != nil {
		t.Fatal(err)
	}
	if d.Coverage.SignalsSeen > d.Coverage.SignalsExpected {
		t.Errorf("%d signals of %d are seen: what came back counts twice", d.Coverage.SignalsSeen, d.Coverage.SignalsExpected)
	}
}
