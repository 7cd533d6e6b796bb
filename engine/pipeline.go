package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/change"
	"github.com/diagnops/diagnops/engine/claim"
	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/eliminate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/engine/triage"
	"github.com/diagnops/diagnops/engine/window"
	"github.com/diagnops/diagnops/rules"
)

// Diagnose answers a question. Errors are the source's (it could not be asked at all) and the context's; signals that
// could not be read are part of the answer.
func (e *Engine) Diagnose(ctx context.Context, in Input, src window.Querier) (*model.Diagnosis, error) {
	started := now(in.Clock)

	// What to ask for: the topology's signals, and the catalogue's for each component.
	names := rules.Remember(func(ctx context.Context, selector map[string]string) ([]string, error) {
		return src.MetricNames(ctx, selector, in.Incident.Window)
	})
	p, err := e.plan(ctx, in.Topology, names, rules.PlanOptions{
		Step: in.Incident.Step, ScrapeInterval: in.ScrapeInterval, Concurrency: e.opts.Concurrency,
	})
	if err != nil {
		return nil, err
	}
	p.started, p.width = started, e.opts.Concurrency
	return e.diagnose(ctx, in, src, p)
}

// planned is what is to be asked for, and what it is known beforehand that nobody answers.
type planned struct {
	plan    []model.SignalQuery
	missing []model.MissingSignal
	changes []model.ChangeQuery
	started time.Time // by Input.Clock
	width   int       // how many queries run at a time
}

func (e *Engine) plan(ctx context.Context, topology *model.Topology, names rules.NamesFunc, opts rules.PlanOptions) (p planned, err error) {
	if p.plan, p.missing, err = e.opts.Rules.Plan(ctx, topology, names, opts); err != nil {
		return planned{}, fmt.Errorf("planning signals: %w", err)
	}
	if p.changes, err = e.opts.Rules.PlanChanges(ctx, topology, names, opts); err != nil {
		return planned{}, fmt.Errorf("planning signals: %w", err)
	}
	return p, nil
}

func (e *Engine) diagnose(ctx context.Context, in Input, src window.Querier, p planned) (*model.Diagnosis, error) {
	inc, plan := in.Incident, p.plan
	fromGiven := !inc.Symptom.Interval.From.IsZero()
	search := settle(&inc)

	// Grid and detect; where the symptom's place or time was not told, look for it and read again.
	graph := topo.New(in.Topology)
	seen, err := e.read(ctx, inc, graph, in, p, src)
	if err != nil {
		return nil, fmt.Errorf("reading signals: %w", err)
	}
	if search {
		locate(&inc, graph, seen.readings, fromGiven)
		if seen, err = e.read(ctx, inc, graph, in, p, src); err != nil {
			return nil, fmt.Errorf("reading signals: %w", err)
		}
	}
	if inc.Symptom.Component == "" {
		inc.Symptom.Component = entrance(graph)
	}

	// Correlate along edges, those found included; suppose, eliminate, rank.
	frame := seen.frame
	graph = topo.New(in.Topology, correlate.InferBackends(graph, frame.Series, frame.Phases)...)
	missing := slices.Concat(p.missing, frame.Missing)
	altered, err := e.altered(ctx, in, src, p, graph, seen, inc.Symptom)
	if err != nil {
		return nil, err
	}
	lexicon := hypo.NewLexicon(e.faults, seen.readings)
	scene := correlate.Build(correlate.Input{
		Symptom: inc.Symptom, Grid: frame.Grid, Graph: graph, Readings: seen.readings,
		Missing: missing, Changes: altered.Changes, Watches: altered.Watches,
	})
	found := e.conclude(scene, graph, hypo.Generate(scene, graph, lexicon))

	// Say it.
	c := composer{
		engine: e, in: in, incident: inc, frame: frame, graph: graph, plan: plan, lexicon: lexicon,
		alike: seen.alike, expected: seen.expected, conclusion: found,
	}
	d := c.compose()
	d.Cohorts = c.cohorts(ctx, src)
	d.Changes = eliminate.JudgeChanges(found.scene, graph, c.culprits())
	d.Claims = claim.Judge(in.Claims, claim.Case{
		Scene: found.scene, Graph: graph, Status: d.Outcome.Status, Causes: d.Causes, Eliminated: d.Eliminated, HowToGet: c.howToGet,
	})
	d.Triage = triage.AtLeast(triage.Judge(found.scene, graph, d), c.leastSeverity())
	d.Engine.TookMS = float64(now(in.Clock).Sub(p.started).Microseconds()) / 1000
	d.Normalize()
	return d, nil
}

