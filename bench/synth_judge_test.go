package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

// synthAnswer is what became of a case. Of scenario and diagnosis it keeps what scoring needs: a thousand incidents must
// not hold every sample and every ledger.
type synthAnswer struct {
	synthCase
	scenario  *synth.Scenario
	diagnosis *model.Diagnosis
	took      time.Duration
}

// judge makes up an incident and diagnoses it. The error is synth.ErrNoFault where the graph has no place for the fault.
func judge(ctx context.Context, e *engine.Engine, c synthCase) (synthAnswer, error) {
	a := synthAnswer{synthCase: c}
	sc, err := synth.Generate(c.opts)
	if err != nil {
		return a, err
	}
	begin := time.Now()
	d, err := diagnose(ctx, e, sc)
	if err != nil {
		return a, fmt.Errorf("%s seed %d: %w", c.group, c.opts.Seed, err)
	}
	a.took = time.Since(begin)
	a.scenario = &synth.Scenario{Options: sc.Options, Truth: sc.Truth, Faults: sc.Faults, Incident: sc.Incident, Topology: sc.Topology}
	a.diagnosis = &model.Diagnosis{Outcome: d.Outcome}
	for i := range d.Causes {
		cause := &d.Causes[i]
		a.diagnosis.Causes = append(a.diagnosis.Causes, model.Cause{
			Rank: cause.Rank, Component: cause.Component, Signal: cause.Signal, SignalKind: cause.SignalKind, Fault: cause.Fault,
			Probability: cause.Probability,
		})
	}
	return a, nil
}

// diagnose answers a scenario the way cmd/diagnops answers a bundle.
func diagnose(ctx context.Context, e *engine.Engine, sc *synth.Scenario) (*model.Diagnosis, error) {
	win, err := window.New(window.Options{SamplesPerSeries: sc.Data.MaxSamplesPerSeries(), MaxSeries: sc.Data.NumSeries()})
	if err != nil {
		return nil, err
	}
	if err := sc.Data.Fill(ctx, win); err != nil {
		return nil, err
	}
	scrape := sc.Data.ScrapeInterval()
	eval, err := window.NewEvaluator(window.EvaluatorOptions{LookbackDelta: max(sc.Incident.Step, scrape)})
	if err != nil {
		return nil, err
	}
	in := engine.Input{Incident: sc.Incident, Topology: sc.Topology, Changes: sc.Changes, ScrapeInterval: scrape}
	return e.Diagnose(ctx, in, eval.On(win.Cut(sc.Incident.Window.To)))
}

func synthEngine(tb testing.TB) *engine.Engine {
	tb.Helper()
	set, err := rules.Load(rules.DefaultFS())
	if err != nil {
		tb.Fatal(err)
	}
	e, err := engine.New(engine.Options{Rules: set, Version: "bench"})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// sayEvery is how often a long run says how far it is.
const sayEvery = 20 * time.Second

// judgeAll runs cases on all processors and returns the answers in the order of the cases, without those whose graph
// has no place for the fault.
func judgeAll(t *testing.T, name string, cases []synthCase) []synthAnswer {
	t.Helper()
	e := synthEngine(t)
	var out []synthAnswer
	said := time.Now()
	err := batch.Run(t.Context(), runtime.GOMAXPROCS(0), cases,
		func(ctx context.Context, c synthCase) (synthAnswer, error) { return judge(ctx, e, c) },
		func(i int, r batch.Result[synthAnswer]) error {
			if testing.Verbose() && time.Since(said) > sayEvery {
				fmt.Fprintf(os.Stderr, "%s: %d of %d incidents\n", name, i+1, len(cases))
				said = time.Now()
			}
			if r.Err == nil {
				out = append(out, r.Value)
			} else if !errors.Is(r.Err, synth.ErrNoFault) {
				return r.Err
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asked is what an answer to several faults at once must name.
type asked bool

const (
	anyFault   asked = false // one of them
	everyFault asked = true
)

// scored holds the answer against the truth.
func (a *synthAnswer) scored(set string, what asked) batch.Scored {
	truth := a.scenario.Truth
	truth.All = false
	if what == everyFault {
		truth = model.Truth{Causes: a.oneCauseEach(), All: true, Onset: truth.Onset}
	}
	return batch.Scored{Set: set, Diagnosis: a.diagnosis, Truth: truth, Took: a.took, KindOf: a.kindOf}
}

// oneCauseEach picks a true cause for every fault. Of a fault for which several answers are right (either end of a
// call), it is the one that the diagnosis names first, but none that stands for another fault already: a model.Truth
// that asks for all causes knows no alternatives.
func (a *synthAnswer) oneCauseEach() []model.TrueCause {
	place := func(c model.TrueCause) int {
		i := slices.IndexFunc(a.diagnosis.Causes, func(d model.Cause) bool { return d.Component == c.Component })
		if i < 0 {
			return len(a.diagnosis.Causes)
		}
		return i
	}
	faults := slices.Clone(a.scenario.Faults)
	slices.SortStableFunc(faults, func(x, y synth.Injected) int { return cmp.Compare(len(x.Causes), len(y.Causes)) })
	var out []model.TrueCause
	for i := range faults {
		free := slices.DeleteFunc(slices.Clone(faults[i].Causes), func(c model.TrueCause) bool {
			return slices.ContainsFunc(out, func(taken model.TrueCause) bool { return taken.Component == c.Component })
		})
		if len(free) > 0 {
			out = append(out, slices.MinFunc(free, func(x, y model.TrueCause) int { return cmp.Compare(place(x), place(y)) }))
		}
	}
	return out
}

// kindOf knows the signals that the diagnosis names.
func (a *synthAnswer) kindOf(component, signal string) (model.SignalKind, bool) {
	for i := range a.diagnosis.Causes {
		if c := &a.diagnosis.Causes[i]; c.Component == component && c.Signal == signal {
			return c.SignalKind, true
		}
	}
	return "", false
}

// rightAt tells whether the answer is right among its first k components.
func (a *synthAnswer) rightAt(k int, what asked) bool {
	return batch.Score("", []batch.Scored{a.scored("", what)}, 0).Component.AC[k-1] == 1
}

// TestOneCauseEach: whichever end of a call is named stands for it, but one component does not stand for two faults.
func TestOneCauseEach(t *testing.T) {
	t.Parallel()
	link := synth.Injected{Kind: synth.KindLoss, Causes: []model.TrueCause{{Component: "callee"}, {Component: "caller"}}}
	for _, tc := range []struct {
		other string   // where the other fault is
		named []string // by the answer
		third bool     // both are among the first three
	}{
		{"db", []string{"db", "caller"}, true},
		{"db", []string{"callee", "caller", "db"}, true},
		{"db", []string{"callee", "caller", "cache", "db"}, false},
		{"db", []string{"callee", "caller"}, false},
		{"caller", []string{"caller", "db"}, false},
		{"caller", []string{"caller", "callee"}, true},
	} {
		a := synthAnswer{
			scenario: &synth.Scenario{
				Faults: []synth.Injected{link, {Causes: []model.TrueCause{{Component: tc.other}}}}, Truth: model.Truth{All: true},
			},
			diagnosis: &model.Diagnosis{},
		}
		for _, name := range tc.named {
			a.diagnosis.Causes = append(a.diagnosis.Causes, model.Cause{Component: name})
		}
		if got := a.rightAt(3, everyFault); got != tc.third {
			t.Errorf("other fault at %s, named %v: right at 3 is %v", tc.other, tc.named, got)
		}
	}
}
