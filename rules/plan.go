package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	prommodel "github.com/prometheus/common/model"

	"github.com/diagnops/diagnops/engine/model"
)

// NamesFunc returns the metric names of the series that carry every label of the selector; of an empty selector, all
// names there are. With PlanOptions.Concurrency above 1 it is called from several goroutines.
type NamesFunc func(ctx context.Context, selector map[string]string) ([]string, error)

// PlanOptions say on what grid the signals will be evaluated.
type PlanOptions struct {
	// Step is the grid's step; default 15 s.
	Step time.Duration
	// ScrapeInterval is how often the raw series have samples; default Step.
	ScrapeInterval time.Duration
	// Concurrency is how many selectors are looked up at a time; default 1.
	Concurrency int
}

const (
	defaultStep = 15 * time.Second

	// A rate over two steps smooths as little as the grid can show; four scrapes are the least that give a rate when
	// one scrape is lost and the ends of the window fall between two.
	rangeSteps   = 2
	rangeScrapes = 4
)

// callerLabel carries the caller's name in the answer to a call signal that is asked for one component.
const callerLabel = "diagnops_caller"

// Range is the rate window that takes the place of $range: long enough for the scrape interval, no longer than the
// grid needs, in whole seconds.
func (o PlanOptions) Range() time.Duration {
	step := o.Step
	if step <= 0 {
		step = defaultStep
	}
	scrape := o.ScrapeInterval
	if scrape <= 0 {
		scrape = step
	}
	window := max(rangeSteps*step, rangeScrapes*scrape)
	return (window + time.Second - 1).Truncate(time.Second)
}

// Plan says which signals to ask for: the topology's own first, in its order; then the catalogue's of calls between any
// two components; then the catalogue's of each component that has a selector, for the packs that fit its kind and whose
// metrics exist. Candidates that could not answer for want of their metrics are left out.
//
// A topology signal takes the place of the catalogue's of the same name where it can be told beforehand that it speaks
// of the same component: where the component's selector has the signal's By label. Elsewhere both are in the plan, and
// the first that answers for a subject must be taken. Two packs that know the same signal: the pack of higher priority
// is asked.
//
// missing lists the signals of packs that apply, but of which no candidate's metrics exist, without the optional ones.
// Errors come from names, or from expressions of the topology that are no PromQL (all of them, joined).
func (s *Set) Plan(
	ctx context.Context, topo *model.Topology, names NamesFunc, opts PlanOptions,
) (plan []model.SignalQuery, missing []model.MissingSignal, err error) {
	p := planner{
		set: s, topo: topo, window: prommodel.Duration(opts.Range()).String(), names: newNameCache(names, opts.Concurrency),
	}
	if err := p.topologySignals(); err != nil {
		return nil, nil, err
	}
	if err := p.names.prefetch(ctx, selectorsOf(topo)); err != nil {
		return nil, nil, err
	}
	if err := p.calls(ctx); err != nil {
		return nil, nil, err
	}
	for i := range topo.Components {
		if c := &topo.Components[i]; len(c.Selector) > 0 {
			if err := p.component(ctx, c); err != nil {
				return nil, nil, fmt.Errorf("planning the signals of %q: %w", c.Name, err)
			}
		}
	}
	return p.plan, p.missing, nil
}

// selectorsOf returns what will be looked up for certain.
func selectorsOf(topo *model.Topology) []map[string]string {
	out := []map[string]string{{}}
	for i := range topo.Components {
		if sel := topo.Components[i].Selector; len(sel) > 0 {
			out = append(out, sel)
		}
	}
	return out
}

type planner struct {
	set     *Set
	topo    *model.Topology
	window  string
	names   *nameCache
	plan    []model.SignalQuery
	missing []model.MissingSignal
}

// topologySignals turns the topology's own signals into queries.
func (p *planner) topologySignals() error {
	var errs []error
	for i := range p.topo.Signals {
		spec := &p.topo.Signals[i]
		t, err := p.set.template(spec.Expr, p.window)
		if err != nil {
			errs = append(errs, fmt.Errorf("signal %q of the topology: %w", spec.Signal.Name, err))
			continue
		}
		sig := spec.Signal
		sig.Source = "topology"
		if sig.Resource == "" {
			sig.Resource = ResourceOf(sig.Name, sig.Kind, sig.Unit)
		}
		if sig.Side == model.SideUnknown {
			sig.Side = SideOf(sig.Name)
		}
		p.plan = append(p.plan, model.SignalQuery{
			Signal: &sig, By: spec.By, Edge: spec.Edge,
			Candidates:  []string{strings.ReplaceAll(spec.Expr, rangePlaceholder, p.window)},
			SmearMillis: t.smear.Milliseconds(),
		})
	}
	return errors.Join(errs...)
}

// calls plans the packs of scope topology: asked once, for calls between any two components.
func (p *planner) calls(ctx context.Context) error {
	all, err := p.names.of(ctx, nil, nil)
	if err != nil {
		return err
	}
	for i := range p.set.packs {
		pack := &p.set.packs[i]
		if pack.Scope != scopeTopology || !slices.ContainsFunc(pack.Requires, all.has) {
			continue
		}
		for k := range pack.Signals {
			sig := &pack.Signals[k]
			if p.givenForCalls(sig.Name) {
				continue
			}
			found, err := p.candidates(ctx, sig, nil)
			if err != nil {
				return err
			}
			if len(found.exprs) > 0 {
				p.plan = append(p.plan, model.SignalQuery{
					Signal: &sig.Signal, Edge: sig.Edge, Candidates: found.exprs, SmearMillis: found.smearMillis,
				})
			}
		}
	}
	return nil
}

