package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/collectors/promapi"
	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/batch"
	"github.com/diagnops/diagnops/engine/model"
)

// fromPrometheus analyses past incidents that a source still holds. What is answered goes into the journal before it is
// printed. A source that can not be reached ends the run: asking it for the other incidents would only add to its trouble.
func (c *replayCmd) fromPrometheus(ctx context.Context, s *streams, a *analyst, w rowWriter) (rows []row, err error) {
	lines, err := readIncidents(c.Incidents, a.topology)
	if err != nil {
		return nil, err
	}
	for i := range lines {
		inc := &lines[i].Incident
		if inc.SeasonDays = c.Season.Days; a.zone != nil {
			inc.Zone = a.zone
		}
	}
	j, err := openJournal(c.journalFile(), c.Resume)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	p := &pastRun{analyst: a, journal: j, set: strings.TrimSuffix(filepath.Base(c.Incidents), filepath.Ext(c.Incidents))}
	if todo := p.todo(lines); len(todo) > 0 {
		if p.source, err = openRemote(ctx, c.Prometheus, todo[0].Incident.Window, todo[0].Incident.Step); err != nil {
			return nil, err
		}
		defer p.source.client.Close()
	}
	bar := newProgress(s.err, "incidents")
	defer bar.finish()
	err = batch.Run(ctx, c.Workers, lines, p.row, func(i int, r batch.Result[row]) error {
		if errors.Is(r.Err, promapi.ErrUnreachable) {
			return r.Err
		}
		out := settle(s, bar, r, lines[i].Incident.ID)
		out.Set, out.Truth = p.set, lines[i].Truth
		err := w.write(&out)
		rows = append(rows, out.slim(c.fitting()))
		bar.set(len(rows), len(lines))
		return err
	})
	return rows, err
}

func (c *replayCmd) journalFile() string {
	if c.Journal != "" {
		return c.Journal
	}
	return c.Incidents + ".done.jsonl"
}

// readIncidents reads the file and holds it against the topology, so that nothing is asked for a file that is wrong.
func readIncidents(file string, t *model.Topology) ([]collectors.IncidentLine, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading incidents: %w", err)
	}
	lines, err := collectors.ParseIncidentLines(file, data)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s: no incidents", file)
	}
	var problems collectors.Problems
	for i := range lines {
		if err := settleSymptom(&lines[i].Incident, t); err != nil {
			problems = append(problems, collectors.Problem{
				File: file, Line: lines[i].Line, Field: "symptom.component", Rule: err.Error(),
			})
		}
	}
	return lines, problems.Err()
}

// pastRun is a run over incidents of one source. Its journal and source are safe for all workers.
type pastRun struct {
	analyst *analyst
	journal *journal
	source  *remote // nil when the journal holds every answer
	set     string
}

// todo returns the incidents that the journal does not hold.
func (p *pastRun) todo(lines []collectors.IncidentLine) []collectors.IncidentLine {
	var out []collectors.IncidentLine
	for i := range lines {
		if _, ok := p.journal.answer(p.key(&lines[i])); !ok {
			out = append(out, lines[i])
		}
	}
	return out
}

// key identifies an incident in the journal: everything that its answer depends on but the metrics.
func (p *pastRun) key(l *collectors.IncidentLine) journalKey {
	return keyOf(l.Incident, joinChanges(l.Changes, p.analyst.changes), p.analyst.topology, p.analyst.rulesHash)
}

// row answers one incident, from the journal when it is there. The truth of the line is not looked at.
func (p *pastRun) row(ctx context.Context, l collectors.IncidentLine) (r row, err error) {
	r = row{Name: l.Incident.ID, kinds: p.analyst.signalKinds(p.analyst.topology)}
	begin := time.Now()
	defer func() { r.Took = time.Since(begin) }()
	key := p.key(&l)
	if line, ok := p.journal.answer(key); ok {
		r.Line = line
		r.Diagnosis, err = decodeDiagnosis(line)
		return r, err
	}
	r.Diagnosis, err = p.analyst.remote(ctx, p.source, engine.Input{
		Incident: l.Incident, Changes: joinChanges(l.Changes, p.analyst.changes),
		Question: model.Question{Symptom: l.Incident.Symptom},
	})
	if err != nil {
		return r, err
	}
	r.Line, err = p.journal.add(key, r.Diagnosis)
	return r, err
}
