package collectors

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// The columns of a table of trials that are no factors, and what outcome may say.
const (
	columnOutcome = "outcome"
	columnGood    = "good"
	columnBad     = "bad"
	outcomeCost   = "cost" // in a CSV: the row holds what changing each factor costs
)

const (
	maxFactors = 30
	maxTrials  = 2000
	maxRuns    = 1_000_000 // of one trial
)

// ParseTrials reads a table of trials: CSV where the file is called so, else YAML. A CSV has a column a factor, and outcome
// (good, bad, unknown) or the counts good and bad; a row with the outcome cost says what changing each factor costs. The
// error is Problems.
func ParseTrials(file string, data []byte) (*model.Trials, error) {
	p := &trialParser{fields: fields{file: file, strict: true}, trials: &model.Trials{RunCost: 1}}
	if strings.EqualFold(filepath.Ext(file), ".csv") {
		p.csv(data)
	} else if root := p.document(data); root != nil {
		p.yaml(root)
	}
	p.finish()
	if err := p.err(); err != nil {
		return nil, err
	}
	return p.trials, nil
}

type trialParser struct {
	fields
	trials *model.Trials
	rows   *yaml.Node // of the trials, read once the factors are known
}

// factor returns the index of a factor; -1 when there is none of the name.
func (p *trialParser) factor(name string) int {
	return slices.IndexFunc(p.trials.Factors, func(f model.Factor) bool { return f.Name == name })
}

func (p *trialParser) add(f model.Factor, n *yaml.Node, path string) {
	switch {
	case f.Name == "":
		p.fail(n, path, "must name a factor")
	case p.factor(f.Name) >= 0:
		p.fail(n, path, "(%q) must be unique", f.Name)
	case len(p.trials.Factors) == maxFactors:
		p.fail(n, path, "must be at most %d factors", maxFactors)
	default:
		p.trials.Factors = append(p.trials.Factors, f)
	}
}

// finish gathers the values of each factor and insists on what a table needs.
func (p *trialParser) finish() {
	if len(p.problems) > 0 {
		return
	}
	t, at := p.trials, &yaml.Node{}
	for i := range t.Factors {
		f := &t.Factors[i]
		for _, trial := range t.Trials {
			f.Values = append(f.Values, trial.Setting[i])
		}
		slices.Sort(f.Values)
		f.Values = slices.Compact(f.Values)
	}
	switch {
	case len(t.Factors) == 0:
		p.fail(at, "factors", "must be given: one at least")
	case len(t.Trials) == 0:
		p.fail(at, "trials", "must be given: one at least")
	}
}

// yaml reads the keys title, run_cost, factors and trials.
func (p *trialParser) yaml(root *yaml.Node) {
	p.mapping(root, "",
		field{"version", false, p.version},
		field{"title", false, p.text(&p.trials.Title)},
		field{"run_cost", false, p.runCost},
		field{"factors", true, func(n *yaml.Node, path string) { p.list(n, path, p.yamlFactor) }},
		field{"trials", true, func(n *yaml.Node, _ string) { p.rows = n }},
	)
	if p.rows != nil {
		p.list(p.rows, "trials", p.yamlTrial)
	}
}

// mostCost bounds a cost, in whatever it is counted.
const mostCost = 1e9

// runCost reads what one run costs, which is not nothing: gain is weighed against it.
func (p *trialParser) runCost(n *yaml.Node, path string) {
	p.number(&p.trials.RunCost, mostCost)(n, path)
	if p.trials.RunCost == 0 {
		p.fail(n, path, "(%s) must be more than 0", n.Value)
	}
}

func (p *trialParser) yamlFactor(n *yaml.Node, path string) {
	f := model.Factor{Cost: 1}
	p.mapping(n, path,
		field{"name", true, p.name(&f.Name)},
		field{"cost", false, p.number(&f.Cost, mostCost)},
		field{"values", false, p.texts(&f.Values)},
	)
	if f.Name != "" {
		p.add(f, n, join(path, "name"))
	}
}

func (p *trialParser) yamlTrial(n *yaml.Node, path string) {
	var with map[string]string
	outcome, good, bad := "", -1, -1
	p.mapping(n, path,
		field{"with", true, p.textMap(&with)},
		field{columnOutcome, false, p.text(&outcome)},
		field{columnGood, false, p.integer(&good, 0, maxRuns)},
		field{columnBad, false, p.integer(&bad, 0, maxRuns)},
	)
	if n.Kind != yaml.MappingNode || with == nil {
		return
	}
	t := model.Trial{Line: n.Line, Setting: make([]string, len(p.trials.Factors))}
	for i, f := range p.trials.Factors {
		value, ok := with[f.Name]
		if !ok {
			p.fail(n, join(path, "with."+f.Name), "must be given: every trial says what every factor was")
		}
		t.Setting[i] = value
		delete(with, f.Name)
	}
	for _, unknown := range slices.Sorted(maps.Keys(with)) {
		p.fail(n, join(path, "with."+unknown), "must be one of the factors")
	}
	p.outcome(&t, n, path, outcome, good, bad)
}

