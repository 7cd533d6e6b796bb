package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/model"
)

// expectFile makes a test of the bundle that it lies in.
const expectFile = "expect.yaml"

type testIncidentsCmd struct {
	Path    []string `arg:"" help:"Bundles with an expect.yaml, or folders of them."`
	Rules   []string `placeholder:"DIR" sep:"none" help:"Rule packs (a folder or a file) on top of the built-in ones; repeatable."`
	Verbose bool     `short:"v" help:"Name every test, and print the ledgers that a failed one is about."`
}

// Run answers every incident, as recorded and in the variants that its expectations describe.
func (c *testIncidentsCmd) Run(ctx context.Context, s *streams) error {
	files, err := expectations(c.Path)
	if err != nil {
		return err
	}
	a, err := newAnalyst(inputFlags{Rules: c.Rules}, 1, s.log)
	if err != nil {
		return err
	}
	_, err = s.testEach(ctx, files, c.Verbose, func(ctx context.Context, file string) ([]ruleResult, error) {
		return a.testIncident(ctx, filepath.Dir(file))
	})
	return err
}

// expectations are the files below the paths that say what must be answered, one a bundle.
func expectations(paths []string) ([]string, error) {
	dirs, err := bundle.Find(paths...)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, dir := range dirs {
		file := filepath.Join(dir, expectFile)
		if _, err := os.Stat(file); err == nil {
			out = append(out, file)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no bundle with an %s below %v", expectFile, paths)
	}
	return out, nil
}

// testIncident answers a recorded incident, first as it was recorded, then in each variant, and judges the answers.
func (a *analyst) testIncident(ctx context.Context, dir string) (results []ruleResult, err error) {
	b, err := bundle.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	file := filepath.Join(dir, expectFile)
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	expected, err := collectors.ParseExpectations(file, text, b.Topology)
	if err != nil {
		return nil, err
	}
	data, err := loadChecked(ctx, b)
	if err != nil {
		return nil, err
	}
	judge := func(name string, data *bundle.Data, expect []collectors.RuleExpectation) error {
		var d *model.Diagnosis
		d, err := a.data(ctx, engine.Input{Incident: b.Incident, Topology: b.Topology, Changes: mapChanges(b.Changes, b.Topology)}, data, nil)
		if err == nil {
			results = append(results, judgeRules(name, d, expect))
		}
		return err
	}
	if err := judge("as recorded", data, expected.Expect); err != nil {
		return nil, err
	}
	for _, u := range expected.Without {
		less := data.Without(u.Series)
		if less.NumSeries() == data.NumSeries() {
			return nil, fmt.Errorf("%s: %s: no series is left out", file, u.Name)
		}
		if err := judge(u.Name, less, u.Expect); err != nil {
			return nil, err
		}
	}
	return results, nil
}
