package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/diagnops/diagnops/collectors/bundle"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
)

// replayCmd analyses many incidents.
type replayCmd struct {
	Path []string `arg:"" optional:"" help:"Folders below which every recorded incident is analysed."`

	Incidents  string      `placeholder:"FILE" group:"Past incidents" help:"Past incidents that a Prometheus still holds, one JSON object a line."`
	Prometheus sourceFlags `embed:"" prefix:"prometheus." group:"Past incidents"`
	Journal    string      `placeholder:"FILE" group:"Past incidents" help:"Where finished incidents are noted; default: FILE.done.jsonl."`
	Season     seasonFlags `embed:"" prefix:"season." group:"Past incidents"`
	Resume     bool        `group:"Past incidents" help:"Go on where an interrupted run stopped: what the journal holds is not asked again."`

	Workers int    `default:"0" help:"Incidents at the same time; 0 = one a processor."`
	Output  string `short:"o" default:"table" enum:"table,json,jsonl,csv" help:"Form of the answers: ${enum}."`

	Score    bool   `group:"Score" help:"Hold the answers against what is known to be true (truth.yaml), which is read after all is answered."`
	ScoreOut string `name:"score.out" placeholder:"FILE" group:"Score" help:"Write the figures as JSON; implies --score."`
	Baseline string `placeholder:"FILE" group:"Score" help:"Figures of an earlier run; exit code 4 when one got worse. Implies --score."`

	Fit           string   `placeholder:"FILE" group:"Score" help:"Fit the weights of the ranking on these incidents and write them as a rule pack. Implies --cross-validate=cause,day,set."`
	CrossValidate []string `placeholder:"BY" enum:"cause,day,set" group:"Score" help:"Score each incident with weights that were fitted without the incidents of its cause, of its day or of its set. Implies --score."`
	MadeUp        int      `default:"0" placeholder:"N" group:"Score" help:"Incidents that are made up for a fit, beside the labelled ones; they weigh no more than a small set."`

	inputFlags `embed:"" group:"Files"`
}

// row is the outcome of one incident.
type row struct {
	Name      string // the bundle's path, or the incident's id
	Set       string // the data set: what the folder of the bundle is called
	Diagnosis *model.Diagnosis
	Line      []byte // the diagnosis as JSON on one line, when it was read from a journal
	Err       error
	Took      time.Duration
	Truth     *model.Truth // nil until scored, or when it is not known
	kinds     signalKinds
}

// Run analyses what is given and prints the answers in the order of the incidents, whatever the workers.
func (c *replayCmd) Run(ctx context.Context, s *streams) error {
	if err := c.validate(); err != nil {
		return err
	}
	var baseline *batch.Baseline
	if c.Baseline != "" {
		var err error
		if baseline, err = readBaseline(c.Baseline); err != nil {
			return err
		}
	}
	concurrency := 1
	if c.Incidents != "" {
		concurrency = c.Prometheus.Concurrency
	}
	a, err := newAnalyst(c.inputFlags, concurrency, s.log)
	if err != nil {
		return err
	}
	w := newRowWriter(s.out, c.Output)
	begin := time.Now()
	var rows []row
	if c.Incidents != "" {
		rows, err = c.fromPrometheus(ctx, s, a, w)
	} else {
		rows, err = c.fromBundles(ctx, s, a, w)
	}
	wall := time.Since(begin)
	// What is answered is printed, even when the run breaks off.
	if err := errors.Join(err, w.close()); err != nil {
		return err
	}
	if c.scoring() {
		if err := c.score(ctx, s, a, rows, wall, baseline); err != nil {
			return err
		}
	}
	for i := range rows {
		if rows[i].Err != nil {
			return errReported
		}
	}
	return nil
}