// outcome settles what came of a trial: a word, or counts; -1 = not given.
func (p *trialParser) outcome(t *model.Trial, n *yaml.Node, path, word string, good, bad int) {
	switch {
	case word != "" && (good >= 0 || bad >= 0):
		p.fail(n, join(path, columnOutcome), "must not be given beside good and bad")
	case good >= 0 || bad >= 0:
		t.Good, t.Bad = max(good, 0), max(bad, 0)
	case word == "good":
		t.Good = 1
	case word == "bad":
		t.Bad = 1
	case word != "unknown":
		p.fail(n, join(path, columnOutcome), "(%q) must be good, bad or unknown, or good and bad be counts", word)
	}
	if len(p.trials.Trials) == maxTrials {
		p.fail(n, path, "must be at most %d trials", maxTrials)
		return
	}
	p.trials.Trials = append(p.trials.Trials, *t)
}

// csv reads a header and a row a trial.
func (p *trialParser) csv(data []byte) {
	if len(data) > maxFileBytes {
		p.fail(&yaml.Node{}, "", "must be at most %d bytes", maxFileBytes)
		return
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.TrimLeadingSpace, r.Comment = true, '#'
	var columns []csvColumn
	for {
		cells, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			if columns == nil {
				p.fail(&yaml.Node{}, "", "must not be empty")
			}
			return
		case err != nil:
			p.csvError(err)
			return
		case columns == nil:
			columns = p.csvHeader(r, cells)
			if len(p.problems) > 0 {
				return
			}
		default:
			p.csvRow(r, columns, cells)
		}
	}
}

// csvColumn is a factor's column, or a named one.
type csvColumn struct {
	name   string
	factor int // -1 = none
}

func (p *trialParser) csvError(err error) {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		p.fail(&yaml.Node{Line: parse.Line, Column: parse.Column}, "", "must be CSV: %v", parse.Err)
		return
	}
	p.fail(&yaml.Node{}, "", "must be CSV: %v", err)
}

func position(r *csv.Reader, cell int) *yaml.Node {
	line, column := r.FieldPos(cell)
	return &yaml.Node{Line: line, Column: column}
}

func (p *trialParser) csvHeader(r *csv.Reader, cells []string) []csvColumn {
	columns := make([]csvColumn, len(cells))
	for i, cell := range cells {
		name := strings.TrimSpace(cell)
		columns[i] = csvColumn{name: name, factor: -1}
		if name == columnOutcome || name == columnGood || name == columnBad {
			if slices.ContainsFunc(columns[:i], func(c csvColumn) bool { return c.name == name }) {
				p.fail(position(r, i), name, "must be given once")
			}
			continue
		}
		columns[i].factor = len(p.trials.Factors)
		p.add(model.Factor{Name: name, Cost: 1}, position(r, i), fmt.Sprintf("column %d", i+1))
	}
	if !slices.ContainsFunc(columns, func(c csvColumn) bool { return c.factor < 0 }) {
		p.fail(position(r, 0), "header", "must have a column outcome, or columns good and bad")
	}
	return columns
}

func (p *trialParser) csvRow(r *csv.Reader, columns []csvColumn, cells []string) {
	line, _ := r.FieldPos(0)
	t := model.Trial{Line: line, Setting: make([]string, len(p.trials.Factors))}
	word, good, bad := "", -1, -1
	at := 0 // the cell that says what came of it
	for i, cell := range cells {
		value := strings.TrimSpace(cell)
		switch c := columns[i]; {
		case c.factor >= 0:
			if value == "" {
				p.fail(position(r, i), c.name, "must be given: every trial says what every factor was")
			}
			t.Setting[c.factor] = value
		case c.name == columnOutcome:
			word, at = value, i
		case c.name == columnGood:
			good, at = p.csvCount(r, i, c.name, value), i
		default:
			bad, at = p.csvCount(r, i, c.name, value), i
		}
	}
	if word == outcomeCost {
		p.csvCosts(r, columns, cells)
		return
	}
	p.outcome(&t, position(r, at), "", word, good, bad)
}

// csvCount reads a count; an empty cell is none given.
func (p *trialParser) csvCount(r *csv.Reader, cell int, name, value string) int {
	if value == "" {
		return -1
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > maxRuns {
		p.fail(position(r, cell), name, "(%q) must be a whole number from 0 to %d", value, maxRuns)
		return 0
	}
	return n
}

func (p *trialParser) csvCosts(r *csv.Reader, columns []csvColumn, cells []string) {
	for i, c := range columns {
		if c.factor < 0 {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(cells[i]), 64)
		if err != nil || !(value >= 0 && value <= mostCost) {
			p.fail(position(r, i), c.name, "(%q) must be a cost: a number from 0 to %g", cells[i], mostCost)
			continue
		}
		p.trials.Factors[c.factor].Cost = value
	}
}
