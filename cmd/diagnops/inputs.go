package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/rules"
)

// inputFlags are what is told beside the metrics.
type inputFlags struct {
	Topology string   `placeholder:"FILE" help:"What depends on what; with a bundle, instead of its own."`
	Rules    []string `placeholder:"DIR" sep:"none" help:"Rule packs (a folder or a file) on top of the built-in ones; repeatable."`
	Changes  string   `placeholder:"FILE" help:"Change events, one JSON object a line: plain, or as PagerDuty, CDEvents, Grafana, GitHub, Argo CD or Alertmanager send them; added to those of the bundle."`
	Timezone string   `placeholder:"NAME" group:"Time" help:"Time zone that users live in, such as Europe/Berlin. What comes back every day or week does so by its clock, and times of day in a question are meant in it. Default: the incident's, else UTC; of a Prometheus that of this machine."`
}

// loadZone returns the time zone given by flag, nil when none is.
func (f inputFlags) loadZone() (*time.Location, error) {
	if f.Timezone == "" {
		return nil, nil
	}
	zone, err := collectors.ParseTimezone(f.Timezone)
	if err != nil {
		return nil, usagef("--timezone: %w", err)
	}
	return zone, nil
}

// rules loads the built-in packs and the ones given.
func (f inputFlags) loadRules() (*rules.Set, error) {
	if len(f.Rules) == 0 {
		return rules.Default(), nil
	}
	layers := []fs.FS{rules.DefaultFS()}
	for _, path := range f.Rules {
		layer, err := rulesAt(path)
		if err != nil {
			return nil, fmt.Errorf("reading rules: %w", err)
		}
		layers = append(layers, layer)
	}
	return rules.Load(layers...)
}

// loadTopology returns the topology given by flag, nil when none is.
func (f inputFlags) loadTopology() (*model.Topology, error) {
	if f.Topology == "" {
		return nil, nil
	}
	return readTopology(f.Topology)
}

// loadChanges returns the change events given by flag.
func (f inputFlags) loadChanges() ([]model.Change, error) {
	if f.Changes == "" {
		return nil, nil
	}
	data, err := os.ReadFile(f.Changes)
	if err != nil {
		return nil, fmt.Errorf("reading changes: %w", err)
	}
	return collectors.ParseChanges(f.Changes, data)
}

func readTopology(path string) (*model.Topology, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a topology: %w", err)
	}
	return collectors.ParseTopology(path, data)
}

// findComponent returns the component called so, by name or alias. The error is what must hold instead.
func findComponent(t *model.Topology, name string) (*model.Component, error) {
	if c := t.Find(name); c != nil {
		return c, nil
	}
	names := make([]string, 0, len(t.Components))
	for i := range t.Components {
		names = append(names, t.Components[i].Name)
	}
	if near, ok := collectors.Nearest(name, names); ok {
		return nil, fmt.Errorf("(%q) must be a component of the topology; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("(%q) must be a component of the topology: %s", name, strings.Join(names, ", "))
}

// settleSymptom puts the component's name in the place of an alias.
func settleSymptom(inc *model.Incident, t *model.Topology) error {
	if inc.Symptom.Component == "" {
		return nil
	}
	c, err := findComponent(t, inc.Symptom.Component)
	if err != nil {
		return err
	}
	inc.Symptom.Component = c.Name
	return nil
}
