package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/plan"
	"github.com/diagnops/diagnops/engine/report"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/rules"
)

// planCmd answers what the topology alone can, before anything happens or after everything did.
type planCmd struct {
	Recovery planRecoveryCmd `cmd:"" help:"In which order to start everything again, or what the components named need."`
	Blast    planBlastCmd    `cmd:"" help:"Who is hit when components, or a failure domain such as zone=a, fail together."`
	Audit    planAuditCmd    `cmd:"" help:"What would fail together, what has no second, and whether the rest could carry the peak."`
}

// planFlags are those of all plans.
type planFlags struct {
	Topology string `required:"" placeholder:"FILE" group:"Files" help:"What depends on what, with domains, replicas, capacities and the functions served."`

	Output  string `short:"o" default:"text" enum:"text,json" group:"Answer" help:"Form of the answer: ${enum}."`
	Lang    string `default:"en" enum:"en,ko" group:"Answer" help:"Language of the answer: ${enum}. JSON is always English."`
	Color   string `default:"auto" enum:"auto,always,never" group:"Answer" help:"Colours: ${enum}. auto: on a terminal, unless NO_COLOR is set."`
	Verbose bool   `short:"v" group:"Answer" help:"Show long lists in full."`
}

func (f planFlags) graph(s *streams) (*model.Topology, *topo.Graph, report.Format, report.Options, error) {
	format, opts, err := reportFlags{Output: f.Output, Lang: f.Lang, Color: f.Color, Verbose: f.Verbose}.options(s.out)
	if err != nil {
		return nil, nil, format, opts, err
	}
	t, err := readTopology(f.Topology)
	if err != nil {
		return nil, nil, format, opts, err
	}
	return t, topo.New(t), format, opts, nil
}

type planRecoveryCmd struct {
	Component []string `arg:"" optional:"" help:"Only what these need; everything when none is named."`
	planFlags `embed:""`
}

// Run orders the start.
func (c *planRecoveryCmd) Run(s *streams) error {
	t, g, format, opts, err := c.graph(s)
	if err != nil {
		return err
	}
	targets, err := membersOf(t, c.Component)
	if err != nil {
		return err
	}
	r := plan.Recover(g, targets...)
	return report.RenderRecovery(s.out, &r, format, opts)
}

// trafficFlags say where the traffic is known from.
type trafficFlags struct {
	Prometheus sourceFlags   `embed:"" prefix:"prometheus." group:"Source"`
	Lookback   time.Duration `default:"24h" group:"Source" help:"The peak of how much time."`
}

// peak asks the source for the peak of each component; nil without a source.
func (f trafficFlags) peak(ctx context.Context, s *streams, t *model.Topology) (plan.Traffic, error) {
	if f.Prometheus.URL == "" {
		return nil, nil
	}
	if f.Lookback <= 0 {
		return nil, usagef("--lookback (%s) must be more than 0", f.Lookback)
	}
	now := time.Now()
	src, err := openRemote(ctx, f.Prometheus, model.Interval{From: now.Add(-f.Lookback), To: now}, 0)
	if err != nil {
		return nil, err
	}
	defer src.client.Close()
	a, err := newAnalyst(inputFlags{}, f.Prometheus.Concurrency, s.log)
	if err != nil {
		return nil, err
	}
	return a.engine.Peaks(ctx, t, src.client, src.window, rules.PlanOptions{
		Step: src.step, ScrapeInterval: src.scrape, Concurrency: f.Prometheus.Concurrency,
	})
}

type planBlastCmd struct {
	Component    []string `arg:"" help:"Components by name or alias, or failure domains such as zone=a."`
	planFlags    `embed:""`
	trafficFlags `embed:""`
}

// Run follows the failure up.
func (c *planBlastCmd) Run(ctx context.Context, s *streams) error {
	t, g, format, opts, err := c.graph(s)
	if err != nil {
		return err
	}
	failed, err := membersOf(t, c.Component)
	if err != nil {
		return err
	}
	traffic, err := c.peak(ctx, s, t)
	if err != nil {
		return err
	}
	b := plan.Hit(g, failed, traffic)
	return report.RenderBlast(s.out, &b, format, opts)
}

type planAuditCmd struct {
	planFlags    `embed:""`
	trafficFlags `embed:""`
}

// Run examines the whole topology.
func (c *planAuditCmd) Run(ctx context.Context, s *streams) error {
	t, g, format, opts, err := c.graph(s)
	if err != nil {
		return err
	}
	traffic, err := c.peak(ctx, s, t)
	if err != nil {
		return err
	}
	a := plan.Examine(g, traffic)
	return report.RenderAudit(s.out, &a, format, opts)
}

// membersOf are the components that are named, or lie in a failure domain that is.
func membersOf(t *model.Topology, words []string) ([]string, error) {
	var out []string
	for _, word := range words {
		if inside := inDomain(t, word); len(inside) > 0 {
			out = append(out, inside...)
			continue
		}
		c, err := findComponent(t, word)
		if err != nil {
			return nil, fmt.Errorf("component %w", err)
		}
		out = append(out, c.Name)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func inDomain(t *model.Topology, domain string) []string {
	key, value, ok := strings.Cut(domain, "=")
	if !ok {
		return nil
	}
	var out []string
	for i := range t.Components {
		if t.Components[i].Domain[key] == value && value != "" {
			out = append(out, t.Components[i].Name)
		}
	}
	return out
}
