package rules

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	prommodel "github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// metricPlaceholder stands, in the expressions of a change, for each metric whose name fits; sampleMetric takes its place
// while an expression is checked, and is as long.
const (
	metricPlaceholder = "$metric"
	sampleMetric      = "xmetric"
)

// PackChange says how one kind of change of a component shows in its metrics.
type PackChange struct {
	model.ChangeRule
	// Metrics are regular expressions of whole metric names, of which $metric takes the place; Except takes names out.
	Metrics, Except []string
	// Exprs are the candidates in order of preference, with placeholders.
	Exprs []string
}

func (r *reader) changeRules(n *yaml.Node, path string) []PackChange {
	var out []PackChange
	r.list(n, path, func(v *yaml.Node, at string) { out = append(out, r.changeRule(v, at)) })
	return out
}

func (r *reader) changeRule(n *yaml.Node, path string) PackChange {
	c := PackChange{ChangeRule: model.ChangeRule{Instance: []string{"pod", "instance"}}}
	r.mapping(n, path, map[string]field{
		"name":     func(v *yaml.Node, at string) { c.Name = r.token(v, at, namePattern) },
		"title":    func(v *yaml.Node, at string) { c.Title.Format = r.text(v, at) },
		"title_ko": func(v *yaml.Node, at string) { c.Title.Korean = r.text(v, at) },
		"kind":     func(v *yaml.Node, at string) { c.Kind = word(r, v, at, model.ChangeKinds()) },
		"unit":     func(v *yaml.Node, at string) { c.Unit = r.text(v, at) },
		"by":       func(v *yaml.Node, at string) { c.By = word(r, v, at, model.ShowsBys()) },
		"labels":   func(v *yaml.Node, at string) { c.Labels = r.tokens(v, at, labelPattern) },
		"instance": func(v *yaml.Node, at string) { c.Instance = r.tokens(v, at, labelPattern) },
		"states":   func(v *yaml.Node, at string) { c.States = r.states(v, at) },
		"vague":    func(v *yaml.Node, at string) { c.Vague = r.flag(v, at) },
		"metrics":  func(v *yaml.Node, at string) { c.Metrics = r.patterns(v, at) },
		"except":   func(v *yaml.Node, at string) { c.Except = r.patterns(v, at) },
		"exprs":    func(v *yaml.Node, at string) { c.Exprs = r.exprs(v, at, metricPlaceholder) },
	}, "name", "title", "kind", "by", "exprs")
	if byLabel := c.By == model.ShowsByLabel; byLabel != (len(c.Labels) > 0) {
		r.problem(n, join(path, "labels"), "must be given with by: label, and only there")
	}
	for _, expr := range c.Exprs {
		if strings.Contains(expr, metricPlaceholder) != (len(c.Metrics) > 0) {
			r.problem(n, join(path, "metrics"), "must be given with $metric in the expressions, and only there")
			break
		}
	}
	return c
}

// states reads the names of a level's values.
func (r *reader) states(n *yaml.Node, path string) map[string]string {
	out := map[string]string{}
	fields := map[string]field{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		fields[key] = func(v *yaml.Node, at string) { out[key] = r.text(v, at) }
	}
	r.mapping(n, path, fields)
	return out
}

// patterns reads regular expressions, each of which must compile.
func (r *reader) patterns(n *yaml.Node, path string) []string {
	var out []string
	r.list(n, path, func(v *yaml.Node, at string) {
		s := r.text(v, at)
		if _, err := wholeName(s); err != nil {
			r.problem(v, at, "(%q) must be a regular expression: %s", s, err)
			return
		}
		out = append(out, s)
	})
	return out
}

func wholeName(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile("^(?:" + pattern + ")$")
}

// matching are the names that the rule speaks of, sorted.
func (c *PackChange) matching(names nameSet) []string {
	in := func(patterns []string, name string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			re, err := wholeName(p)
			return err == nil && re.MatchString(name)
		})
	}
	var out []string
	for name := range names {
		if in(c.Metrics, name) && !in(c.Except, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// PlanChanges says what to ask for to see what was altered about the components that have a selector, in the topology's
// order. Of a rule that several packs give, the first whose metrics exist is asked; priorities and names are as in Plan.
// Errors come from names.
func (s *Set) PlanChanges(ctx context.Context, topo *model.Topology, names NamesFunc, opts PlanOptions) ([]model.ChangeQuery, error) {
	p := planner{
		set: s, topo: topo, window: prommodel.Duration(opts.Range()).String(), names: newNameCache(names, opts.Concurrency),
	}
	if err := p.names.prefetch(ctx, selectorsOf(topo)); err != nil {
		return nil, err
	}
	var out []model.ChangeQuery
	for i := range topo.Components {
		c := &topo.Components[i]
		if len(c.Selector) == 0 {
			continue
		}
		qs, err := p.changes(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("planning what shows changes of %q: %w", c.Name, err)
		}
		out = append(out, qs...)
	}
	return out, nil
}

// changes plans the rules that fit one component.
func (p *planner) changes(ctx context.Context, c *model.Component) ([]model.ChangeQuery, error) {
	names, err := p.names.of(ctx, c.Selector, nil)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	var out []model.ChangeQuery
	planned := map[string]bool{}
	for i := range p.set.packs {
		pack := &p.set.packs[i]
		if len(pack.Changes) == 0 || !pack.Fits(c.Kind) {
			continue
		}
		for k := range pack.Changes {
			rule := &pack.Changes[k]
			if planned[rule.Name] {
				continue
			}
			qs, err := p.change(ctx, rule, c, names)
			if err != nil {
				return nil, err
			}
			planned[rule.Name] = len(qs) > 0
			out = append(out, qs...)
		}
	}
	return out, nil
}

// change is what one rule asks of a component: its first candidate whose metrics exist, or one for each metric that its
// names fit.
func (p *planner) change(ctx context.Context, rule *PackChange, c *model.Component, names nameSet) ([]model.ChangeQuery, error) {
	of := []string{""}
	if len(rule.Metrics) > 0 {
		of = rule.matching(names)
	}
	var out []model.ChangeQuery
	for _, metric := range of {
		exprs := make([]string, len(rule.Exprs))
		for i, e := range rule.Exprs {
			exprs[i] = strings.ReplaceAll(e, metricPlaceholder, metric)
		}
		found, err := p.candidates(ctx, &PackSignal{Signal: model.Signal{Name: rule.Name}, Optional: true, Exprs: exprs}, c.Selector)
		if err != nil {
			return nil, err
		}
		if len(found.exprs) > 0 {
			out = append(out, model.ChangeQuery{
				Rule: &rule.ChangeRule, Component: c.Name, Expr: found.exprs[0], SmearMillis: found.smearMillis,
			})
		}
	}
	return out, nil
}
