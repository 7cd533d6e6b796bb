package collectors

import (
	"bytes"
	"errors"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

func (r *topologyReader) signal(n *yaml.Node, path string, seen map[string]int) {
	s := model.SignalSpec{Signal: model.Signal{Bad: model.BadBoth, Source: sourceTopology}}
	r.mapping(n, path,
		field{"name", true, r.name(&s.Signal.Name)},
		field{"kind", true, r.signalKind(&s.Signal.Kind)},
		field{"expr", true, r.expr(&s.Expr)},
		field{"by", false, r.name(&s.By)},
		field{"edge", false, r.edge(&s.Edge)},
		field{"unit", false, r.text(&s.Signal.Unit)},
		field{"bad", false, r.direction(&s.Signal.Bad)},
		field{"title", false, r.text(&s.Signal.Title)},
		field{"resource", false, r.name(&s.Signal.Resource)},
	)
	by, edge := child(n, "by"), child(n, "edge")
	switch {
	case n.Kind != yaml.MappingNode:
		return
	case by == nil && edge == nil:
		r.fail(n, path, "must have by (the label that carries the component) or edge (the labels of caller and callee)")
	case by != nil && edge != nil:
		r.fail(edge, path+".edge", "must not stand beside by: a signal is measured on components or on calls")
	}
	if s.Signal.Name == "" {
		return
	}
	if first, ok := seen[s.Signal.Name]; ok {
		r.fail(child(n, "name"), path+".name", "(%q) must be unique; first given on line %d", s.Signal.Name, first)
		return
	}
	seen[s.Signal.Name] = n.Line
	r.topo.Signals = append(r.topo.Signals, s)
}

func (r *topologyReader) edge(dst **model.EdgeLabels) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var e model.EdgeLabels
		r.mapping(n, path, field{"from", true, r.name(&e.From)}, field{"to", true, r.name(&e.To)})
		if e.From != "" && e.From == e.To {
			r.fail(child(n, "to"), path+".to", "(%q) must be another label than from", e.To)
			return
		}
		*dst = &e
	}
}

func (f *fields) signalKind(dst *model.SignalKind) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a kind of signal")
		if !ok {
			return
		}
		k, err := model.ParseSignalKind(s)
		if err != nil {
			f.fail(n, path, "(%q) must be one of %s%s", s, joinWords(model.SignalKinds()), hint(s, words(model.SignalKinds())))
			return
		}
		*dst = k
	}
}

func (f *fields) direction(dst *model.Direction) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a direction")
		if !ok {
			return
		}
		d, err := model.ParseDirection(s)
		if err != nil {
			f.fail(n, path, "(%q) must be one of up, down, both, change", s)
			return
		}
		*dst = d
	}
}

// maxExprBytes bounds one expression; the longest useful ones are a tenth of it.
const maxExprBytes = 64 << 10

// expr reads a PromQL expression that gives an instant vector: only that has labels to tell whose a value is.
func (r *topologyReader) expr(dst *string) func(*yaml.Node, string) {
	promql := parser.NewParser(parser.Options{})
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, "a PromQL expression")
		if !ok {
			return
		}
		if len(s) > maxExprBytes {
			r.fail(n, path, "must be at most %d bytes", maxExprBytes)
			return
		}
		e, err := promql.ParseExpr(s)
		switch {
		case err != nil:
			r.failExpr(n, path, s, err)
		case e.Type() != parser.ValueTypeVector:
			r.fail(n, path, "must give an instant vector, not a %s", parser.DocumentedType(e.Type()))
		default:
			*dst = strings.TrimSpace(s)
		}
	}
}

// failExpr reports each error of the PromQL parser at its own place in the file.
func (r *topologyReader) failExpr(n *yaml.Node, path, expr string, err error) {
	var list parser.ParseErrors
	if !errors.As(err, &list) {
		r.fail(n, path, "must be PromQL: %v", err)
		return
	}
	for _, e := range list {
		at := r.within(n, expr, int(e.PositionRange.Start))
		r.fail(at, path, "must be PromQL: %v", e.Err)
	}
}

// within finds the place in the file of a byte of a scalar's text. Quoting, escapes and folding move text about; the
// place is only taken when the file shows the same text there, else it is the scalar's own.
func (r *topologyReader) within(n *yaml.Node, text string, offset int) *yaml.Node {
	if offset < 0 || offset > len(text) {
		return n
	}
	line, rest, startOfLine := n.Line, text[offset:], strings.LastIndexByte(text[:offset], '\n')+1
	rest, _, _ = strings.Cut(rest, "\n")
	shown := text[startOfLine:offset]
	switch n.Style {
	case yaml.LiteralStyle, yaml.FoldedStyle:
		line += 1 + strings.Count(text[:offset], "\n")
	case yaml.SingleQuotedStyle:
		shown, rest = strings.ReplaceAll(shown, "'", "''"), strings.ReplaceAll(rest, "'", "''")
	case yaml.DoubleQuotedStyle:
		escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`)
		shown, rest = escape.Replace(shown), escape.Replace(rest)
	}
	shownLine := sourceLine(r.source, line)
	from := 0
	if line == n.Line {
		from = min(max(n.Column-1, 0), len(shownLine))
	}
	if i := bytes.Index(shownLine[from:], []byte(shown+rest)); i >= 0 {
		return &yaml.Node{Line: line, Column: from + i + len(shown) + 1}
	}
	return n
}

// sourceLine returns a line of the file, counted from 1, without its end.
func sourceLine(data []byte, number int) []byte {
	for i := 1; i < number; i++ {
		_, after, found := bytes.Cut(data, []byte("\n"))
		if !found {
			return nil
		}
		data = after
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return line
}
