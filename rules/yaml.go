package rules

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// reader walks the YAML nodes of one file. Every method reports what does not fit and goes on, so that all problems of
// a file come out of one run.
type reader struct {
	file     string
	lines    []string
	problems *Problems
}

func (r *reader) problem(n *yaml.Node, field, format string, args ...any) {
	r.problemAt(n.Line, n.Column, field, format, args...)
}

func (r *reader) problemAt(line, col int, field, format string, args ...any) {
	*r.problems = append(*r.problems, Problem{
		File: r.file, Line: line, Col: col, Field: field, Rule: fmt.Sprintf(format, args...),
	})
}

var yamlErrorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxProblem takes a parser's error apart, because it carries its line in the text only.
func (r *reader) syntaxProblem(err error) {
	var typeErr *yaml.TypeError
	if errors.As(err, &typeErr) {
		r.problemAt(0, 0, "", "%s", strings.Join(typeErr.Errors, "; "))
		return
	}
	m := yamlErrorLine.FindStringSubmatch(err.Error())
	if m == nil {
		r.problemAt(0, 0, "", "not YAML: %v", err)
		return
	}
	line, _ := strconv.Atoi(m[1]) // "" gives 0: position unknown
	r.problemAt(line, 0, "", "not YAML: %s", m[2])
}

// field is what a key of a mapping is read by.
type field func(v *yaml.Node, path string)

// mapping calls the field of every key. Unknown and repeated keys, and required keys that are absent, are problems.
func (r *reader) mapping(n *yaml.Node, path string, fields map[string]field, required ...string) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		r.problem(n, path, "must be a mapping")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		f, known := fields[key.Value]
		switch {
		case !known:
			r.problem(key, join(path, key.Value), "is an unknown key: must be one of %s", keysOf(fields))
		case seen[key.Value]:
			r.problem(key, join(path, key.Value), "is given twice")
		default:
			f(value, join(path, key.Value))
		}
		seen[key.Value] = true
	}
	for _, name := range required {
		if !seen[name] {
			r.problem(n, join(path, name), "is required")
		}
	}
}

func keysOf(fields map[string]field) string {
	return strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
}

// list calls item for every entry of a sequence.
func (r *reader) list(n *yaml.Node, path string, item field) {
	if n.Kind != yaml.SequenceNode {
		r.problem(n, path, "must be a list")
		return
	}
	for i, v := range n.Content {
		item(resolve(v), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (r *reader) text(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		r.problem(n, path, "must be text")
		return ""
	}
	return n.Value
}

func (r *reader) number(n *yaml.Node, path string) float64 {
	v, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) { // NaN is outside no bounds
		r.problem(n, path, "(%q) must be a number", n.Value)
		return 0
	}
	return v
}

func (r *reader) integer(n *yaml.Node, path string) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.problem(n, path, "(%q) must be a whole number", n.Value)
	}
	return v
}

func (r *reader) flag(n *yaml.Node, path string) bool {
	if n.Kind != yaml.ScalarNode || (n.Value != "true" && n.Value != "false") {
		r.problem(n, path, "(%q) must be true or false", n.Value)
	}
	return n.Value == "true"
}

// tokens reads a list of texts that each match the pattern of names.
func (r *reader) tokens(n *yaml.Node, path string, pattern *regexp.Regexp) []string {
	var out []string
	r.list(n, path, func(v *yaml.Node, at string) { out = append(out, r.token(v, at, pattern)) })
	return out
}

func (r *reader) token(n *yaml.Node, path string, pattern *regexp.Regexp) string {
	s := r.text(n, path)
	if !pattern.MatchString(s) {
		r.problem(n, path, "(%q) must match %s", s, pattern)
	}
	return s
}

// position maps a byte offset within a scalar's value to line and column of the file: exact for scalars that stand on
// one line and for literal blocks; the start of the scalar otherwise.
func (r *reader) position(n *yaml.Node, offset int) (line, col int) {
	if offset < 0 || offset > len(n.Value) {
		return n.Line, n.Column
	}
	before := n.Value[:offset]
	if n.Style&yaml.LiteralStyle != 0 {
		line = n.Line + 1 + strings.Count(before, "\n")
		if line <= len(r.lines) {
			text := r.lines[line-1]
			indent := len(text) - len(strings.TrimLeft(text, " "))
			return line, indent + offset - (strings.LastIndex(before, "\n") + 1) + 1
		}
		return n.Line, n.Column
	}
	col = n.Column + offset
	switch {
	case n.Style&yaml.SingleQuotedStyle != 0:
		col += 1 + strings.Count(before, "'")
	case n.Style&yaml.DoubleQuotedStyle != 0:
		col += 1 + strings.Count(before, `"`) + strings.Count(before, `\`)
	}
	if n.Line > len(r.lines) || col > len(r.lines[n.Line-1])+1 {
		return n.Line, n.Column // it is folded over several lines
	}
	return n.Line, col
}

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
