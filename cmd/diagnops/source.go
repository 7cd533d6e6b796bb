package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/collectors/changefeed"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// analyst joins sources and the engine: the one place where samples, topology, changes and question come together. It is
// safe for concurrent use.
type analyst struct {
	engine    *engine.Engine
	kinds     map[string]model.SignalKind // of the catalogue's signals
	rulesHash string
	weights   model.Weights
	topology  *model.Topology // given by flag; nil = the source's own
	changes   []model.Change  // given by flag, beside the source's own
	zone      *time.Location  // given by flag; nil = the source's own
	log       zerolog.Logger

	mu         sync.Mutex
	evaluators map[time.Duration]*window.Evaluator // by lookback; guarded by mu
}

// newAnalyst loads what the flags name. concurrency bounds the queries of one diagnosis that run at the same time: 1 for
// samples in memory, which one processor answers as fast as several incidents on several.
func newAnalyst(f inputFlags, concurrency int, log zerolog.Logger) (*analyst, error) {
	set, err := f.loadRules()
	if err != nil {
		return nil, err
	}
	a := &analyst{
		kinds: catalogueKinds(set), rulesHash: set.Hash(), weights: set.Weights(), log: log,
		evaluators: map[time.Duration]*window.Evaluator{},
	}
	if a.topology, err = f.loadTopology(); err != nil {
		return nil, err
	}
	if a.changes, err = f.loadChanges(); err != nil {
		return nil, err
	}
	if a.zone, err = f.loadZone(); err != nil {
		return nil, err
	}
	a.engine, err = engine.New(engine.Options{Rules: set, Version: buildVersion(), Concurrency: concurrency})
	return a, err
}

// bundle replays a recorded incident through the rings and diagnoses it. refine, when not nil, may alter
// what is asked before anything is computed.
func (a *analyst) bundle(
	ctx context.Context, b *bundle.Bundle, bar *progress, refine func(*engine.Input) error,
) (*model.Diagnosis, error) {
	in := engine.Input{Incident: b.Incident, Topology: b.Topology, Changes: b.Changes, Clock: time.Now}
	if a.topology != nil {
		in.Topology = a.topology
	}
	in.Changes = mapChanges(joinChanges(in.Changes, a.changes), in.Topology)
	if a.zone != nil {
		in.Incident.Zone = a.zone
	}
	if refine != nil {
		if err := refine(&in); err != nil {
			return nil, err
		}
	}
	if err := settleSymptom(&in.Incident, in.Topology); err != nil {
		return nil, fmt.Errorf("%s: symptom.component: %w", in.Incident.ID, err)
	}
	data, err := loadChecked(ctx, b)
	if err != nil {
		return nil, err
	}
	return a.data(ctx, in, data, bar)
}

// loadChecked decodes the samples of a bundle, which must fit its incident.
func loadChecked(ctx context.Context, b *bundle.Bundle) (*bundle.Data, error) {
	data, err := b.Load(ctx)
	if err == nil {
		err = b.CheckData(data).Err()
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// data feeds decoded samples to the rings and diagnoses them: in event time where somebody watches, else series by series,
// which is faster and ends the same.
func (a *analyst) data(ctx context.Context, in engine.Input, data *bundle.Data, bar *progress) (*model.Diagnosis, error) {
	for _, w := range data.Warnings {
		a.log.Warn().Str("incident", in.Incident.ID).Msg(w)
	}
	win, err := window.New(window.Options{SamplesPerSeries: data.MaxSamplesPerSeries(), MaxSeries: data.NumSeries()})
	if err != nil {
		return nil, fmt.Errorf("making room for %d series: %w", data.NumSeries(), err)
	}
	if bar != nil {
		err = data.Replay(ctx, win, bar.set)
		bar.finish()
	} else {
		err = data.Fill(ctx, win)
	}
	if err != nil {
		return nil, err
	}
	in.ScrapeInterval = data.ScrapeInterval()
	eval, err := a.evaluator(lookback(in.Incident.Step, in.ScrapeInterval))
	if err != nil {
		return nil, err
	}
	return a.engine.Diagnose(ctx, in, eval.On(win.Cut(in.Incident.Window.To)))
}

// evaluator returns the PromQL engine for a lookback. Incidents of one data set share it, and with it the expressions
// that it has parsed.
func (a *analyst) evaluator(lookback time.Duration) (*window.Evaluator, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, ok := a.evaluators[lookback]; ok {
		return e, nil
	}
	e, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: lookback})
	if err == nil {
		a.evaluators[lookback] = e
	}
	return e, err
}

// lookback is how old a sample may be and still count as the current value: it is current for one step, or until the next
// scrape, and then it is a gap. More would carry the last value of a silent exporter into the symptom.
func lookback(step, scrape time.Duration) time.Duration { return max(step, scrape) }

// mapChanges puts the component of the topology that each change is about in the place of an alias, a repository or
// whatever else its source calls it. What is about none keeps its name.
func mapChanges(changes []model.Change, t *model.Topology) []model.Change {
	if len(changes) == 0 || t == nil {
		return changes
	}
	m, err := changefeed.NewMapper(t, nil)
	if err != nil {
		panic("BUG: no rules, and one of them is wrong: " + err.Error())
	}
	mapped, _ := m.Map(changes)
	return mapped
}

// joinChanges merges two lists in the order of time, then id; an event that both have is kept once.
func joinChanges(a, b []model.Change) []model.Change {
	out := slices.Clone(a)
	for _, c := range b {
		if !slices.ContainsFunc(a, func(o model.Change) bool { return o.ID == c.ID }) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(x, y model.Change) int {
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return out
}
