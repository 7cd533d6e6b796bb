package collectors

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	prom "github.com/prometheus/common/model"
)

// fields reads a tree of nodes into typed values and keeps every problem met on the way. One fields reads one document.
type fields struct {
	file     string
	strict   bool // unknown keys are problems
	problems Problems
	dropped  int // problems beyond maxProblems
	lastLine int // of the document; 0 = not known
}

// field is one key of a mapping: how it is read, and whether it must be there.
type field struct {
	key      string
	required bool
	read     func(n *yaml.Node, path string)
}

// fail records a problem at the node.
func (f *fields) fail(n *yaml.Node, path, format string, args ...any) {
	if f.full() {
		return
	}
	p := Problem{File: f.file, Line: n.Line, Column: n.Column, Field: path, Rule: fmt.Sprintf(format, args...)}
	if f.lastLine > 0 && p.Line > f.lastLine {
		// What the YAML library finds missing at the end stands, to it, on a line after the last.
		p.Line, p.Column = f.lastLine, 0
	}
	f.problems = append(f.problems, p)
}

// full tells whether further problems would only be counted; it spares the search for what was meant. It counts one.
func (f *fields) full() bool {
	if len(f.problems) < maxProblems {
		return false
	}
	f.dropped++
	return true
}

// count is how many problems were met so far.
func (f *fields) count() int { return len(f.problems) + f.dropped }

// err sorts the problems and returns them; nil when there are none.
func (f *fields) err() error {
	f.problems.Sort()
	if f.dropped > 0 {
		f.problems = append(f.problems, Problem{File: f.file, Rule: fmt.Sprintf("%d more problems", f.dropped)})
		f.dropped = 0
	}
	return f.problems.Err()
}

// mapping reads a mapping key by key.
func (f *fields) mapping(n *yaml.Node, path string, known ...field) {
	if n.Kind != yaml.MappingNode {
		f.fail(n, path, "must be a mapping with %s", fieldNames(known))
		return
	}
	seen := make(map[string]bool, len(known))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		if seen[key.Value] {
			f.fail(key, at, "must be given once")
			continue
		}
		seen[key.Value] = true
		k := find(known, key.Value)
		switch {
		case k == nil && f.strict:
			f.fail(key, at, "unknown key; known are %s%s", fieldNames(known), hint(key.Value, keys(known)))
		case k == nil:
		case isNull(value):
			seen[key.Value] = false
		case f.plain(value, at):
			k.read(value, at)
		}
	}
	for _, k := range known {
		if k.required && !seen[k.key] {
			f.fail(n, join(path, k.key), "must be given")
		}
	}
}

// plain refuses YAML aliases: written-out files stay linear in what reading them costs.
func (f *fields) plain(n *yaml.Node, path string) bool {
	if n.Kind == yaml.AliasNode {
		f.fail(n, path, "must be written out: YAML aliases (*%s) are not read", n.Value)
		return false
	}
	return true
}

// object is mapping for the value of a field.
func (f *fields) object(known ...field) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) { f.mapping(n, path, known...) }
}

// list reads a sequence item by item.
func (f *fields) list(n *yaml.Node, path string, read func(n *yaml.Node, path string)) {
	if n.Kind != yaml.SequenceNode {
		f.fail(n, path, "must be a list")
		return
	}
	for i, item := range n.Content {
		if at := path + "[" + strconv.Itoa(i) + "]"; f.plain(item, at) {
			read(item, at)
		}
	}
}

// scalar returns the text of a scalar.
func (f *fields) scalar(n *yaml.Node, path, what string) (string, bool) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		f.fail(n, path, "must be %s", what)
		return "", false
	}
	return n.Value, true
}

// text reads a non-empty text on one line. Numbers and booleans are taken as written.
func (f *fields) text(dst *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a text")
		if !ok {
			return
		}
		if strings.TrimSpace(s) == "" {
			f.fail(n, path, "must not be empty")
			return
		}
		*dst = s
	}
}

// name reads a text that identifies something: no control characters, bounded length, no blanks at the ends.
func (f *fields) name(dst *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var s string
		if f.text(&s)(n, path); s == "" {
			return
		}
		if rule := nameRule(s); rule != "" {
			f.fail(n, path, "%s", rule)
			return
		}
		*dst = s
	}
}

// maxNameBytes bounds names: they are printed in tables and used as label values.
const maxNameBytes = 512

// nameRule says what a name breaks; "" when it is one.
func nameRule(s string) string {
	switch {
	case len(s) > maxNameBytes:
		return fmt.Sprintf("must be at most %d bytes", maxNameBytes)
	case s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Sprintf("(%q) must have no control characters and no blanks at its ends", s)
	}
	return ""
}

// texts reads a list of texts.
func (f *fields) texts(dst *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		f.list(n, path, func(n *yaml.Node, path string) {
			var s string
			if f.text(&s)(n, path); s != "" {
				*dst = append(*dst, s)
			}
		})
	}
}

