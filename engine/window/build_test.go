package window

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/engine/model"
)

// canned answers expressions from a table; anything else has no series.
type canned struct {
	answers map[string]model.Answer
	fails   map[string]error
	busy    atomic.Int32
	busiest atomic.Int32
}

func (c *canned) MetricNames(context.Context, map[string]string, model.Interval) ([]string, error) {
	return nil, nil
}

func (c *canned) Query(ctx context.Context, expr string, _ model.Grid) (model.Answer, error) {
	n := c.busy.Add(1)
	defer c.busy.Add(-1)
	for old := c.busiest.Load(); n > old && !c.busiest.CompareAndSwap(old, n); old = c.busiest.Load() {
	}
	if err := ctx.Err(); err != nil {
		return model.Answer{}, err
	}
	return c.answers[expr], c.fails[expr]
}

func answer(series ...model.AnswerSeries) model.Answer { return model.Answer{Series: series} }

func answered(ls model.Labels, values ...float64) model.AnswerSeries {
	return model.AnswerSeries{Labels: ls, Values: values}
}

var (
	latency = &model.Signal{Name: "latency", Kind: model.KindLatency}
	queue   = &model.Signal{Name: "queue", Kind: model.KindSaturation}
	topo    = &model.Topology{Components: []model.Component{
		{Name: "web"}, {Name: "orders", Aliases: []string{"orders-svc"}}, {Name: "db"},
	}}
)

// build is Build on a grid of two points.
func build(t *testing.T, q Querier, opts BuildOptions, plan ...model.SignalQuery) *Frame {
	t.Helper()
	f, err := Build(context.Background(), q, plan, topo, at(10), seconds(0, 10, 2), nil, opts)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// show prints a frame's series, one a line.
func show(f *Frame) string {
	var b strings.Builder
	for _, s := range f.Series {
		fmt.Fprintf(&b, "%s = %v by %s\n", s.ID(), s.Values, s.Query)
	}
	for _, m := range f.Missing {
		fmt.Fprintf(&b, "missing %s %s: %s after %v\n", m.Subject, m.Signal.Name, m.Reason, m.Tried)
	}
	for _, w := range f.Warnings {
		fmt.Fprintf(&b, "warning %s\n", w)
	}
	return b.String()
}

func TestBuildAttributes(t *testing.T) {
	web := model.Subject{Component: "web"}
	for name, c := range map[string]struct {
		query model.SignalQuery
		want  string
	}{
		"one series needs no labels": {
			model.SignalQuery{Signal: queue, Subject: web, Candidates: []string{"one"}},
			"web queue = [1 2] by one\n",
		},
		"replicas keep what tells them apart": {
			model.SignalQuery{Signal: queue, Subject: web, Candidates: []string{"pods"}},
			"web queue{pod=\"a\"} = [1 2] by pods\nweb queue{pod=\"b\"} = [3 4] by pods\n",
		},
		"a label that only some carry tells too": {
			model.SignalQuery{Signal: queue, Subject: web, Candidates: []string{"some"}},
			"web queue = [1 2] by some\nweb queue{role=\"x\"} = [3 4] by some\n",
		},
		"the second candidate answers": {
			model.SignalQuery{Signal: queue, Subject: web, Candidates: []string{"none", "gaps", "one"}},
			"web queue = [1 2] by one\n",
		},
		"a series of gaps is no series": {
			model.SignalQuery{Signal: queue, Subject: web, Candidates: []string{"half"}},
			"web queue = [NaN 4] by half\n",
		},
		"by a label, by name, alias and letter case": {
			model.SignalQuery{Signal: latency, By: "node", Candidates: []string{"nodes"}},
			"db latency = [5 6] by nodes\norders latency = [3 4] by nodes\nweb latency = [1 2] by nodes\n" +
				"warning no component is called \"stranger\", as a label says\n",
		},
		"two names of one component stay apart": {
			model.SignalQuery{Signal: latency, By: "node", Candidates: []string{"twice"}},
			"orders latency{node=\"orders\"} = [1 2] by twice\norders latency{node=\"orders-svc\"} = [3 4] by twice\n",
		},
		"only strangers: the next candidate": {
			model.SignalQuery{Signal: latency, By: "node", Candidates: []string{"strangers", "nodes2"}},
			"web latency = [1 2] by nodes2\nwarning no component is called \"stranger\", as a label says\n",
		},
		"calls": {
			model.SignalQuery{Signal: latency, Edge: &model.EdgeLabels{From: "client", To: "server"}, Candidates: []string{"calls"}},
			"orders -> db latency{pod=\"a\"} = [3 4] by calls\norders -> db latency{pod=\"b\"} = [5 6] by calls\n" +
				"web -> orders latency = [1 2] by calls\nwarning no component is called \"stranger\", as a label says\n",
		},
		"not measured": {
			model.SignalQuery{Signal: latency, Subject: web, Candidates: []string{"none", "none2"}},
			"missing web latency: not measured after [none none2]\n",
		},
		"series without a value": {
			model.SignalQuery{Signal: latency, Subject: web, Candidates: []string{"gaps", "none"}},
			"missing web latency: no samples in the symptom's interval after [gaps none]\n",
		},
		"a failure": {
			model.SignalQuery{Signal: latency, Subject: web, Candidates: []string{"broken", "none"}},
			"missing web latency: query failed after [broken none]\nwarning web latency: no route\n",
		},
		"a failure that the next candidate makes good": {
			model.SignalQuery{Signal: latency, By: "node", Candidates: []string{"broken", "nodes2"}},
			"web latency = [1 2] by nodes2\nwarning latency: no route\n",
		},
		"no candidates": {
			model.SignalQuery{Signal: latency, Subject: web},
			"missing web latency: not measured after []\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, show(build(t, newCanned(), BuildOptions{}, c.query))); d != "" {
				t.Error(d)
			}
		})
	}
}

