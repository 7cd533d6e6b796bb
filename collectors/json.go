package collectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxJSONDepth bounds nesting: our own formats nest no deeper than five, a Kubernetes object with all that was noted of
// its fields no deeper than twenty.
const maxJSONDepth = 32

// lines parses one JSON value a line and hands on each.
func (f *fields) lines(data []byte, read func(root *yaml.Node)) {
	if len(data) > maxLinesBytes {
		f.fail(&yaml.Node{}, "", "must be at most %d bytes", maxLinesBytes)
		return
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	for number := 1; len(data) > 0; number++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		data = rest
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if len(line) > maxLineBytes {
			f.fail(&yaml.Node{Line: number}, "", "must be at most %d bytes a line", maxLineBytes)
			continue
		}
		if root := f.jsonLine(line, number); root != nil {
			read(root)
		}
	}
}

var byteOrderMark = []byte("\ufeff")

// values parses one JSON value that goes over as many lines as it likes, or one a line, and hands on each; of a list its
// items, with their paths.
func (f *fields) values(data []byte, read func(n *yaml.Node, path string)) {
	each := func(root *yaml.Node) {
		if root.Kind == yaml.SequenceNode {
			f.list(root, "", read)
			return
		}
		read(root, "")
	}
	whole := bytes.TrimPrefix(data, byteOrderMark)
	if len(data) > maxLinesBytes || !goesOn(whole) && !json.Valid(whole) {
		f.lines(data, each)
		return
	}
	if root := f.jsonText(whole, 1, "must be JSON: %v"); root != nil {
		each(root)
	}
}

// goesOn tells whether JSON goes on after its first line, as printed for people: the line ends where no value does.
func goesOn(text []byte) bool {
	line, _, more := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	line = bytes.TrimSpace(line)
	return more && len(line) > 0 && bytes.IndexByte([]byte("{[,:"), line[len(line)-1]) >= 0
}

// jsonLine parses one line of JSON into the same kind of tree as YAML gives, so that both are read by the same rules;
// nil when the line is broken, with the problem recorded.
func (f *fields) jsonLine(line []byte, number int) *yaml.Node {
	return f.jsonText(line, number, "must be one JSON object a line: %v")
}

// jsonText parses one JSON value that begins on the given line of its file.
func (f *fields) jsonText(text []byte, number int, format string) *yaml.Node {
	at := &yaml.Node{Line: number}
	if !utf8.Valid(text) {
		f.fail(at, "", "must be UTF-8")
		return nil
	}
	var raw json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			before := text[:min(int(syntax.Offset), len(text))]
			at.Line += bytes.Count(before, []byte("\n"))
			at.Column = int(syntax.Offset) - (bytes.LastIndexByte(before, '\n') + 1)
		}
		f.fail(at, "", format, err)
		return nil
	}
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(text)), text: text, line: number}
	r.dec.UseNumber()
	root, err := r.node(0)
	if err != nil {
		f.fail(at, "", format, err)
		return nil
	}
	return root
}

// jsonReader turns JSON into nodes with positions.
type jsonReader struct {
	dec       *json.Decoder
	text      []byte
	line      int // where the last node began, from 1
	lineStart int // the offset at which that line began
	counted   int // up to which offset line breaks were counted
}

// node reads the next value. The decoder tells where a token ends; where it begins is searched from the last end.
func (r *jsonReader) node(depth int) (*yaml.Node, error) {
	if depth > maxJSONDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxJSONDepth)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode}
	n.Line, n.Column = r.position()
	tok, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := tok.(type) {
	case json.Delim:
		n.Kind = yaml.MappingNode
		if t == '[' {
			n.Kind = yaml.SequenceNode
		}
		for r.dec.More() {
			child, err := r.node(depth + 1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err = r.dec.Token()
	case string:
		n.Value, n.Tag = t, "!!str"
	case json.Number:
		n.Value, n.Tag = t.String(), "!!float"
	case bool:
		n.Value, n.Tag = strconv.FormatBool(t), "!!bool"
	case nil:
		n.Tag = "!!null"
	}
	return n, err
}

// position is where the next token begins.
func (r *jsonReader) position() (line, column int) {
	start := int(r.dec.InputOffset())
	for start < len(r.text) && bytes.IndexByte([]byte(" \t\r\n,:"), r.text[start]) >= 0 {
		start++
	}
	for ; r.counted < start; r.counted++ {
		if r.text[r.counted] == '\n' {
			r.line++
			r.lineStart = r.counted + 1
		}
	}
	return r.line, start - r.lineStart + 1
}
