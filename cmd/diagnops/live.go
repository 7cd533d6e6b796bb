package main

import (
	"context"
	"fmt"
	"time"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// observeAfter is how much of a recording comes in before its signals are planned: by then every target was scraped.
const observeAfter = time.Minute

// live plays a recorded incident through the streaming core, scrape by scrape, up to the end of its symptom, and answers
// from what the core has at hand then.
func (a *analyst) live(ctx context.Context, b *bundle.Bundle, bar *progress) (d *model.Diagnosis, err error) {
	data, err := loadChecked(ctx, b)
	if err != nil {
		return nil, err
	}
	step, to := b.Incident.Step, b.Incident.Symptom.Interval.To
	from := b.Incident.Window.From.Truncate(step)
	core, err := a.engine.NewCore(engine.CoreOptions{
		Window: window.LiveOptions{Options: window.Options{SamplesPerSeries: data.MaxSamplesPerSeries(), MaxSeries: data.NumSeries()}},
		Step:   step, ScrapeInterval: data.ScrapeInterval(), Points: int(to.Sub(from)/step) + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("making room for %d series: %w", data.NumSeries(), err)
	}
	running, stop := context.WithCancel(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- core.Run(running) }()
	defer func() {
		stop()
		if e := <-stopped; err == nil {
			err = e
		}
	}()
	defer bar.finish()
	play, taken, observed := data.Player(), 0, false
	for at := from; !at.After(to.Add(step)); at = at.Add(step) {
		t, err := core.Ingest(ctx, play.Until(at))
		if err != nil {
			return nil, err
		}
		taken += t.Appended
		bar.set(taken, data.NumSamples())
		if !observed && at.Sub(from) >= observeAfter {
			observed = true
			if err := core.Observe(ctx, b.Topology, at); err != nil {
				return nil, err
			}
		}
		if err := core.Advance(ctx, at); err != nil {
			return nil, err
		}
	}
	return core.Why(ctx, engine.Input{Incident: b.Incident, Changes: mapChanges(b.Changes, b.Topology), Clock: time.Now})
}
