package bundle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Summary is what a bundle holds.
type Summary struct {
	ID                                         string
	Components, Dependencies, Signals, Changes int
	Series, Samples                            int
	Bounds                                     model.Interval // first and last sample
	ScrapeInterval                             time.Duration  // 0 = no series has two samples
	// Warnings are what is suspicious, but no reason to refuse the bundle, each with its file.
	Warnings []string
}

// Check reads everything in a bundle's folder but the truth, and holds its parts against each other. Problems are
// reasons to refuse it, sorted; the summary then says as much as could be read. err is for folders that cannot be read
// at all, and for the end of ctx.
func Check(ctx context.Context, dir string) (Summary, collectors.Problems, error) {
	var sum Summary
	var problems collectors.Problems
	b, err := Open(dir)
	if errors.As(err, &problems) {
		return sum, problems, nil
	}
	if err != nil {
		return sum, nil, err
	}
	sum.ID, sum.Changes = b.Incident.ID, len(b.Changes)
	t := b.Topology
	sum.Components, sum.Dependencies, sum.Signals = len(t.Components), len(t.Dependencies), len(t.Signals)
	d, err := b.Load(ctx)
	if errors.As(err, &problems) {
		return sum, problems, nil
	}
	if err != nil {
		return sum, nil, err
	}
	sum.Series, sum.Samples, sum.ScrapeInterval = d.NumSeries(), d.NumSamples(), d.ScrapeInterval()
	sum.Bounds, _ = d.Bounds()
	sum.Warnings = slices.Clone(d.Warnings)
	c := checker{b, d, &sum}
	c.order()
	c.signals()
	c.changes()
	problems = b.CheckData(d)
	if len(problems) == 0 {
		c.times()
	}
	return sum, problems, nil
}

// checker holds the parts of one bundle against each other.
type checker struct {
	*Bundle
	data *Data
	sum  *Summary
}

func (c *checker) warn(name, format string, args ...any) {
	c.sum.Warnings = append(c.sum.Warnings, c.path(name)+": "+fmt.Sprintf(format, args...))
}

func (c *checker) order() {
	if n := c.data.Duplicates; n > 0 {
		c.warn("", "%d samples have a time that their series already has; the first of each is kept", n)
	}
	if n := c.data.OutOfOrder; n > 0 {
		c.warn("", "%d samples stand after later ones of their series; they are sorted", n)
	}
}

// times warns of a symptom that shows nothing.
func (c *checker) times() {
	if c.data.CountIn(c.Incident.Symptom.Interval) == 0 {
		c.warn(incidentFile, "symptom: holds no samples")
	}
	if every, step := c.sum.ScrapeInterval, c.Incident.Step; every > step {
		c.warn(incidentFile, "step: (%s) is finer than the samples, one every %s: most points will be gaps", step, every)
	}
}

// finest is how many times finer than the samples a step may be: beyond, nine of ten points are gaps, and most of what is
// worked out between them.
const finest = 10

// CheckData asks for samples where the incident needs them: in its window and in its baseline, and not too far apart for
// its step. The problems are reasons not to answer.
func (b *Bundle) CheckData(d *Data) collectors.Problems {
	in := b.Incident
	var field, rule string
	every := d.ScrapeInterval()
	switch {
	case d.CountIn(in.Window) == 0:
		field, rule = "window", "must hold samples; "+held(d)
	case !in.Baseline.IsZero() && d.CountIn(in.Baseline) == 0:
		field, rule = "baseline", "must hold samples; "+held(d)
	case in.Step < every/finest:
		field = "step"
		rule = fmt.Sprintf("(%s) must be at least %s: the samples are %s apart", in.Step, every/finest, every)
	default:
		return nil
	}
	text, err := b.read(incidentFile, true)
	if err != nil {
		return collectors.Problems{{File: b.path(incidentFile), Rule: err.Error()}}
	}
	line, column := collectors.Locate(text, field)
	return collectors.Problems{{File: b.path(incidentFile), Line: line, Column: column, Field: field, Rule: rule}}
}

// held says what samples there are.
func held(d *Data) string {
	b, ok := d.Bounds()
	if !ok {
		return "there is none at all"
	}
	return fmt.Sprintf("they run from %s to %s", b.From.Format(time.RFC3339), b.To.Format(time.RFC3339))
}

// signals looks for expressions that cannot answer, since no series matches one of their selectors.
func (c *checker) signals() {
	promql := parser.NewParser(parser.Options{})
	for i, s := range c.Topology.Signals {
		expr, err := promql.ParseExpr(s.Expr)
		if err != nil {
			// ParseTopology has parsed it before.
			c.warn(topologyFile, "signals[%d].expr: %v", i, err)
			continue
		}
		parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
			if v, ok := node.(*parser.VectorSelector); ok && !c.matches(v.LabelMatchers) {
				c.warn(topologyFile, "signals[%d].expr: %s: no series matches %s", i, s.Signal.Name, v)
			}
			return nil
		})
	}
}

func (c *checker) matches(matchers []*labels.Matcher) bool {
	return slices.ContainsFunc(c.data.Series, func(ls model.Labels) bool {
		for _, m := range matchers {
			if !m.Matches(ls.Get(m.Name)) {
				return false
			}
		}
		return true
	})
}

// changes looks for changes of components that the topology does not have.
func (c *checker) changes() {
	for _, ch := range c.Changes {
		if ch.Component != "" && c.Topology.Find(ch.Component) == nil {
			c.warn(changesFile, "%s: component %q is not in %s", ch.ID, ch.Component, topologyFile)
		}
	}
}
