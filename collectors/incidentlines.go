package collectors

import (
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// IncidentLine is one past incident of a replay, to be fetched from where its metrics are stored.
type IncidentLine struct {
	Incident model.Incident
	Truth    *model.Truth // nil = not known; for the scorer only
	Changes  []model.Change
	Line     int // in the file, from 1
}

// defaultStep is the step of an incident line that gives none: the commonest scrape interval.
const defaultStep = 15 * time.Second

// ParseIncidentLines reads past incidents, one JSON object a line: the fields of incident.yaml (id, title, step, window,
// symptom, timezone, baseline, exclude; step is 15 s when absent) and optionally truth (as truth.yaml) and changes (a list of change events).
// Unknown fields are passed over; ids must be unique. The lines keep their order, the changes of each are sorted by
// time, then id. The error is Problems.
func ParseIncidentLines(file string, data []byte) ([]IncidentLine, error) {
	f := &fields{file: file}
	var out []IncidentLine
	seen := map[string]int{}
	f.lines(data, func(root *yaml.Node) {
		before := f.count()
		line := f.incidentLine(root)
		if first, ok := seen[line.Incident.ID]; ok && line.Incident.ID != "" {
			f.fail(child(root, "id"), "id", "(%q) must be unique; first given on line %d", line.Incident.ID, first)
		}
		seen[line.Incident.ID] = root.Line
		if f.count() == before {
			out = append(out, line)
		}
	})
	if err := f.err(); err != nil {
		return nil, err
	}
	return out, nil
}

func (f *fields) incidentLine(root *yaml.Node) IncidentLine {
	line := IncidentLine{Line: root.Line}
	r := incidentReader{fields: &fields{file: f.file}}
	r.inc.Step = defaultStep
	known := r.incidentFields()
	find(known, "step").required = false
	known = append(known,
		field{"truth", false, func(n *yaml.Node, path string) {
			line.Truth = &model.Truth{}
			r.truth(line.Truth)(n, path)
		}},
		field{"changes", false, func(n *yaml.Node, path string) {
			r.list(n, path, func(n *yaml.Node, path string) {
				if c, ok := r.change(n, path); ok {
					line.Changes = append(line.Changes, c)
				}
			})
		}},
	)
	r.mapping(root, "", known...)
	if root.Kind == yaml.MappingNode {
		r.finish(root)
	}
	for _, p := range r.problems {
		f.fail(&yaml.Node{Line: p.Line, Column: p.Column}, p.Field, "%s", p.Rule)
	}
	f.dropped += r.dropped
	line.Incident = r.inc
	SortChanges(line.Changes)
	return line
}