func (c *replayCmd) validate() error {
	switch {
	case (len(c.Path) == 0) == (c.Incidents == ""):
		return usagef("one of PATH... and --incidents must be given")
	case (c.Incidents == "") != (c.Prometheus.URL == ""):
		return usagef("--incidents and --prometheus.url must be given together")
	case c.Incidents != "" && c.Topology == "":
		return usagef("--topology must be given with --incidents: it says what depends on what")
	case c.Incidents == "" && (c.Resume || c.Journal != ""):
		return usagef("--resume and --journal belong to --incidents")
	case c.Incidents == "" && c.Season.Days != 0:
		return usagef("--season.days belongs to --incidents: of a recording, all days are looked at")
	case c.MadeUp < 0:
		return usagef("--made-up (%d) must be 0 or more", c.MadeUp)
	case c.MadeUp > 0 && !c.fitting():
		return usagef("--made-up belongs to --fit and --cross-validate")
	case c.Workers < 0:
		return usagef("--workers (%d) must be 0 or more", c.Workers)
	}
	return c.Season.validate()
}

func (c *replayCmd) scoring() bool {
	return c.Score || c.ScoreOut != "" || c.Baseline != "" || c.fitting()
}

func (c *replayCmd) fitting() bool { return c.Fit != "" || len(c.CrossValidate) > 0 }

// fromBundles analyses every bundle below the paths. A broken one is an error in its row; the others go on.
func (c *replayCmd) fromBundles(ctx context.Context, s *streams, a *analyst, w rowWriter) ([]row, error) {
	dirs, err := bundle.Find(c.Path...)
	if err != nil {
		return nil, err
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("no recorded incident (a folder with incident.yaml) found below %v", c.Path)
	}
	bar := newProgress(s.err, "incidents")
	defer bar.finish()
	rows := make([]row, 0, len(dirs))
	err = batch.Run(ctx, c.Workers, dirs, a.bundleRow, func(_ int, r batch.Result[row]) error {
		out := settle(s, bar, r, dirs[len(rows)])
		err := w.write(&out)
		rows = append(rows, out.slim(c.fitting()))
		bar.set(len(rows), len(dirs))
		return err
	})
	return rows, err
}

// bundleRow reads, replays and diagnoses one bundle. Its truth is not looked at.
func (a *analyst) bundleRow(ctx context.Context, dir string) (r row, err error) {
	r = row{Name: filepath.ToSlash(dir), Set: dataSet(dir)}
	begin := time.Now()
	defer func() { r.Took = time.Since(begin) }()
	b, err := bundle.Open(dir)
	if err != nil {
		return r, err
	}
	defer func() {
		if closing := b.Close(); err == nil {
			err = closing
		}
	}()
	r.kinds = a.signalKinds(b.Topology)
	r.Diagnosis, err = a.bundle(ctx, b, nil, nil)
	return r, err
}

// dataSet is the name of the folder that a bundle lies in.
func dataSet(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return filepath.Base(filepath.Dir(dir))
	}
	return filepath.Base(filepath.Dir(abs))
}

// slim keeps what scoring needs, and the fit when there is one: a run over thousands of incidents must not hold every
// ledger.
func (r *row) slim(fitting bool) row {
	out := *r
	out.Line = nil
	if r.Diagnosis == nil {
		return out
	}
	out.Diagnosis = &model.Diagnosis{Question: r.Diagnosis.Question, Outcome: r.Diagnosis.Outcome}
	if fitting {
		out.Diagnosis.Contest = r.Diagnosis.Contest
	}
	for i := range r.Diagnosis.Causes {
		c := &r.Diagnosis.Causes[i]
		out.Diagnosis.Causes = append(out.Diagnosis.Causes,
			model.Cause{Rank: c.Rank, Component: c.Component, Signal: c.Signal, Probability: c.Probability})
	}
	return out
}

// settle turns the result of a job into its row, and says on stderr what went wrong. A job that panicked has an empty
// row, so its name is given.
func settle(s *streams, bar *progress, r batch.Result[row], name string) row {
	out := r.Value
	out.Err = r.Err
	if out.Name == "" {
		out.Name, out.Set = filepath.ToSlash(name), dataSet(name)
	}
	if r.Err != nil {
		bar.clear()
		fmt.Fprintf(s.err, "%s: %v\n", out.Name, r.Err)
		if p, ok := r.Err.(*batch.PanicError); ok { //nolint:errorlint // Run hands it over as it is.
			s.log.Debug().Bytes("stack", p.Stack).Msg("a job panicked")
		}
	}
	return out
}

func readBaseline(file string) (*batch.Baseline, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	b, err := batch.DecodeBaseline(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &b, nil
}
