package window

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// DefaultMaxSamples is how many samples one query may hold in memory: Prometheus' own default, 800 MB.
	DefaultMaxSamples = 50_000_000
	// DefaultTimeout bounds one query; a diagnosis that takes longer is of no use to anybody.
	DefaultTimeout = 30 * time.Second
	// maxParsed bounds the cache of parsed expressions. A catalogue asks some hundreds, each once a component.
	maxParsed = 16_384
	// maxQueryWarnings bounds the warnings of one query in one span; the rest is counted in words.
	maxQueryWarnings = 10
)

// EvaluatorOptions tune PromQL. Zero fields take the defaults, but LookbackDelta must be given.
type EvaluatorOptions struct {
	// LookbackDelta is how old a sample may be and still stand for "now". About the larger of the grid's step and two
	// and a half scrape intervals: with Prometheus' five minutes a silent exporter would look alive.
	LookbackDelta time.Duration
	// MaxSamples is how many samples a query may load.
	MaxSamples int
	// Timeout bounds one query.
	Timeout time.Duration
}

// Validate lists everything that is wrong with the options.
func (o EvaluatorOptions) Validate() error {
	var errs []error
	if o.LookbackDelta < time.Millisecond {
		errs = append(errs, fmt.Errorf("lookback delta (%s) must be at least 1ms", o.LookbackDelta))
	}
	if o.MaxSamples < 0 {
		errs = append(errs, fmt.Errorf("max samples (%d) must not be negative", o.MaxSamples))
	}
	if o.Timeout < 0 {
		errs = append(errs, fmt.Errorf("timeout (%s) must not be negative", o.Timeout))
	}
	return errors.Join(errs...)
}

// Evaluator is Prometheus' PromQL engine set up for cuts. It is made once and used for every cut; any number of
// goroutines may use it.
type Evaluator struct {
	opts   EvaluatorOptions // with defaults
	engine *promql.Engine
	parser parser.Parser

	mu     sync.Mutex
	parsed map[string]parsed // owner: whoever holds mu
}

// parsed is what is kept of an expression. The syntax tree is not: the engine writes into it.
type parsed struct {
	op  operator // of an expression in a common form; nil otherwise
	err error
}

// NewEvaluator sets up an engine.
func NewEvaluator(opts EvaluatorOptions) (*Evaluator, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("evaluator options: %w", err)
	}
	if opts.MaxSamples == 0 {
		opts.MaxSamples = DefaultMaxSamples
	}
	if opts.Timeout == 0 {
		opts.Timeout = DefaultTimeout
	}
	p := parser.NewParser(parser.Options{})
	return &Evaluator{
		opts:   opts,
		parser: p,
		parsed: map[string]parsed{},
		engine: promql.NewEngine(promql.EngineOpts{
			MaxSamples:           opts.MaxSamples,
			Timeout:              opts.Timeout,
			LookbackDelta:        opts.LookbackDelta,
			EnableAtModifier:     true,
			EnableNegativeOffset: true,
			Parser:               p,
			// As Prometheus' default evaluation interval: what a subquery without a step falls back to.
			NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		}),
	}, nil
}

// On returns the evaluator as a Querier of one cut.
func (e *Evaluator) On(c *Cut) *Local { return &Local{eval: e, cut: c} }

// parse checks an expression, once.
func (e *Evaluator) parse(expr string) parsed {
	e.mu.Lock()
	p, ok := e.parsed[expr]
	e.mu.Unlock()
	if ok {
		return p
	}
	tree, err := e.parser.ParseExpr(expr)
	p = parsed{err: err}
	if err == nil {
		if op, err := compile(tree); err == nil {
			p.op = op
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.parsed) >= maxParsed {
		clear(e.parsed)
	}
	e.parsed[expr] = p
	return p
}

// Local answers PromQL on a Cut. It implements Querier; any number of goroutines may use it.
type Local struct {
	eval *Evaluator
	cut  *Cut
}

var _ Querier = (*Local)(nil)

// Raw counts the series and samples in the cut.
func (l *Local) Raw() (series, samples int) { return l.cut.Raw() }

// MetricNames implements Querier.
func (l *Local) MetricNames(ctx context.Context, selector map[string]string, iv model.Interval) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("listing metric names: %w", err)
	}
	ms := make([]*labels.Matcher, 0, len(selector))
	for _, lb := range model.NewLabels(selector) {
		ms = append(ms, labels.MustNewMatcher(labels.MatchEqual, lb.Name, lb.Value))
	}
	mint, maxt := int64(math.MinInt64), l.cut.atMs
	if !iv.From.IsZero() {
		mint = model.Millis(iv.From)
	}
	if !iv.To.IsZero() {
		maxt = min(maxt, model.Millis(iv.To))
	}
	return l.cut.labelValues(model.MetricName, mint, maxt, ms), nil
}