// altered finds what was altered about the components that the symptom needs, and those that somebody claims something of,
// and joins it with what was told.
func (e *Engine) altered(
	ctx context.Context, in Input, src window.Querier, p planned, g *topo.Graph, seen sight, symptom model.Symptom,
) (change.Found, error) {
	reach := g.Reach(symptom.Component)
	concerned := slices.DeleteFunc(slices.Clone(p.changes), func(q model.ChangeQuery) bool {
		_, needed := reach[q.Component]
		return !needed && !slices.ContainsFunc(in.Claims, func(c model.Claim) bool { return c.Component == q.Component })
	})
	grid := change.Around(seen.frame.Grid, symptom.Interval.From)
	tracks, err := change.Ask(ctx, src, concerned, grid, p.width)
	if err != nil {
		return change.Found{}, err
	}
	felt := slices.DeleteFunc(slices.Clone(seen.readings), func(r *model.Reading) bool { _, ok := reach[r.Series.Subject.Component]; return !ok })
	return change.Find(change.Input{
		Grid: grid, Tracks: tracks, Readings: felt, Graph: g, Told: in.Changes, Scrape: in.ScrapeInterval,
	}), nil
}

// conclusion is what readings come to.
type conclusion struct {
	scene      *model.Scene
	hypotheses []*model.Hypothesis // all that were raised
	trials     *eliminate.Trials
	ranking    rank.Ranking
	status     model.Status
	symptom    *model.Reading // the worst of the symptom itself; nil when nothing of it is bad
}

// alternative is what it would come to if something were otherwise.
type alternative struct {
	ranking rank.Ranking
	status  model.Status
}

// conclude takes hypotheses about a scene through the stages after: it eliminates and ranks.
func (e *Engine) conclude(scene *model.Scene, graph *topo.Graph, hypotheses []*model.Hypothesis) conclusion {
	trials := eliminate.Run(hypotheses, scene, graph)
	ranking := rank.Rank(hypotheses, symptomEvidence(scene), e.weights)
	return conclusion{
		scene: scene, hypotheses: hypotheses, trials: trials, ranking: ranking, status: ranking.Decide(e.weights),
		symptom: eliminate.SymptomReading(scene),
	}
}

// again draws a conclusion from a scene in which one thing is otherwise. What that does not concern is taken over.
func (c conclusion) again(e *Engine, scene *model.Scene, graph *topo.Graph, lexicon *hypo.Lexicon) alternative {
	hypotheses := c.trials.Again(hypo.Again(scene, graph, lexicon, c.scene, c.hypotheses), scene)
	ranking := c.ranking.Again(hypotheses, symptomEvidence(scene), e.weights)
	return alternative{ranking: ranking, status: ranking.Decide(e.weights)}
}

func symptomEvidence(s *model.Scene) model.SymptomEvidence {
	return model.SymptomEvidence{Strength: model.StrengthOf(eliminate.SymptomReading(s)), Measured: symptomMeasured(s)}
}

func now(clock func() time.Time) time.Time {
	if clock == nil {
		return time.Time{}
	}
	return clock()
}

// symptomMeasured tells whether the symptom's component gives any user-facing signal.
func symptomMeasured(s *model.Scene) bool {
	p := s.Profiles[s.Symptom.Component]
	if p == nil {
		return false
	}
	return p.Measures(model.FamilyNone)
}
