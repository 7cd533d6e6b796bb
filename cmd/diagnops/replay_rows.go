package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/report"
)

// rowWriter prints rows as they come, in one of the forms of --output.
type rowWriter interface {
	write(r *row) error
	close() error
}

func newRowWriter(w io.Writer, form string) rowWriter {
	switch form {
	case "json":
		return &jsonRows{w: w, array: true}
	case "jsonl":
		return &jsonRows{w: w}
	case "csv":
		return &csvRows{w: csv.NewWriter(w)}
	}
	return &tableRows{w: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
}

// jsonRows prints an object a row: {"bundle": ..., "diagnosis": {...}}, or "error" instead of "diagnosis".
type jsonRows struct {
	w     io.Writer
	array bool // all in one array, still a line each
	n     int
}

func (j *jsonRows) write(r *row) error {
	line, err := r.encode()
	if err != nil {
		return err
	}
	before, after := "", "\n"
	if j.array {
		before, after = ",\n", ""
		if j.n == 0 {
			before = "[\n"
		}
	}
	j.n++
	_, err = fmt.Fprintf(j.w, "%s%s%s", before, line, after)
	return err
}

func (j *jsonRows) close() error {
	if !j.array {
		return nil
	}
	end := "\n]\n"
	if j.n == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}

// encode returns the row as a JSON object on one line.
func (r *row) encode() ([]byte, error) {
	if r.Err != nil {
		return json.Marshal(struct {
			Bundle string `json:"bundle"`
			Error  string `json:"error"`
		}{r.Name, r.Err.Error()})
	}
	if r.Line == nil {
		var err error
		if r.Line, err = report.JSONLine(r.Diagnosis); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
	}
	name, err := json.Marshal(r.Name)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"bundle": %s, "diagnosis": %s}`, name, strings.TrimSpace(string(r.Line))), nil
}

// columns of table and CSV: what one looks at first. Times differ from run to run and are no part of it.
var columns = []string{"bundle", "status", "component", "signal", "fault", "probability", "onset", "chain"}

// cells returns the row's values for the columns.
func (r *row) cells() []string {
	out := make([]string, len(columns))
	out[0] = r.Name
	if r.Err != nil {
		out[1] = "error"
		return out
	}
	out[1] = string(r.Diagnosis.Outcome.Status)
	if len(r.Diagnosis.Causes) == 0 || r.Diagnosis.Outcome.Status == model.Healthy {
		return out // what is left over in a healthy window is nobody's cause
	}
	c := &r.Diagnosis.Causes[0]
	out[2], out[3], out[4] = c.Component, c.Signal, c.Fault
	out[5] = strconv.FormatFloat(c.Probability, 'g', 3, 64)
	out[6] = onset(c.Onset)
	out[7] = strings.Join(c.Chain, " <- ")
	return out
}

// onset prints the interval in which something began, as ISO 8601 does ("from/to"); an end that is not known is "..", as
// in its extended format.
func onset(o model.Onset) string {
	if o.Earliest.IsZero() && o.Latest.IsZero() {
		return ""
	}
	end := func(t time.Time) string {
		if t.IsZero() {
			return ".."
		}
		return t.UTC().Format(time.RFC3339)
	}
	return end(o.Earliest) + "/" + end(o.Latest)
}

// percent writes a probability for people. A cause that is named is never out of the question, nor beyond it.
func percent(p float64) string {
	switch {
	case p < 0.01:
		return "< 1 %"
	case p > 0.99:
		return "> 99 %"
	}
	return strconv.Itoa(int(math.Round(p*100))) + " %"
}

type csvRows struct {
	w       *csv.Writer
	started bool
}

func (c *csvRows) write(r *row) error {
	if !c.started {
		c.started = true
		if err := c.w.Write(append(columns, "error")); err != nil {
			return err
		}
	}
	problem := ""
	if r.Err != nil {
		problem = r.Err.Error()
	}
	return c.w.Write(append(r.cells(), problem))
}

func (c *csvRows) close() error {
	c.w.Flush()
	return c.w.Error()
}

type tableRows struct {
	w       *tabwriter.Writer
	started bool
}

func (t *tableRows) write(r *row) error {
	if !t.started {
		t.started = true
		if _, err := fmt.Fprintln(t.w, strings.ToUpper(strings.Join(columns, "\t"))); err != nil {
			return err
		}
	}
	cells := r.cells()
	if cells[5] != "" {
		cells[5] = percent(r.Diagnosis.Causes[0].Probability)
	}
	if from, to, ok := strings.Cut(cells[6], "/"); ok && len(from) > len(time.DateOnly) && strings.HasPrefix(to, from[:len(time.DateOnly)+1]) {
		cells[6] = from + "/" + to[len(time.DateOnly)+1:] // the day once is enough for people, and for ISO 8601
	}
	for i := range cells {
		if cells[i] = printable(cells[i]); cells[i] == "" {
			cells[i] = "-"
		}
	}
	_, err := fmt.Fprintln(t.w, strings.Join(cells, "\t"))
	return err
}

func (t *tableRows) close() error { return t.w.Flush() }

// printable keeps names that come from files from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, s)
}