// textMap reads a mapping of any keys to texts.
func (f *fields) textMap(dst *map[string]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		f.openMapping(n, path, func(key string, n *yaml.Node, path string) {
			if s, ok := f.scalar(n, path, "a text"); ok {
				put(dst, key, s)
			}
		})
	}
}

// numberMap reads a mapping of any keys to finite numbers of zero or more.
func (f *fields) numberMap(dst *map[string]float64) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		f.openMapping(n, path, func(key string, n *yaml.Node, path string) {
			v := math.NaN()
			if f.number(&v, math.MaxFloat64)(n, path); v >= 0 {
				put(dst, key, v)
			}
		})
	}
}

// openMapping reads a mapping whose keys are the user's.
func (f *fields) openMapping(n *yaml.Node, path string, read func(key string, n *yaml.Node, path string)) {
	if n.Kind != yaml.MappingNode {
		f.fail(n, path, "must be a mapping of names to values")
		return
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || key.Value == "":
			f.fail(key, path, "must have texts as keys")
		case seen[key.Value]:
			f.fail(key, at, "must be given once")
		case f.plain(value, at):
			seen[key.Value] = true
			read(key.Value, value, at)
		}
	}
}

// number reads a finite number from 0 to high.
func (f *fields) number(dst *float64, high float64) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a number")
		if !ok {
			return
		}
		v, err := strconv.ParseFloat(s, 64)
		switch {
		case err != nil || math.IsInf(v, 0) || v != v:
			f.fail(n, path, "(%q) must be a finite number", s)
		case v < 0:
			f.fail(n, path, "(%s) must be at least 0", s)
		case v > high:
			f.fail(n, path, "(%s) must be at most %g", s, high)
		default:
			*dst = v
		}
	}
}

// integer reads a whole number in [low, high].
func (f *fields) integer(dst *int, low, high int) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a whole number")
		if !ok {
			return
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < low || v > high {
			f.fail(n, path, "(%s) must be a whole number from %d to %d", s, low, high)
			return
		}
		*dst = v
	}
}

// truthValue reads true or false.
func (f *fields) truthValue(dst *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "true or false")
		if !ok {
			return
		}
		if s != "true" && s != "false" {
			f.fail(n, path, "(%q) must be true or false", s)
			return
		}
		*dst = s == "true"
	}
}

// moment reads a time: RFC 3339, or Unix seconds. The result is in UTC.
func (f *fields) moment(dst *time.Time) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a time (RFC 3339)")
		if !ok {
			return
		}
		t, err := parseMoment(s)
		if err != nil {
			f.fail(n, path, "(%q) %v", s, err)
			return
		}
		*dst = t
	}
}

// span reads a duration above zero: Prometheus' form (5m, 1d), Go's (1.5s), or a number of seconds.
func (f *fields) span(dst *time.Duration) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a duration")
		if !ok {
			return
		}
		d, err := parseSpan(s)
		switch {
		case err != nil:
			f.fail(n, path, "(%q) must be a duration such as 15s, 5m or 1h", s)
		case d < time.Millisecond:
			f.fail(n, path, "(%s) must be at least 1ms, the resolution of samples", s)
		default:
			*dst = d
		}
	}
}

func parseSpan(s string) (time.Duration, error) {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		if v != v || math.Abs(v) > maxUnixSeconds/1000 {
			return 0, strconv.ErrRange
		}
		return time.Duration(v * float64(time.Second)), nil
	}
	if d, err := prom.ParseDuration(s); err == nil {
		return time.Duration(d), nil
	}
	return time.ParseDuration(s)
}

// maxUnixSeconds is the end of the year 9999, where RFC 3339 ends too. A time in milliseconds lies beyond it, so that
// the two are never taken for each other.
const maxUnixSeconds = 253402300799

func parseMoment(s string) (time.Time, error) {
	if v, err := strconv.ParseFloat(s, 64); err == nil {
		if !(v >= 0 && v <= maxUnixSeconds) {
			return time.Time{}, fmt.Errorf("must be Unix seconds from 0 to %d (milliseconds are not taken)", int64(maxUnixSeconds))
		}
		return time.UnixMilli(int64(math.Round(v * 1000))).UTC(), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("must be a time in RFC 3339, such as 2006-01-02T15:04:05Z")
	}
	if t.Unix() < 0 {
		return time.Time{}, fmt.Errorf("must not be before 1970")
	}
	return t.UTC(), nil
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func put[V any](dst *map[string]V, key string, v V) {
	if *dst == nil {
		*dst = map[string]V{}
	}
	(*dst)[key] = v
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func find(known []field, key string) *field {
	for i := range known {
		if known[i].key == key {
			return &known[i]
		}
	}
	return nil
}

func keys(known []field) []string {
	out := make([]string, len(known))
	for i, k := range known {
		out[i] = k.key
	}
	return out
}

func fieldNames(known []field) string { return strings.Join(keys(known), ", ") }
