package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/diagnops/diagnops/engine/detect"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
	"github.com/diagnops/diagnops/engine/stream"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/engine/window"
)

// signals are the expressions of one plan, as they are evaluated over a live window. One goroutine advances; any number
// read what came out.
type signals struct {
	core      *Core
	engine    *Engine // that the plan was made with, and that answers from it
	topology  *model.Topology
	directory *model.Directory // of the topology
	graph     *topo.Graph
	plan      []model.SignalQuery
	missing   []model.MissingSignal
	changes   atomic.Pointer[[]model.ChangeQuery] // asked when somebody asks; owner: Core.plan

	runner   *stream.Runner
	programs map[string]int // by expression
	queries  [][]int        // by program: indices into plan
	upTo     atomic.Int64   // last grid point evaluated, Unix milliseconds; owner: who advances

	watcher *detect.Watcher
	chosen  []*watch // those that count, as long as no column comes or goes; owner: who advances
	rechose bool     // chosen must be made anew

	mu      sync.RWMutex // taken to add or drop a column, and to list them; never while values are written or read
	columns []columns    // by program
}

// columns are what came out of one program.
type columns struct {
	all []*column
	at  map[string]*column // the same by labels; owner: who advances
	// of finds them by the component whose signals they are; of calls by the caller. What is nobody's is not in it.
	of map[string][]*column
}

func (c *columns) add(col *column) {
	c.all = append(c.all, col)
	c.at[col.labels.String()] = col
	if col.component != "" {
		c.of[col.component] = append(c.of[col.component], col)
	}
}

// drop takes out the columns that are over.
func (c *columns) drop(over func(*column) bool) {
	for _, col := range c.all {
		if !over(col) {
			continue
		}
		delete(c.at, col.labels.String())
		if rest := slices.DeleteFunc(c.of[col.component], over); len(rest) > 0 {
			c.of[col.component] = rest
		} else {
			delete(c.of, col.component)
		}
	}
	c.all = slices.DeleteFunc(c.all, over)
}

// column is what came out of a program for one series: its newest values, and who watches them.
type column struct {
	labels    model.Labels
	out       *stream.Output // owner: who advances
	component string         // of the first of watches; "" = nobody's
	values    ring.Ring
	last      int64 // grid point of the newest value; owner: who advances
	watches   []*watch
}

// watch is a signal that a column gives, and the candidate of the plan that it comes from.
type watch struct {
	query   int // index into the plan
	subject model.Subject
	labels  model.Labels
	monitor *detect.Monitor
}

func newSignals(c *Core, e *Engine, topology *model.Topology, p planned, at time.Time) (*signals, error) {
	s := &signals{
		core: c, engine: e, topology: topology, directory: model.NewDirectory(topology), graph: topo.New(topology),
		plan: p.plan, missing: p.missing, programs: map[string]int{},
		watcher: detect.NewWatcher(c.opts.Step, detect.MonitorOptions{Points: c.opts.Points}),
	}
	s.changes.Store(&p.changes)
	var programs []*stream.Program
	for q := range p.plan {
		for _, expr := range p.plan[q].Candidates {
			i, ok := s.programs[expr]
			if !ok {
				program, err := stream.Compile(expr)
				if err != nil {
					return nil, fmt.Errorf("signal %s: %w", p.plan[q].Signal.Name, err)
				}
				i = len(programs)
				s.programs[expr] = i
				programs, s.queries = append(programs, program), append(s.queries, nil)
				s.columns = append(s.columns, columns{at: map[string]*column{}, of: map[string][]*column{}})
			}
			s.queries[i] = append(s.queries[i], q)
		}
	}
	step := c.opts.Step
	start := at.Add(-c.opts.Behind).Add(-time.Duration(c.opts.Points-1) * step).Truncate(step)
	var err error
	s.runner, err = stream.New(c.live.NewFeed(), programs, stream.Options{
		Start: model.Millis(start), Step: step, Lookback: c.opts.lookback(), Evaluate: s.byEngine,
	})
	if err != nil {
		return nil, err
	}
	s.upTo.Store(model.Millis(start) - step.Milliseconds())
	return s, nil
}

// byEngine evaluates at one point what has no incremental operator.
func (s *signals) byEngine(ctx context.Context, expr string, tMillis int64) (model.Answer, error) {
	at := model.FromMillis(tMillis)
	grid := model.Grid{Step: s.core.opts.Step, Spans: []model.Span{{StartMillis: tMillis, N: 1}}}
	return s.core.eval.On(s.core.live.Cut(at)).Query(ctx, expr, grid)
}

// covers tells whether all that another plan asks for is evaluated here, for the same topology.
func (s *signals) covers(topology *model.Topology, plan []model.SignalQuery) bool {
	if s.topology != topology || len(s.plan) != len(plan) {
		return false
	}
	for q := range plan {
		for _, expr := range plan[q].Candidates {
			if _, ok := s.programs[expr]; !ok {
				return false
			}
		}
	}
	return true
}

// evaluated is the last grid point of which every value is there.
func (s *signals) evaluated() time.Time { return model.FromMillis(s.upTo.Load()) }

