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
	return sum, c.times(), nil
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

// times asks for samples where the incident needs them.
func (c *checker) times() collectors.Problems {
	in := c.Incident
	if c.data.CountIn(in.Window) == 0 {
		held := "there is none at all"
		if b := c.sum.Bounds; !b.IsZero() {
			held = fmt.Sprintf("they run from %s to %s", b.From.Format(time.RFC3339), b.To.Format(time.RFC3339))
		}
		text, err := c.read(incidentFile, true)
		if err != nil {
			return collectors.Problems{{File: c.path(incidentFile), Rule: err.Error()}}
		}
		line, column := collectors.Locate(text, "window")
		return collectors.Problems{{
			File: c.path(incidentFile), Line: line, Column: column, Field: "window", Rule: "must hold samples; " + held,
		}}
	}
	if c.data.CountIn(in.Symptom.Interval) == 0 {
		c.warn(incidentFile, "symptom: holds no samples")
	}
	if !in.Baseline.IsZero() && c.data.CountIn(in.Baseline) == 0 {
		c.warn(incidentFile, "baseline: holds no samples")
	}
	if every := c.sum.ScrapeInterval; every > in.Step {
		c.warn(incidentFile, "step: (%s) is finer than the samples, one every %s: most points will be gaps", in.Step, every)
	}
	return nil
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