func (p *planner) givenForCalls(name string) bool {
	return slices.ContainsFunc(p.topo.Signals, func(s model.SignalSpec) bool { return s.Signal.Name == name && s.Edge != nil })
}

// component plans the packs that fit one component.
func (p *planner) component(ctx context.Context, c *model.Component) error {
	names, err := p.names.of(ctx, c.Selector, nil)
	if err != nil || len(names) == 0 {
		return err
	}
	planned := map[string]bool{}
	var missing []model.MissingSignal
	for i := range p.set.packs {
		pack := &p.set.packs[i]
		if pack.Scope != scopeComponent || !pack.Fits(c.Kind) || !slices.ContainsFunc(pack.Requires, names.has) {
			continue
		}
		for k := range pack.Signals {
			sig := &pack.Signals[k]
			if planned[sig.Name] || p.givenFor(sig, c) {
				continue
			}
			found, err := p.candidates(ctx, sig, c.Selector)
			if err != nil {
				return err
			}
			switch {
			case len(found.exprs) > 0:
				planned[sig.Name] = true
				p.plan = append(p.plan, componentQuery(sig, c, found))
			case len(found.tried) > 0:
				missing = append(missing, model.MissingSignal{
					Subject: model.Subject{Component: c.Name}, Signal: &sig.Signal, Tried: found.tried, Reason: model.ReasonNoSeries,
				})
			}
		}
	}
	for _, m := range missing {
		if !planned[m.Signal.Name] {
			planned[m.Signal.Name] = true // two packs may miss the same signal: said once
			p.missing = append(p.missing, m)
		}
	}
	return nil
}

// givenFor tells whether the topology gives the signal for this component itself.
func (p *planner) givenFor(sig *PackSignal, c *model.Component) bool {
	return slices.ContainsFunc(p.topo.Signals, func(s model.SignalSpec) bool {
		if s.Signal.Name != sig.Name || (s.Edge != nil) != (sig.Edge != nil) {
			return false
		}
		if s.Edge != nil {
			return true // whose calls it measures is not known before it answers: given once, it is the measure of calls
		}
		value, has := c.Selector[s.By]
		return has && c.Called(value)
	})
}

func componentQuery(sig *PackSignal, c *model.Component, found candidates) model.SignalQuery {
	q := model.SignalQuery{
		Signal: &sig.Signal, Subject: model.Subject{Component: c.Name}, Candidates: found.exprs, SmearMillis: found.smearMillis,
	}
	if sig.Edge != nil {
		q.Subject = model.Subject{}
		q.Edge = &model.EdgeLabels{From: callerLabel, To: sig.Edge.To}
		for i, expr := range q.Candidates {
			q.Candidates[i] = withCaller(expr, c.Name)
		}
	}
	return q
}

// withCaller puts the caller's name into the answer's labels. "$" is doubled because label_replace expands it.
func withCaller(expr, caller string) string {
	return fmt.Sprintf(`label_replace(%s, %q, %s, "", "")`,
		expr, callerLabel, strconv.Quote(strings.ReplaceAll(caller, "$", "$$")))
}

// candidates are the expressions of one signal for one selector.
type candidates struct {
	exprs       []string // whose metrics exist
	tried       []string // all that can be written for the selector; only when exprs is empty
	smearMillis int64    // the longest of exprs
}

func (p *planner) candidates(ctx context.Context, sig *PackSignal, selector map[string]string) (candidates, error) {
	namesWithout := func(owns []string) (nameSet, error) { return p.names.of(ctx, selector, owns) }
	var out candidates
	var absent []*template
	for _, raw := range sig.Exprs {
		t, err := p.set.template(raw, p.window)
		if err != nil {
			return candidates{}, fmt.Errorf("signal %q: %w", sig.Name, err)
		}
		met, err := t.need.met(namesWithout)
		if err != nil {
			return candidates{}, err
		}
		if !met {
			absent = append(absent, t)
			continue
		}
		if expr, ok := t.render(selector); ok {
			out.exprs = append(out.exprs, expr)
			out.smearMillis = max(out.smearMillis, t.smear.Milliseconds())
		}
	}
	if len(out.exprs) > 0 || sig.Optional {
		return out, nil
	}
	for _, t := range absent { // written only now, because most of what is absent is nobody's concern
		if expr, ok := t.render(selector); ok {
			out.tried = append(out.tried, expr)
		}
	}
	return out, nil
}

type templateKey struct{ expr, window string }

// maxTemplates bounds the memory of prepared expressions: the catalogue has some 500, a topology file some dozens, and
// a server uses few windows. Full, it is emptied: preparing costs some 50 microseconds.
const maxTemplates = 1 << 14

// template prepares an expression, or returns it prepared.
func (s *Set) template(expr, window string) (*template, error) {
	key := templateKey{expr, window}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.templates[key]; ok {
		return t, nil
	}
	t, err := newTemplate(expr, window)
	if err != nil {
		return nil, err
	}
	if len(s.templates) >= maxTemplates {
		clear(s.templates)
	}
	s.templates[key] = t
	return t, nil
}
