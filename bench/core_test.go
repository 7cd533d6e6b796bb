package bench

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// playedCore is a core that runs until the test ends.
func playedCore(tb testing.TB, step, scrape time.Duration, points, samples int) *engine.Core {
	tb.Helper()
	c, err := synthEngine(tb).NewCore(engine.CoreOptions{
		Window: window.LiveOptions{Options: window.Options{SamplesPerSeries: samples, MaxSeries: 1_000_000}, Shards: 2}, Step: step, ScrapeInterval: scrape, Points: points,
	})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Run(ctx); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() { stop(); wg.Wait() })
	return c
}

// TestCoreAnswersAsTheBatch: samples that came one scrape after the other, signals evaluated as they came, give the very
// answer that the same samples give when they are read all at once.
func TestCoreAnswersAsTheBatch(t *testing.T) {
	for _, k := range []synth.Kind{synth.KindDisk, synth.KindCPU, synth.KindSilent, synth.KindLoss} {
		t.Run(string(k), func(t *testing.T) {
			sc, err := synth.Generate(synth.Options{Seed: 3, Components: 14, Faults: []synth.Kind{k}})
			if err != nil {
				t.Fatal(err)
			}
			step, scrape := sc.Incident.Step, sc.Data.ScrapeInterval()
			from, to := sc.Incident.Window.From, sc.Incident.Symptom.Interval.To
			points := int(to.Sub(from)/step) + 1
			core := playedCore(t, step, scrape, points, sc.Data.MaxSamplesPerSeries())
			play, seen := sc.Data.Player(), false
			for at := from; !at.After(to.Add(step)); at = at.Add(step) {
				if taken, err := core.Ingest(t.Context(), play.Until(at)); err != nil || taken.OverBudget+taken.Dropped+taken.OutOfOrder > 0 {
					t.Fatalf("at %v: %+v, %v", at, taken, err)
				}
				if at.Equal(from.Add(5 * step)) { // late: what came before is read from the rings
					if err := core.Observe(t.Context(), sc.Topology, at); err != nil {
						t.Fatal(err)
					}
				}
				if err := core.Advance(t.Context(), at); err != nil {
					t.Fatal(err)
				}
				for _, w := range core.Now().Abnormal {
					seen = seen || w.Subject.Component == sc.Faults[0].Component || w.Subject.Peer == sc.Faults[0].Component
				}
			}
			got, err := core.Why(t.Context(), engine.Input{Incident: sc.Incident, Topology: sc.Topology, Changes: sc.Changes})
			if err != nil {
				t.Fatal(err)
			}
			sc.Incident.Window = model.Interval{From: from, To: to}
			want, err := diagnose(t.Context(), synthEngine(t), sc)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(summaryOf(want), summaryOf(got)); diff != "" {
				t.Errorf("the core answers otherwise (-at once +core):\n%s", diff)
			}
			if now := core.Now(); now.Signals == 0 || !seen {
				t.Errorf("of %d signals that are watched none of %s was ever abnormal", now.Signals, sc.Faults[0].Component)
			}
		})
	}
}

// answered is what matters of a diagnosis, in words.
type answered struct {
	Status     model.Status
	Summary    string
	Causes     []string
	Eliminated []string
	Chain      []string
}

func summaryOf(d *model.Diagnosis) answered {
	a := answered{Status: d.Outcome.Status, Summary: d.Outcome.Summary.String()}
	for _, c := range d.Causes {
		line := c.Component + " " + c.Fault
		for _, s := range c.Score {
			line += "; " + s.Why.String()
		}
		a.Causes = append(a.Causes, line)
	}
	for _, e := range d.Eliminated {
		a.Eliminated = append(a.Eliminated, e.Component+" "+e.Fault+" "+e.Text.String())
	}
	for _, l := range d.Chain {
		a.Chain = append(a.Chain, l.Component+" "+l.Signal+" "+l.Observed+" "+l.Baseline)
	}
	return a
}
