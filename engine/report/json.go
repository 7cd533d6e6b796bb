package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// renderJSON writes the contract's JSON, indented by two spaces, with a line break at the end.
func renderJSON(d *model.Diagnosis) ([]byte, error) {
	line, err := JSONLine(d)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, line, "", "  "); err != nil {
		return nil, fmt.Errorf("indenting: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// JSONLine returns the contract's JSON on one line, without a line break at the end. Lists are never null. A number that
// JSON cannot hold (NaN, infinite) is null: unknown, not zero. Control characters that JSON would let through (C1, DEL) are
// escaped, because the output may go to a terminal. The diagnosis is not changed.
func JSONLine(d *model.Diagnosis) ([]byte, error) {
	c := normalized(d)
	var v any = c
	if hasHoles(c) {
		v = withHoles(c)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // Queries are full of < and >, and people read this.
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding the diagnosis: %w", err)
	}
	return escapeControls(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// normalized is a copy without nil lists and without digits that mean nothing: the original may be published, and read by
// others at this moment.
func normalized(d *model.Diagnosis) *model.Diagnosis {
	c := *d
	c.Causes = slices.Clone(d.Causes)
	for i := range c.Causes {
		c.Causes[i].Score = slices.Clone(c.Causes[i].Score)
		for j := range c.Causes[i].Score {
			c.Causes[i].Score[j].Value = rounded(c.Causes[i].Score[j].Value)
		}
	}
	c.Chain = slices.Clone(d.Chain)
	for i := range c.Chain {
		l := &c.Chain[i]
		l.MagnitudeSigma, l.LagSeconds, l.Correlation = rounded(l.MagnitudeSigma), rounded(l.LagSeconds), rounded(l.Correlation)
	}
	c.Eliminated, c.Claims = slices.Clone(d.Eliminated), slices.Clone(d.Claims)
	c.Untested = slices.Clone(d.Untested)
	if d.Cohorts != nil {
		cohorts := *d.Cohorts
		cohorts.Compared = slices.Clone(cohorts.Compared)
		c.Cohorts = &cohorts
	}
	c.Normalize()
	if c.SchemaVersion == 0 {
		c.SchemaVersion = model.SchemaVersion
	}
	return &c
}

// rounded is a number to three decimals; what is none stays none.
func rounded(f float64) float64 {
	if bad(f) {
		return f
	}
	return math.Round(f*1000)/1000 + 0 // adding zero turns a negative zero into zero
}

// escapeControls escapes the control and direction characters that encoding/json leaves as they are. They can stand
// within strings only, where \u is allowed.
func escapeControls(line []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(line))
	for _, r := range string(line) {
		if r >= 0x20 && r != 0x200d && r < 0xfe00 && harmless(r) != r && r != 0xfffd {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

// number is a float64 whose JSON is null where JSON has no such number.
type number float64

// MarshalJSON writes the number, or null.
func (n number) MarshalJSON() ([]byte, error) {
	if bad(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

func bad(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }

func hasHoles(d *model.Diagnosis) bool {
	for _, c := range d.Causes {
		if bad(c.Probability) || slices.ContainsFunc(c.Score, func(t model.Term) bool { return bad(t.Value) }) {
			return true
		}
	}
	for _, l := range d.Chain {
		if bad(l.MagnitudeSigma) || bad(l.LagSeconds) || bad(l.Correlation) {
			return true
		}
	}
	return bad(d.Engine.TookMS)
}

// The types below shadow the fields of the model that hold floats; encoding/json takes the outer field of a name.
type (
	holedDiagnosis struct {
		*model.Diagnosis
		Causes []holedCause `json:"causes"`
		Chain  []holedLink  `json:"chain"`
		Engine holedEngine  `json:"engine"`
	}
	holedCause struct {
		model.Cause
		Probability number      `json:"probability"`
		Score       []holedTerm `json:"score"`
	}
	holedTerm struct {
		model.Term
		Value number `json:"value"`
	}
	holedLink struct {
		model.Link
		MagnitudeSigma number `json:"magnitude_sigma"`
		LagSeconds     number `json:"lag_seconds"`
		Correlation    number `json:"correlation"`
	}
	holedEngine struct {
		model.EngineInfo
		TookMS number `json:"took_ms"`
	}
)

func withHoles(d *model.Diagnosis) holedDiagnosis {
	h := holedDiagnosis{
		Diagnosis: d, Causes: make([]holedCause, len(d.Causes)), Chain: make([]holedLink, len(d.Chain)),
		Engine: holedEngine{EngineInfo: d.Engine, TookMS: number(d.Engine.TookMS)},
	}
	for i, c := range d.Causes {
		terms := make([]holedTerm, len(c.Score))
		for j, t := range c.Score {
			terms[j] = holedTerm{Term: t, Value: number(t.Value)}
		}
		h.Causes[i] = holedCause{Cause: c, Probability: number(c.Probability), Score: terms}
	}
	for i, l := range d.Chain {
		h.Chain[i] = holedLink{
			Link: l, MagnitudeSigma: number(l.MagnitudeSigma), LagSeconds: number(l.LagSeconds),
			Correlation: number(l.Correlation),
		}
	}
	return h
}