// Query implements Querier. Expressions in the common forms, nearly all there are, are computed column by column
// (compile), by the engine's rules and to the engine's last bit; every other goes through the engine, one range query a
// span.
func (l *Local) Query(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	p := l.eval.parse(expr)
	if p.err != nil {
		return model.Answer{}, fmt.Errorf("query %q: %w", expr, p.err)
	}
	if err := checkGrid(grid); err != nil {
		return model.Answer{}, fmt.Errorf("query %q: %w", expr, err)
	}
	if p.op != nil {
		answer, err := l.execute(ctx, p.op, grid)
		if err == nil {
			return answer, nil
		}
		if !errors.Is(err, errEngine) {
			return model.Answer{}, fmt.Errorf("query %q: %w", expr, err)
		}
	}
	return l.evaluate(ctx, expr, grid)
}

// checkGrid refuses grids on which nothing can be evaluated.
func checkGrid(grid model.Grid) error {
	if grid.Step < time.Millisecond || grid.Step%time.Millisecond != 0 {
		return fmt.Errorf("grid step (%s) must be whole milliseconds", grid.Step)
	}
	end := int64(math.MinInt64)
	for _, s := range grid.Spans {
		if s.N < 1 || s.StartMillis <= end {
			return errors.New("grid spans must hold points, ascend and not overlap")
		}
		end = s.StartMillis + int64(s.N-1)*grid.Step.Milliseconds()
	}
	return nil
}

// evaluate asks the engine.
func (l *Local) evaluate(ctx context.Context, expr string, grid model.Grid) (model.Answer, error) {
	j := newJoiner(grid.Len())
	var answer model.Answer
	base, step := 0, grid.Step.Milliseconds()
	for _, span := range grid.Spans {
		warnings, err := l.evaluateSpan(ctx, expr, grid.Step, span, func(ls labels.Labels, points []promql.FPoint) {
			row := j.row(ls)
			for _, p := range points {
				row[base+int((p.T-span.StartMillis)/step)] = p.F
			}
		})
		if err != nil {
			return model.Answer{}, fmt.Errorf("query %q: %w", expr, err)
		}
		answer.Warnings = append(answer.Warnings, warnings...)
		base += span.N
	}
	slices.Sort(answer.Warnings)
	answer.Warnings = slices.Compact(answer.Warnings)
	answer.Series = j.series()
	return answer, nil
}

// evaluateSpan evaluates one span and hands over each series of the result, whose points are valid during the call only.
func (l *Local) evaluateSpan(
	ctx context.Context, expr string, step time.Duration, span model.Span, take func(labels.Labels, []promql.FPoint),
) (warnings []string, err error) {
	start := model.FromMillis(span.StartMillis)
	end := start.Add(time.Duration(span.N-1) * step)
	q, err := l.eval.engine.NewRangeQuery(ctx, l.cut, nil, expr, start, end, step)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		return nil, res.Err
	}
	m, err := res.Matrix()
	if err != nil {
		return nil, err
	}
	for _, s := range m {
		take(s.Metric, s.Floats)
	}
	if len(res.Warnings) > 0 {
		warnings, _ = res.Warnings.AsStrings(expr, 0, 0)
		slices.Sort(warnings)
		if n := len(warnings) - maxQueryWarnings; n > 0 {
			warnings = append(warnings[:maxQueryWarnings], fmt.Sprintf("%d more warnings of this query", n))
		}
	}
	return warnings, nil
}