func newCanned() *canned {
	return &canned{
		fails: map[string]error{"broken": errors.New("no route")},
		answers: map[string]model.Answer{
			"one":  answer(answered(lb("__name__", "m", "job", "web"), 1, 2)),
			"pods": answer(answered(lb("__name__", "m", "job", "web", "pod", "b"), 3, 4), answered(lb("__name__", "m", "job", "web", "pod", "a"), 1, 2)),
			"some": answer(answered(lb("__name__", "m"), 1, 2), answered(lb("__name__", "m", "role", "x"), 3, 4)),
			"gaps": answer(answered(lb("__name__", "m"), gap, gap)),
			"half": answer(answered(lb("__name__", "m", "pod", "a"), gap, gap), answered(lb("__name__", "m", "pod", "b"), gap, 4)),
			"nodes": answer(answered(lb("node", "web"), 1, 2), answered(lb("node", "orders-svc"), 3, 4), answered(lb("node", "DB"), 5, 6),
				answered(lb("node", "stranger"), 7, 8), answered(lb("node", "stranger", "pod", "b"), 7, 8), answered(lb(), 9, 9)),
			"nodes2":    answer(answered(lb("node", "web"), 1, 2)),
			"twice":     answer(answered(lb("node", "orders"), 1, 2), answered(lb("node", "orders-svc"), 3, 4)),
			"strangers": answer(answered(lb("node", "stranger"), 7, 8)),
			"calls": answer(answered(lb("client", "web", "server", "orders"), 1, 2),
				answered(lb("client", "orders", "server", "db", "pod", "a"), 3, 4), answered(lb("client", "orders", "server", "db", "pod", "b"), 5, 6),
				answered(lb("client", "orders", "server", "stranger"), 7, 8), answered(lb("client", "orders"), 9, 9)),
		},
	}
}

// wide is a plan of many signals, in an order that no frame has, and a source for it.
func wide() (*canned, []model.SignalQuery) {
	q := newCanned()
	var plan []model.SignalQuery
	for i := range 60 {
		expr := fmt.Sprintf("q%d", i)
		q.answers[expr] = answer(answered(lb("pod", "a"), float64(i), 2), answered(lb("pod", "b"), float64(i), 3))
		s := &model.Signal{Name: fmt.Sprintf("s%02d", (i*7)%60)}
		subject := model.Subject{Component: topo.Components[i%3].Name}
		switch i % 10 {
		case 3:
			expr = "broken"
		case 4:
			expr = "none"
		}
		plan = append(plan, model.SignalQuery{Signal: s, Subject: subject, Candidates: []string{"none", expr}})
	}
	return q, plan
}

func TestBuildIsTheSameUnderAnyConcurrency(t *testing.T) {
	q, plan := wide()
	want := show(build(t, q, BuildOptions{}, plan...))
	if q.busiest.Load() != 1 {
		t.Errorf("%d queries at a time by default, want 1", q.busiest.Load())
	}
	for _, n := range []int{2, 8, 100} {
		q.busiest.Store(0)
		if d := cmp.Diff(want, show(build(t, q, BuildOptions{Concurrency: n}, plan...))); d != "" {
			t.Errorf("concurrency %d: %s", n, d)
		}
		if got := int(q.busiest.Load()); got > n {
			t.Errorf("%d queries at a time, want at most %d", got, n)
		}
	}
}

func TestBuildOrder(t *testing.T) {
	q, plan := wide()
	f := build(t, q, BuildOptions{Concurrency: 4}, plan...)
	if !slices.IsSortedFunc(f.Series, func(a, b *model.Series) int {
		if c := a.Subject.Compare(b.Subject); c != 0 {
			return c
		}
		return strings.Compare(a.Signal.Name+a.Labels.String(), b.Signal.Name+b.Labels.String())
	}) {
		t.Error("series are not in order")
	}
	if len(f.Series) != 2*48 || len(f.Missing) != 12 {
		t.Errorf("%d series, %d missing", len(f.Series), len(f.Missing))
	}
}

