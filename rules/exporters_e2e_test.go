package rules

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/collectors/promapi"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	// watchFor is how long the servers work before anybody asks: the range of rates and all points of the grid lie in it.
	watchFor = 30 * time.Second
	// A signal is asked for on a grid; one number is an answer.
	askStep, askPoints = 2 * time.Second, 5
	scrapedEvery       = time.Second
)

var askOptions = PlanOptions{Step: askStep, ScrapeInterval: scrapedEvery}

// TestEndToEndExporters holds the packs against the exporters as they are: real servers under a little load, scraped by a real
// Prometheus. Every signal of a pack answers, or EXPORTERS.md says why it does not, and which metrics are not there.
// With -update (make exporters) that page is written anew.
func TestEndToEndExporters(t *testing.T) {
	t.Parallel()
	source := askable(t, startExporters(t))
	time.Sleep(watchFor)
	first := time.Now().Truncate(time.Second).Add(-(askPoints - 1) * askStep)
	source.grid = model.Grid{Step: askStep, Spans: []model.Span{{StartMillis: first.UnixMilli(), N: askPoints}}}

	sections := make([]section, len(watchedByExporters))
	for i := range watchedByExporters {
		w := &watchedByExporters[i]
		sections[i] = section{watched: w, versions: source.versions(t, w), outcomes: source.outcomes(t, w)}
	}
	checkExportersPage(t, "EXPORTERS.md", sections)
}

// asked is a source, and when it is asked about.
type asked struct {
	*promapi.Client
	grid model.Grid
}

func askable(t *testing.T, url string) *asked {
	t.Helper()
	client, err := promapi.New(promapi.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &asked{Client: client}
}

// names is a NamesFunc.
func (a *asked) names(ctx context.Context, selector map[string]string) ([]string, error) {
	return a.MetricNames(ctx, selector, model.Interval{})
}

// outcome is what became of a signal.
type outcome struct {
	signal string
	answer answer
	lacks  []string // metrics that its expressions name and nobody gives, sorted
	// able tells, of a signal that not every machine gives, whether this one must.
	able bool
}

// answer is who gives a signal.
type answer int

const (
	unanswered answer = iota
	answered
	answeredByReplica
)

// outcomes asks for every signal of the packs that apply to a product. It is nil on a machine that has none of it.
func (a *asked) outcomes(t *testing.T, w *watched) []outcome {
	t.Helper()
	var out []outcome
	for i, job := range w.jobs {
		selector := map[string]string{"job": job}
		if w.busiest != nil {
			label, metric := w.busiest[0], w.busiest[1]
			top := a.numbers(t, fmt.Sprintf("topk(1, %s{job=%q} @ end() > 0)", metric, job))
			if len(top) == 0 {
				return nil
			}
			selector[label] = top[0].Labels.Get(label)
		}
		for k, o := range a.outcomesOf(t, &model.Component{Name: job, Kind: w.kind, Selector: selector}) {
			if d, depends := w.machine[o.signal]; depends {
				o.able = a.shows(t, d.sign, selector)
			}
			switch {
			case i == 0:
				out = append(out, o)
			case out[k].answer == unanswered && o.answer == answered:
				out[k].answer = answeredByReplica
			}
		}
	}
	return out
}

// outcomesOf asks for every signal of the packs that apply to a component, in the order of the packs.
func (a *asked) outcomesOf(t *testing.T, c *model.Component) []outcome {
	t.Helper()
	topo := &model.Topology{Components: []model.Component{*c}}
	plan, _, err := Default().Plan(t.Context(), topo, a.names, askOptions)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]answer{}
	for i := range plan {
		if a.answers(t, &plan[i]) {
			answers[plan[i].Signal.Name] = answered
		}
	}
	names, err := a.names(t.Context(), c.Selector)
	if err != nil {
		t.Fatal(err)
	}
	var out []outcome
	for _, sig := range signalsFor(c, names) {
		out = append(out, outcome{signal: sig.Name, answer: answers[sig.Name], lacks: lacking(t, sig.Exprs, names)})
	}
	return out
}

