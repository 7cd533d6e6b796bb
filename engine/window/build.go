package window

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/parallel"
)

const (
	// DefaultConcurrency is one query at a time: right for a local cut, which is bound by the processor.
	DefaultConcurrency = 1
	// DefaultMaxWarnings is as many as somebody would read.
	DefaultMaxWarnings = 50
)

// BuildOptions tune Build. Zero fields take the defaults.
type BuildOptions struct {
	// Concurrency is how many queries may be asked at the same time.
	Concurrency int
	// MaxWarnings bounds Frame.Warnings; one more says how many were left out.
	MaxWarnings int
}

// Validate lists everything that is wrong with the options.
func (o BuildOptions) Validate() error {
	var errs []error
	if o.Concurrency < 0 {
		errs = append(errs, fmt.Errorf("concurrency (%d) must not be negative", o.Concurrency))
	}
	if o.MaxWarnings < 0 {
		errs = append(errs, fmt.Errorf("max warnings (%d) must not be negative", o.MaxWarnings))
	}
	return errors.Join(errs...)
}

// Build asks for every signal of the plan and puts the answers into a Frame.
//
// The candidates of a signal are tried in order; the first whose answer holds a value for some known subject is taken
// and recorded as Series.Query. A signal whose source fails is Missing with ReasonQueryFailed and a warning; the rest
// goes on. Build fails only when ctx ends or the arguments do not fit together. phases must have one entry a grid point,
// or be nil; a nil topology knows no component.
//
// The result depends on the answers alone, not on Concurrency.
func Build(
	ctx context.Context, q Querier, plan []model.SignalQuery, topo *model.Topology, at time.Time, grid model.Grid,
	phases []model.Phase, opts BuildOptions,
) (*Frame, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("frame options: %w", err)
	}
	if err := checkGrid(grid); err != nil {
		return nil, fmt.Errorf("building frame: %w", err)
	}
	if phases != nil && len(phases) != grid.Len() {
		return nil, fmt.Errorf("building frame: %d phases for a grid of %d points", len(phases), grid.Len())
	}
	if opts.Concurrency == 0 {
		opts.Concurrency = DefaultConcurrency
	}
	if opts.MaxWarnings == 0 {
		opts.MaxWarnings = DefaultMaxWarnings
	}
	if topo == nil {
		topo = &model.Topology{}
	}
	found := make([]finding, len(plan))
	a := asker{q: q, known: model.NewDirectory(topo), grid: grid}
	parallel.Each(ctx, len(plan), opts.Concurrency, func(i int) { found[i] = a.ask(ctx, &plan[i]) })
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("building frame: %w", err)
	}

	f := &Frame{At: at, Grid: grid, Phases: phases}
	warn := warnings{max: opts.MaxWarnings, seen: map[string]bool{}}
	for i := range found {
		f.Series = append(f.Series, found[i].series...)
		if m := found[i].missing; m != nil {
			f.Missing = append(f.Missing, *m)
		}
		for _, w := range found[i].warnings {
			warn.add(w)
		}
	}
	f.Warnings = warn.list()
	if r, ok := q.(interface{ Raw() (series, samples int) }); ok {
		f.RawSeries, f.RawSamples = r.Raw()
	}
	f.sort()
	return f, nil
}

// finding is what came of one signal.
type finding struct {
	series   []*model.Series
	missing  *model.MissingSignal
	warnings []string
}

// asker asks for signals.
type asker struct {
	q     Querier
	known *model.Directory
	grid  model.Grid
}

// ask tries a signal's candidates.
func (a *asker) ask(ctx context.Context, sq *model.SignalQuery) finding {
	var f finding
	reason := model.ReasonNoSeries
	for _, expr := range sq.Candidates {
		answer, err := a.q.Query(ctx, expr, a.grid)
		if err != nil {
			if ctx.Err() != nil {
				return finding{}
			}
			f.warnings = append(f.warnings, fmt.Sprintf("%s: %v", title(sq), err))
			reason = model.ReasonQueryFailed
			continue
		}
		f.warnings = append(f.warnings, answer.Warnings...)
		series, strangers := a.attribute(sq, expr, answer)
		f.warnings = append(f.warnings, strangers...)
		if len(series) > 0 {
			f.series = series
			return f
		}
		if len(answer.Series) > 0 && len(strangers) == 0 && reason == model.ReasonNoSeries {
			// There are series, but not one value.
			reason = model.ReasonNoSamples
		}
	}
	f.missing = &model.MissingSignal{
		Subject: sq.Subject, Signal: sq.Signal, Tried: slices.Clone(sq.Candidates), Reason: reason,
	}
	return f
}

