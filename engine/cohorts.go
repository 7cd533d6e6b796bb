package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/diagnops/diagnops/engine/cohort"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

const (
	// maxUnits bounds what is compared: beyond it the answers of a source take longer than anybody waits.
	maxUnits = 5000
	// cohortSeed makes the random exchanges the same at every run.
	cohortSeed = 5
)

// cohorts asks who is hit: it holds the signal that is bad apart by instance and by what tells requests apart, and looks
// for the label that carries the badness. It is asked of the symptom and of the leading cause. Nil when there are no units
// to compare. Only the symptom's and the cause's own signals are asked for, and what is known of their units.
func (c *composer) cohorts(ctx context.Context, src window.Querier) *model.Cohorts {
	p := prober{ctx: ctx, src: src, topology: c.in.Topology, known: model.NewDirectory(c.in.Topology), frame: c.frame, grid: c.cohortGrid()}
	out := &model.Cohorts{}
	for _, s := range c.suspects() {
		p.compare(s, out)
	}
	if len(out.Compared) == 0 {
		return nil
	}
	out.NoLabel = out.Tested > 0 && len(out.SeparatedBy) == 0
	return out
}

// suspect is something of which units are compared.
type suspect struct {
	component *model.Component
	reading   *model.Reading // its signal is held apart; nil = how often units stop
	query     *model.SignalQuery
	// always tells that the signal is as it always is: then units are compared by how they are, not by how they changed.
	always bool
	// aside tells that it was not asked about: said only if something is found.
	aside bool
}

// suspects are the symptom's signal and that of the leading cause. Of what fails by stopping, and where nothing measured
// shows the symptom, it is how often units stop.
func (c *composer) suspects() (out []suspect) {
	sym := c.incident.Symptom
	at := c.in.Topology.Component(sym.Component)
	if at == nil {
		return nil
	}
	stops := sym.Signal == model.KindAvailability || c.symptom != nil && c.symptom.Series.Signal.Kind == model.KindAvailability
	switch {
	case stops:
		out = append(out, suspect{component: at})
	case c.symptom != nil:
		out = append(out, suspect{component: at, reading: c.symptom})
	default:
		out = append(out, suspect{component: at, aside: true})
		if p := c.scene.Profiles[sym.Component]; p != nil {
			out = append(out, suspect{component: at, reading: p.Nearest(sym.Signal.Family()), always: true, aside: true})
		}
	}
	if culprits := c.culprits(); len(culprits) > 0 && culprits[0].Component != sym.Component {
		out = append(out, suspect{component: c.in.Topology.Component(culprits[0].Component), reading: leading(culprits[0])})
	}
	for i := range out {
		if out[i].reading != nil {
			out[i].query = c.queryOf(out[i].reading.Series)
		}
	}
	return slices.DeleteFunc(out, func(s suspect) bool {
		return s.component == nil || s.reading == nil && len(s.component.Selector) == 0 ||
			s.reading != nil && (s.query == nil || s.reading.Series.Subject.IsEdge())
	})
}

// queryOf is the part of the plan that a series answers.
func (c *composer) queryOf(s *model.Series) *model.SignalQuery {
	i := slices.IndexFunc(c.plan, func(q model.SignalQuery) bool {
		return q.Signal == s.Signal && (q.Subject.Component == "" || q.Subject == s.Subject) && slices.Contains(q.Candidates, s.Query)
	})
	if i < 0 {
		return nil
	}
	return &c.plan[i]
}

// cohortGrid is the frame's grid without the spans in which nothing is compared: other days, for one.
func (c *composer) cohortGrid() phased {
	out := phased{grid: model.Grid{Step: c.frame.Grid.Step}}
	base := 0
	for _, s := range c.frame.Grid.Spans {
		phases := c.frame.Phases[base : base+s.N]
		if slices.ContainsFunc(phases, func(p model.Phase) bool { return p == model.PhaseReference || p == model.PhaseSymptom }) {
			out.grid.Spans = append(out.grid.Spans, s)
			out.phases = append(out.phases, phases...)
		}
		base += s.N
	}
	return out
}

// phased is a grid with what each point is for.
type phased struct {
	grid   model.Grid
	phases []model.Phase
}

// ends are the first and the last point of the symptom, as a grid of their own.
func (p phased) ends() model.Grid {
	first := slices.Index(p.phases, model.PhaseSymptom)
	if first < 0 {
		return model.Grid{}
	}
	last := first
	for i, ph := range p.phases {
		if ph == model.PhaseSymptom {
			last = i
		}
	}
	out := model.Grid{Step: p.grid.Step, Spans: []model.Span{{StartMillis: p.grid.Millis(first), N: 1}}}
	if last > first {
		out.Spans = append(out.Spans, model.Span{StartMillis: p.grid.Millis(last), N: 1})
	}
	return out
}

// prober asks a source for units.
type prober struct {
	ctx      context.Context
	src      window.Querier
	topology *model.Topology
	known    *model.Directory // of the topology
	frame    *window.Frame
	grid     phased
}

// population is units of one kind, ready to be compared.
type population struct {
	unit   string // the label, or labels, that tell them apart
	signal string
	kind   cohort.Kind
	inUnit string // of a level: seconds
	units  []cohort.Unit
}

// compare asks for the units of a suspect and says what they have in common. What cannot be asked is left out: an answer
// without cohorts is an answer.
func (p *prober) compare(s suspect, out *model.Cohorts) {
	var all []population
	if s.reading == nil {
		all = p.stops(s)
	} else {
		all = p.split(s)
	}
	for _, pop := range all {
		if len(pop.units) > maxUnits {
			out.Compared = append(out.Compared, model.Comparison{
				Component: s.component.Name, Signal: pop.signal, Unit: pop.unit, Units: len(pop.units),
				Text: model.Say("%s: %d units of %s are more than the %d that are compared", s.component.Name, len(pop.units), pop.unit, maxUnits),
			})
			continue
		}
		// Each population is a further chance to be wrong.
		r, err := cohort.Compare(pop.units, pop.kind, cohort.Options{Seed: cohortSeed, Alpha: cohortAlpha / float64(len(all))})
		if err != nil || len(r.Labels) == 0 && !r.TooFew || s.aside && r.Found == nil {
			continue
		}
		if r.Found != nil {
			r.Found.Corrected = min(1, r.Found.Corrected*float64(len(all)))
		}
		t := teller{suspect: s, population: pop, result: r}
		out.Compared = append(out.Compared, t.comparison())
		out.Tested += len(r.Labels)
		if r.Found != nil {
			out.SeparatedBy = append(out.SeparatedBy, t.separation())
			out.Indistinguishable = append(out.Indistinguishable, t.indistinguishable()...)
		}
	}
}

// cohortAlpha is the chance, at most, that a label is named although none separates the units.
const cohortAlpha = 0.05

// sortUnits puts units into the order of their names.
func sortUnits(units []cohort.Unit) {
	slices.SortFunc(units, func(a, b cohort.Unit) int { return cmp.Compare(a.Name, b.Name) })
}