// shows tells whether an expression has a value for the selector.
func (a *asked) shows(t *testing.T, sign string, selector map[string]string) bool {
	t.Helper()
	tmpl, err := newTemplate(sign, askOptions.Range().String())
	if err != nil {
		t.Fatal(err)
	}
	expr, _ := tmpl.render(selector)
	return len(a.numbers(t, expr)) > 0
}

// answers tells whether a candidate has numbers, which must be such as the signal can have: a value in another unit than the
// pack believes is worse than none.
func (a *asked) answers(t *testing.T, q *model.SignalQuery) bool {
	t.Helper()
	for _, expr := range q.Candidates {
		series := a.numbers(t, expr)
		for _, s := range series {
			if k := slices.IndexFunc(s.Values, func(v float64) bool { return !model.IsGap(v) && !plausible(q.Signal, v) }); k >= 0 {
				t.Errorf("%s cannot be %v %s: %s", q.Signal.Name, s.Values[k], q.Signal.Unit, expr)
			}
		}
		if len(series) > 0 {
			return true
		}
	}
	return false
}

// plausible tells whether a server under little load can show a value; rates are extrapolated, and may exceed what is possible
// by a tenth.
func plausible(sig *model.Signal, v float64) bool {
	switch {
	case sig.Unit == "bool":
		return v == 0 || v == 1
	case sig.Kind == model.KindLatency:
		return v >= 0 && v < time.Minute.Seconds()
	case sig.Kind == model.KindUtilization && sig.Unit == "ratio":
		return v > -0.1 && v < 1.1
	}
	return v > -0.1
}

// signalsFor lists the signals of the packs that apply to a component with metrics of these names, each name once.
func signalsFor(c *model.Component, names []string) []PackSignal {
	var out []PackSignal
	given := func(name string) bool { return slices.Contains(names, name) }
	for _, p := range Default().Packs() {
		if p.Scope != scopeComponent || !p.Fits(c.Kind) || !slices.ContainsFunc(p.Requires, given) {
			continue
		}
		for _, sig := range p.Signals {
			if !slices.ContainsFunc(out, func(before PackSignal) bool { return before.Name == sig.Name }) {
				out = append(out, sig)
			}
		}
	}
	return out
}

// lacking are the metrics that the expressions name and that are not among names, sorted.
func lacking(t *testing.T, exprs, names []string) []string {
	t.Helper()
	lacks := map[string]bool{}
	for _, raw := range exprs {
		parsed, err := promql.ParseExpr(strings.ReplaceAll(raw, rangePlaceholder, "1m"))
		if err != nil {
			t.Fatal(err)
		}
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			if vs, ok := node.(*parser.VectorSelector); ok && vs.Name != "" && !slices.Contains(names, vs.Name) {
				lacks[vs.Name] = true
			}
			return nil
		})
	}
	return slices.Sorted(maps.Keys(lacks))
}

// numbers are the series of an expression that hold a number.
func (a *asked) numbers(t *testing.T, expr string) []model.AnswerSeries {
	t.Helper()
	got, err := a.Query(t.Context(), expr, a.grid)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return slices.DeleteFunc(got.Series, func(s model.AnswerSeries) bool {
		return !slices.ContainsFunc(s.Values, func(v float64) bool { return !model.IsGap(v) })
	})
}

// versions are those that the metrics tell of, such as "node_exporter 1.5".
func (a *asked) versions(t *testing.T, w *watched) []string {
	t.Helper()
	var out []string
	for _, v := range w.versions {
		series := a.numbers(t, fmt.Sprintf("group by (%s) (%s)", v.label, v.metric))
		if len(series) != 1 {
			t.Errorf("%s: %d series tell the version of %s", w.title, len(series), v.of)
			continue
		}
		parts := strings.Split(series[0].Labels.Get(v.label), ".")
		out = append(out, v.of+" "+strings.Join(parts[:min(v.parts, len(parts))], "."))
	}
	return out
}