// advance evaluates every grid point up to a time and feeds the monitors.
func (s *signals) advance(ctx context.Context, toMillis int64) error {
	if s.runner.Next() > toMillis {
		return nil
	}
	if err := s.runner.Advance(ctx, toMillis, s.take); err != nil {
		return err
	}
	upTo := s.runner.Next() - s.core.opts.Step.Milliseconds()
	s.settle(upTo)
	s.upTo.Store(upTo)
	return nil
}

// take puts a value where it belongs. It is called by the runner, grid point by grid point.
func (s *signals) take(out *stream.Output, tMillis int64, v float64) {
	col, known := out.State.(*column)
	if !known {
		col = s.columnOf(out)
	}
	col.values.Append(tMillis, v)
	col.last = tMillis
	for _, w := range col.watches {
		w.monitor.Add(tMillis, v)
	}
}

// columnOf returns the column of an output that has none: that of a series of the same labels that was away for longer
// than the runner remembers it, or a new one.
func (s *signals) columnOf(out *stream.Output) *column {
	col := s.columns[out.Program].at[out.Labels.String()]
	if col == nil {
		col = s.newColumn(out)
	}
	col.out, out.State = out, col
	return col
}

func (s *signals) newColumn(out *stream.Output) *column {
	col := &column{labels: out.Labels, values: ring.New(s.core.opts.Points)}
	for _, q := range s.queries[out.Program] {
		sq := &s.plan[q]
		subject, strangers := window.SubjectOf(s.directory, sq, out.Labels)
		if len(strangers) > 0 || subject.Component == "" {
			continue
		}
		monitor := s.watcher.Watch(&model.Series{Subject: subject, Signal: sq.Signal, Labels: out.Labels, SmearMillis: sq.SmearMillis})
		col.watches = append(col.watches, &watch{query: q, subject: subject, labels: out.Labels, monitor: monitor})
	}
	if len(col.watches) > 0 {
		col.component = col.watches[0].subject.Component
	}
	s.rechose = true
	s.mu.Lock()
	defer s.mu.Unlock()
	s.columns[out.Program].add(col)
	return col
}

// settle tells the monitors of columns that had no value at the last grid point, and drops those that have had none for
// as long as values are kept.
func (s *signals) settle(upTo int64) {
	oldest := upTo - int64(s.core.opts.Points)*s.core.opts.Step.Milliseconds()
	over := func(col *column) bool { return col.last <= oldest }
	for i := range s.columns {
		dropped := false
		for _, col := range s.columns[i].all {
			switch {
			case col.last >= upTo:
			case over(col):
				dropped, col.out.State = true, nil
			default:
				for _, w := range col.watches {
					w.monitor.Add(upTo, model.Gap())
				}
			}
		}
		if dropped {
			s.rechose = true
			s.mu.Lock()
			s.columns[i].drop(over)
			s.mu.Unlock()
		}
	}
}

// watching lists what is not as usual.
func (s *signals) watching() *Watching {
	if s.rechose {
		s.chosen, s.rechose = s.choose(), false
	}
	w := &Watching{At: s.evaluated(), Signals: len(s.chosen)}
	for _, at := range s.chosen {
		w.judge(s, at)
	}
	slices.SortFunc(w.Abnormal, compareWatched)
	slices.SortFunc(w.Warnings, func(a, b Watched) int { return cmp.Or(a.End.Likely.Compare(b.End.Likely), compareWatched(a, b)) })
	return w
}

func (w *Watching) judge(s *signals, at *watch) {
	found := Watched{Subject: at.subject, Signal: s.plan[at.query].Signal, Labels: at.labels}
	r := at.monitor.Reading()
	if r != nil {
		if _, expected := s.engine.opts.Rules.Exemption(s.graph.Component(at.subject.Component), r, w.At); expected {
			return
		}
	}
	if r != nil && r.Amiss() {
		found.Reading, found.Since = *r, at.monitor.Since()
		found.Reading.Series = nil // its values are the watcher's, and change
		w.Abnormal = append(w.Abnormal, found)
	}
	if end, ok := at.monitor.Exhaustion(); ok {
		found.End = end
		w.Warnings = append(w.Warnings, found)
	}
}

func compareWatched(a, b Watched) int {
	return cmp.Or(a.Subject.Compare(b.Subject), strings.Compare(a.Signal.Name, b.Signal.Name), a.Labels.Compare(b.Labels))
}

// choose lists the watches of the candidates that count: of those of a signal the first that gives a known subject
// values, as in a frame.
func (s *signals) choose() (out []*watch) {
	given := make([][]*watch, len(s.plan)) // by query: by the candidate that counts
	from := make([]int, len(s.plan))       // its place among the candidates
	for i := range s.columns {
		for _, col := range s.columns[i].all {
			for _, w := range col.watches {
				place := slices.IndexFunc(s.plan[w.query].Candidates, func(expr string) bool { return s.programs[expr] == i })
				switch {
				case given[w.query] == nil || place < from[w.query]:
					given[w.query], from[w.query] = []*watch{w}, place
				case place == from[w.query]:
					given[w.query] = append(given[w.query], w)
				}
			}
		}
	}
	return slices.Concat(given...)
}