// title names a signal of the plan in warnings.
func title(sq *model.SignalQuery) string {
	if sq.Subject == (model.Subject{}) {
		return sq.Signal.Name
	}
	return sq.Subject.String() + " " + sq.Signal.Name
}

// attribute turns an answer into series of subjects. Series without a single value are left out; those of names that
// the topology does not know are left out too, each name with a warning.
func (a *asker) attribute(sq *model.SignalQuery, expr string, answer model.Answer) (out []*model.Series, strangers []string) {
	for _, as := range answer.Series {
		if !slices.ContainsFunc(as.Values, func(v float64) bool { return !model.IsGap(v) }) {
			continue
		}
		subject, unknown := SubjectOf(a.known, sq, as.Labels)
		for _, u := range unknown {
			// Without the signal's name, so that a stranger who shows in many signals is reported once.
			strangers = append(strangers, fmt.Sprintf("no component is called %q, as a label says", u))
		}
		if len(unknown) > 0 || subject.Component == "" {
			continue
		}
		out = append(out, &model.Series{
			Subject: subject, Signal: sq.Signal, Labels: as.Labels, Query: expr, Values: as.Values,
			SmearMillis: sq.SmearMillis,
		})
	}
	keepTelling(out)
	return out, strangers
}

// SubjectOf tells whose series an answer to a query of the plan is; unknown are the names that the directory does not
// know.
// A series without the label that should name its component (a total over all, say) is nobody's: no subject and nothing
// unknown.
func SubjectOf(known *model.Directory, sq *model.SignalQuery, ls model.Labels) (s model.Subject, unknown []string) {
	find := func(label string) string {
		name := ls.Get(label)
		if name == "" {
			return ""
		}
		if c := known.Find(name); c != nil {
			return c.Name
		}
		unknown = append(unknown, name)
		return ""
	}
	switch {
	case sq.Edge != nil:
		s = model.Subject{Component: find(sq.Edge.From), Peer: find(sq.Edge.To)}
		if s.Component == "" || s.Peer == "" {
			return model.Subject{}, unknown
		}
		return s, nil
	case sq.By != "":
		return model.Subject{Component: find(sq.By)}, unknown
	default:
		return sq.Subject, nil
	}
}

// keepTelling leaves each series only the labels that differ among the series of its subject: what tells replicas
// apart, and nothing else. The labels that named the subject go by the same rule, except where a component answered
// under two names.
func keepTelling(series []*model.Series) {
	count := make(map[model.Subject]int, len(series))
	for _, s := range series {
		count[s.Subject]++
	}
	groups := map[model.Subject][]*model.Series{}
	for _, s := range series {
		if count[s.Subject] == 1 {
			s.Labels = model.Labels{} // there is nothing to tell it from
		} else {
			groups[s.Subject] = append(groups[s.Subject], s)
		}
	}
	for _, group := range groups {
		first := group[0].Labels
		telling := map[string]bool{}
		for _, s := range group[1:] {
			for _, l := range s.Labels {
				telling[l.Name] = telling[l.Name] || first.Get(l.Name) != l.Value
			}
			for _, l := range first {
				telling[l.Name] = telling[l.Name] || s.Labels.Get(l.Name) != l.Value
			}
		}
		for _, s := range group {
			s.Labels = slices.DeleteFunc(slices.Clone(s.Labels), func(l model.Label) bool { return !telling[l.Name] })
		}
	}
}

// warnings collects distinct texts in the order of their coming, up to a bound.
type warnings struct {
	max     int
	seen    map[string]bool
	texts   []string
	omitted int
}

func (w *warnings) add(text string) {
	if w.seen[text] {
		return
	}
	w.seen[text] = true
	if len(w.texts) >= w.max {
		w.omitted++
		return
	}
	w.texts = append(w.texts, text)
}

func (w *warnings) list() []string {
	if w.omitted == 0 {
		return w.texts
	}
	return append(w.texts, fmt.Sprintf("%d more warnings", w.omitted))
}