func TestBuildBoundsWarnings(t *testing.T) {
	q := newCanned()
	for i := range 9 {
		q.answers["many"] = answer(append(q.answers["many"].Series, answered(lb("node", fmt.Sprintf("stranger-%d", i/2)), 1, 2))...)
	}
	by := model.SignalQuery{Signal: latency, By: "node", Candidates: []string{"many"}}
	other := by
	other.Signal = queue
	f := build(t, q, BuildOptions{MaxWarnings: 3}, by, other)
	want := []string{
		`no component is called "stranger-0", as a label says`,
		`no component is called "stranger-1", as a label says`,
		`no component is called "stranger-2", as a label says`,
		"2 more warnings",
	}
	if d := cmp.Diff(want, f.Warnings); d != "" {
		t.Error(d)
	}
}

func TestBuildRefuses(t *testing.T) {
	q, plan := wide()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	grid := seconds(0, 10, 2)
	for _, n := range []int{1, 4} {
		if _, err := Build(ctx, q, plan, topo, at(0), grid, nil, BuildOptions{Concurrency: n}); !errors.Is(err, context.Canceled) {
			t.Errorf("concurrency %d: error %v, want cancelled", n, err)
		}
	}
	bg := context.Background()
	if _, err := Build(bg, q, plan, topo, at(0), grid, make([]model.Phase, 3), BuildOptions{}); err == nil ||
		!strings.Contains(err.Error(), "3 phases for a grid of 2 points") {
		t.Errorf("error %v", err)
	}
	if _, err := Build(bg, q, plan, topo, at(0), model.Grid{}, nil, BuildOptions{}); err == nil {
		t.Error("a grid without a step is taken")
	}
	_, err := Build(bg, q, plan, topo, at(0), grid, nil, BuildOptions{Concurrency: -1, MaxWarnings: -1})
	if err == nil || !strings.Contains(err.Error(), "concurrency (-1)") || !strings.Contains(err.Error(), "max warnings (-1)") {
		t.Errorf("error %v", err)
	}
}

func TestBuildWithoutTopology(t *testing.T) {
	by := model.SignalQuery{Signal: latency, By: "node", Candidates: []string{"nodes2"}}
	f, err := Build(context.Background(), newCanned(), []model.SignalQuery{by}, nil, at(0), seconds(0, 10, 2), nil, BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Series) != 0 || len(f.Missing) != 1 {
		t.Errorf("frame %s", show(f))
	}
}

func TestBuildFromACut(t *testing.T) {
	w := newWindow(t, Options{})
	fill(t, w, lb("__name__", "depth", "host", "web"), 0, 10, 1, 2, 3)
	fill(t, w, lb("__name__", "depth", "host", "db"), 0, 10, 4, 5, 6)
	q := newEvaluator(t, 10e9).On(w.Cut(at(10)))
	f := build(t, q, BuildOptions{}, model.SignalQuery{Signal: queue, By: "host", Candidates: []string{"depth"}, SmearMillis: 7})
	if d := cmp.Diff("db queue = [4 5] by depth\nweb queue = [1 2] by depth\n", show(f)); d != "" {
		t.Error(d)
	}
	if f.RawSeries != 2 || f.RawSamples != 4 {
		t.Errorf("raw %d series, %d samples, want 2, 4", f.RawSeries, f.RawSamples)
	}
	if f.Series[0].SmearMillis != 7 || !f.At.Equal(at(10)) {
		t.Errorf("smear %d, at %s", f.Series[0].SmearMillis, f.At)
	}
}

// A frame need not come from Build: tests of later stages write them down.
func TestFrameLookups(t *testing.T) {
	web, call := model.Subject{Component: "web"}, model.Subject{Component: "web", Peer: "db"}
	a, b := &model.Series{Subject: web, Signal: latency}, &model.Series{Subject: web, Signal: queue}
	c, d := &model.Series{Subject: call, Signal: latency}, &model.Series{Subject: call, Signal: queue}
	f := &Frame{Series: []*model.Series{a, c, b, d}}
	for name, v := range map[string]struct{ got, want []*model.Series }{
		"Of":            {f.Of("web"), []*model.Series{a, b}},
		"Of a callee":   {f.Of("db"), nil},
		"OnEdge":        {f.OnEdge("web", "db"), []*model.Series{c, d}},
		"OnEdge turned": {f.OnEdge("db", "web"), nil},
		"On":            {f.On(call), []*model.Series{c, d}},
	} {
		if !slices.Equal(v.got, v.want) {
			t.Errorf("%s: %v, want %v", name, v.got, v.want)
		}
	}
	if d := cmp.Diff([]model.Subject{call}, f.Edges(), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
}
