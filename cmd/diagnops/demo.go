package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/report"
	"github.com/diagnops/diagnops/testdata"
)

// demoCmd answers the recorded incident that the program carries with it.
type demoCmd struct {
	reportFlags `embed:""`
}

// Run plays the incident through the streaming core as live samples would come in, and prints the answer.
func (c *demoCmd) Run(ctx context.Context, s *streams) (err error) {
	format, opts, err := c.options(s.out)
	if err != nil {
		return err
	}
	a, err := newAnalyst(inputFlags{}, 1, s.log)
	if err != nil {
		return err
	}
	b, err := bundle.OpenFS(testdata.Demo())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	d, err := a.live(ctx, b, newProgress(s.err, "replaying "+b.Incident.ID))
	if err != nil {
		return err
	}
	if err := report.Render(s.out, d, format, opts); err != nil {
		return err
	}
	if format != report.FormatText {
		return nil // whoever reads it with a program wants nothing behind it
	}
	_, err = fmt.Fprintf(s.out, nextSteps, s.self)
	return err
}

// nextSteps are commands to try, with the program as it was called.
const nextSteps = `
Try next, in a checkout of the repository:
  %[1]s why --bundle testdata/lab-01 -o json
  %[1]s replay --score testdata/lab-01
  %[1]s why "why is lb slow?" --prometheus.url http://localhost:9090 \
      --topology testdata/lab-01/topology.yaml
`
