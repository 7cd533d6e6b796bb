package main

import (
	"fmt"
	"os"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/experiment"
	"github.com/diagnops/diagnops/engine/report"
)

// experimentCmd reasons about a table of trials.
type experimentCmd struct {
	File string `arg:"" help:"A table of trials: CSV (a column a factor, and outcome: good, bad or unknown; or counts good and bad), or YAML."`

	Output  string `short:"o" default:"text" enum:"text,json" help:"Form of the answer: ${enum}."`
	Lang    string `default:"en" enum:"en,ko" help:"Language of the answer: ${enum}. JSON is always English."`
	Color   string `default:"auto" enum:"auto,always,never" help:"Colours: ${enum}. auto: on a terminal, unless NO_COLOR is set."`
	Verbose bool   `short:"v" help:"Show every setting that was tried."`
}

// Run answers from the table alone.
func (c *experimentCmd) Run(s *streams) error {
	format, opts, err := reportFlags{Output: c.Output, Lang: c.Lang, Color: c.Color, Verbose: c.Verbose}.options(s.out)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("reading trials: %w", err)
	}
	trials, err := collectors.ParseTrials(c.File, data)
	if err != nil {
		return err
	}
	e, err := experiment.Analyze(trials)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	return report.RenderExperiment(s.out, e, format, opts)
}
