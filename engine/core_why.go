package engine

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/parallel"
	"github.com/diagnops/diagnops/engine/window"
)

// past answers the expressions of a plan from what came out for them, and anything else from the raw samples.
type past struct {
	*window.Local
	s         *signals
	concerned []string // the components whose signals are wanted, sorted; nil = all
}

// Raw counts the raw series at hand. How many samples they hold would take a look at each.
func (p *past) Raw() (series, samples int) { return p.s.core.live.Stats().Series, 0 }

// concern returns the components that an answer about one of them may speak of, and the topology of these alone: what it
// needs, directly or not, and what needs it; whoever else needs one of these, for its word is an alibi or a charge; and
// what those need beside it, for load may have moved there. Nil when nobody was asked about.
func (s *signals) concern(name string) (map[string]bool, *model.Topology) {
	if s.graph.Component(name) == nil {
		return nil, s.topology
	}
	in := map[string]bool{}
	for below := range s.graph.Reach(name) {
		in[below] = true
	}
	for _, above := range s.graph.Upstream(name) {
		in[above] = true
	}
	var beside []string
	for at := range in {
		for _, d := range s.graph.Dependents(at) {
			beside = append(beside, d.From)
		}
	}
	for _, at := range beside {
		in[at] = true
		for _, d := range s.graph.Carriers(at) {
			in[d.To] = true
		}
	}
	t := &model.Topology{Signals: s.topology.Signals}
	for i := range s.topology.Components {
		if c := &s.topology.Components[i]; in[c.Name] {
			t.Components = append(t.Components, *c)
		}
	}
	for _, d := range s.topology.Dependencies {
		if in[d.From] && in[d.To] {
			t.Dependencies = append(t.Dependencies, d)
		}
	}
	return in, t
}

// planOf is the part of the plan that may speak of these components.
func (s *signals) planOf(in map[string]bool) (plan []model.SignalQuery, missing []model.MissingSignal) {
	if in == nil {
		return s.plan, s.missing
	}
	for i := range s.plan {
		if at := s.plan[i].Subject.Component; at == "" || in[at] {
			plan = append(plan, s.plan[i])
		}
	}
	for i := range s.missing {
		if at := s.missing[i].Subject.Component; at == "" || in[at] {
			missing = append(missing, s.missing[i])
		}
	}
	return plan, missing
}

// diagnose answers a question as of a grid point, from the signals at hand.
func (s *signals) diagnose(ctx context.Context, in Input, at time.Time) (*model.Diagnosis, error) {
	if in.Topology == nil {
		in.Topology = s.topology
	}
	src := &past{Local: s.core.eval.On(s.core.live.Cut(at)), s: s}
	if in.Topology != s.topology {
		return s.engine.Diagnose(ctx, in, src)
	}
	p := planned{changes: *s.changes.Load(), started: now(in.Clock), width: parallel.Width()}
	var concerned map[string]bool
	if len(in.Claims) == 0 { // what somebody says may be of anybody
		concerned, in.Topology = s.concern(in.Incident.Symptom.Component)
	}
	if concerned != nil {
		src.concerned = slices.Sorted(maps.Keys(concerned))
	}
	p.plan, p.missing = s.planOf(concerned)
	return s.engine.diagnose(ctx, in, src, p)
}

// Query implements window.Querier.
func (p *past) Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	if i, ok := p.s.programs[expr]; ok && p.s.holds(grid) {
		return p.s.answer(i, grid, p.concerned), nil
	}
	return p.Local.Query(ctx, expr, grid)
}

// holds tells whether every point of a grid is a point that was evaluated and is kept.
func (s *signals) holds(grid model.Grid) bool {
	if grid.Step != s.core.opts.Step {
		return false
	}
	step, upTo := grid.Step.Milliseconds(), s.upTo.Load()
	oldest := upTo - int64(s.core.opts.Points-1)*step
	for _, span := range grid.Spans {
		last := span.StartMillis + int64(span.N-1)*step
		if (span.StartMillis-upTo)%step != 0 || span.StartMillis < oldest || last > upTo {
			return false
		}
	}
	return true
}

// list returns the columns of a program that belong to some components, in the order of these and of the labels; nil = all
// there are.
func (s *signals) list(program int, of []string) (out []*column) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := &s.columns[program]
	if of == nil {
		out = slices.Clone(c.all)
		slices.SortFunc(out, compareColumns)
		return out
	}
	for _, name := range of {
		from := len(out)
		out = append(out, c.of[name]...)
		slices.SortFunc(out[from:], compareColumns)
	}
	return out
}

func compareColumns(a, b *column) int { return a.labels.Compare(b.labels) }

// answer copies the values of a program for some components, nil = all, at the points of a grid that it holds.
func (s *signals) answer(program int, grid model.Grid, of []string) model.Answer {
	cols := s.list(program, of)
	var a model.Answer
	size := s.core.opts.Points + 1 // one may come while they are copied
	ts, vs := make([]int64, size), make([]float64, size)
	a.Series = make([]model.AnswerSeries, 0, len(cols))
	room := make([]float64, len(cols)*grid.Len()) // of all series: one piece of memory costs less than one for each
	for _, col := range cols {
		n, _ := col.values.Snapshot(ts, vs)
		values := room[:grid.Len():grid.Len()]
		if onto(values, grid, ts[:n], vs[:n]) {
			a.Series, room = append(a.Series, model.AnswerSeries{Labels: col.labels, Values: values}), room[grid.Len():]
		}
	}
	return a
}

// onto lays samples whose times are grid points onto a grid; known tells whether any value came to lie on it.
func onto(values []float64, grid model.Grid, ts []int64, vs []float64) (known bool) {
	step, at := grid.Step.Milliseconds(), 0
	for _, span := range grid.Spans {
		k, _ := slices.BinarySearch(ts, span.StartMillis)
		if last := k + span.N - 1; last < len(ts) && ts[k] == span.StartMillis && ts[last]-ts[k] == int64(span.N-1)*step {
			copy(values[at:], vs[k:last+1]) // times ascend by whole steps: none is missing
			known = known || slices.ContainsFunc(vs[k:last+1], func(v float64) bool { return !model.IsGap(v) })
			at += span.N
			continue
		}
		for i := range span.N {
			t := span.StartMillis + int64(i)*step
			for k < len(ts) && ts[k] < t {
				k++
			}
			v := model.Gap()
			if k < len(ts) && ts[k] == t {
				v = vs[k]
			}
			known = known || !model.IsGap(v)
			values[at] = v
			at++
		}
	}
	return known
}
