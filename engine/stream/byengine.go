package stream

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// engineState is a program that Prometheus' engine evaluates.
type engineState struct {
	answer   []model.AnswerSeries // at this grid point, by labels
	err      error                // why there is none
	outputs  map[string]*engineOutput
	keepsFor int64 // milliseconds that an output without a value is remembered
}

// engineOutput is an output and when it last had a value.
type engineOutput struct {
	Output
	seen int64 // Unix milliseconds
}

// newEngineState remembers outputs for a lookback: what is away for longer has ended, as far as promql can tell.
func newEngineState(lookback time.Duration) engineState {
	return engineState{outputs: map[string]*engineOutput{}, keepsFor: lookback.Milliseconds()}
}

// evaluate has Prometheus' engine evaluate the program at a grid point.
func (p *running) evaluate(ctx context.Context, evaluate Evaluate, t int64) {
	answer, err := evaluate(ctx, p.program.Expr, t)
	p.engine.answer, p.engine.err = answer.Series, err
	for _, s := range answer.Series {
		if len(s.Values) != 1 {
			p.engine.err = fmt.Errorf("evaluating %q: %d values of %s at one grid point", p.program.Expr, len(s.Values), s.Labels)
		}
	}
	slices.SortFunc(p.engine.answer, func(a, b model.AnswerSeries) int { return a.Labels.Compare(b.Labels) })
}

// emitAnswer hands out what the engine said.
func (p *running) emitAnswer(t int64, emit Emit) error {
	e := &p.engine
	if e.err != nil {
		return e.err
	}
	for _, s := range e.answer {
		key := s.Labels.String()
		out := e.outputs[key]
		if out == nil {
			out = &engineOutput{Output: Output{Program: p.index, Labels: s.Labels}}
			e.outputs[key] = out
		}
		out.seen = t
		emit(&out.Output, t, s.Values[0])
	}
	for key, out := range e.outputs {
		if t-out.seen > e.keepsFor {
			delete(e.outputs, key)
		}
	}
	return nil
}
