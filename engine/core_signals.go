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

	runner   *stream.Runner
	programs map[string]int // by expression
	queries  [][]int        // by program: indices into plan
	upTo     atomic.Int64   // last grid point evaluated, Unix milliseconds; owner: who advances

	mu      sync.RWMutex // taken to add or drop a column, and to list them; never while values are written or read
	columns []columns    // by program
}

// columns are what came out of one program.
type columns struct {
	all map[*stream.Output]*column
	// of finds them by the component whose signals they are; of calls by the caller. What is nobody's is not in it.
	of map[string][]*column
}

func (c *columns) add(out *stream.Output, col *column) {
	c.all[out] = col
	if col.component != "" {
		c.of[col.component] = append(c.of[col.component], col)
	}
}

func (c *columns) drop(out *stream.Output, col *column) {
	delete(c.all, out)
	c.of[col.component] = slices.DeleteFunc(c.of[col.component], func(x *column) bool { return x == col })
}

// column is what came out of a program for one series: its newest values, and who watches them.
type column struct {
	labels    model.Labels
	component string // of the first of watches; "" = nobody's
	values    ring.Ring
	last      int64 // grid point of the newest value; owner: who advances
	watches   []watch
}

// watch is a signal that a column gives, and the candidate of the plan that it comes from.
type watch struct {
	query   int // index into the plan
	subject model.Subject
	monitor *detect.Monitor
}

func newSignals(
	c *Core, e *Engine, topology *model.Topology, plan []model.SignalQuery, missing []model.MissingSignal, at time.Time,
) (*signals, error) {
	s := &signals{
		core: c, engine: e, topology: topology, directory: model.NewDirectory(topology), graph: topo.New(topology),
		plan: plan, missing: missing, programs: map[string]int{},
	}
	var programs []*stream.Program
	for q := range plan {
		for _, expr := range plan[q].Candidates {
			i, ok := s.programs[expr]
			if !ok {
				p, err := stream.Compile(expr)
				if err != nil {
					return nil, fmt.Errorf("signal %s: %w", plan[q].Signal.Name, err)
				}
				i = len(programs)
				s.programs[expr] = i
				programs, s.queries = append(programs, p), append(s.queries, nil)
				s.columns = append(s.columns, columns{map[*stream.Output]*column{}, map[string][]*column{}})
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
	col := s.columns[out.Program].all[out]
	if col == nil {
		col = s.newColumn(out)
	}
	col.values.Append(tMillis, v)
	col.last = tMillis
	for i := range col.watches {
		col.watches[i].monitor.Add(tMillis, v)
	}
}

func (s *signals) newColumn(out *stream.Output) *column {
	col := &column{labels: out.Labels, values: ring.New(s.core.opts.Points)}
	for _, q := range s.queries[out.Program] {
		sq := &s.plan[q]
		subject, strangers := window.SubjectOf(s.directory, sq, out.Labels)
		if len(strangers) > 0 || subject.Component == "" {
			continue
		}
		series := &model.Series{Subject: subject, Signal: sq.Signal, Labels: out.Labels, SmearMillis: sq.SmearMillis}
		monitor := detect.NewMonitor(series, s.core.opts.Step, detect.MonitorOptions{Points: s.core.opts.Points})
		col.watches = append(col.watches, watch{query: q, subject: subject, monitor: monitor})
	}
	if len(col.watches) > 0 {
		col.component = col.watches[0].subject.Component
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.columns[out.Program].add(out, col)
	return col
}

// settle tells the monitors of columns that had no value at the last grid point, and drops those that have had none for
// as long as values are kept.
func (s *signals) settle(upTo int64) {
	oldest := upTo - int64(s.core.opts.Points)*s.core.opts.Step.Milliseconds()
	for i := range s.columns {
		for out, col := range s.columns[i].all {
			switch {
			case col.last >= upTo:
			case col.last <= oldest:
				s.mu.Lock()
				s.columns[i].drop(out, col)
				s.mu.Unlock()
			default:
				for k := range col.watches {
					col.watches[k].monitor.Add(upTo, model.Gap())
				}
			}
		}
	}
}

// watching lists what is not as usual. Of the candidates of a signal the first that has values counts, as in a frame.
func (s *signals) watching() *Watching {
	w := &Watching{At: s.evaluated()}
	taken := s.chosen()
	for i := range s.columns {
		for _, col := range s.columns[i].all {
			for k := range col.watches {
				at := &col.watches[k]
				if taken[at.query] != i {
					continue
				}
				w.Signals++
				w.judge(s, at, col)
			}
		}
	}
	slices.SortFunc(w.Abnormal, compareWatched)
	slices.SortFunc(w.Warnings, func(a, b Watched) int { return cmp.Or(a.End.Likely.Compare(b.End.Likely), compareWatched(a, b)) })
	return w
}

func (w *Watching) judge(s *signals, at *watch, col *column) {
	found := Watched{Subject: at.subject, Signal: s.plan[at.query].Signal, Labels: col.labels}
	r := at.monitor.Reading()
	if r != nil {
		if _, expected := s.engine.opts.Rules.Exemption(s.graph.Component(at.subject.Component), r, w.At); expected {
			return
		}
	}
	if r != nil && r.Amiss() {
		found.Reading, found.Since = *r, at.monitor.Since()
		found.Reading.Series = nil // its values are the monitor's, and change
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

// chosen is, for each signal of the plan, the program of its first candidate that gives a known subject values; -1 = none.
func (s *signals) chosen() []int {
	out := make([]int, len(s.plan))
	for q := range s.plan {
		out[q] = -1
		for _, expr := range s.plan[q].Candidates {
			if i := s.programs[expr]; s.gives(i, q) {
				out[q] = i
				break
			}
		}
	}
	return out
}

func (s *signals) gives(program, query int) bool {
	for _, col := range s.columns[program].all {
		if slices.ContainsFunc(col.watches, func(w watch) bool { return w.query == query }) {
			return true
		}
	}
	return false
}
