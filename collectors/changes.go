package collectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// maxLinesBytes bounds a file of JSON lines: a million changes of usual length.
	maxLinesBytes = 256 << 20
	// maxLineBytes bounds one line: release notes are the only long field, and nobody reads a megabyte of them.
	maxLineBytes = 1 << 20
)

// ParseChanges reads change events, one JSON object a line. Blank lines and unknown fields are passed over. A change
// must have at, kind, component or labels, and title or id; one without an id is given one made from its content, so
// that it has the same in every run. The same event written twice is taken once; one id for two different events is a
// problem. The result is sorted by time, then id. The error is Problems.
func ParseChanges(file string, data []byte) ([]model.Change, error) {
	f := &fields{file: file}
	var out []model.Change
	seen := map[string]seenChange{}
	f.lines(data, func(root *yaml.Node) {
		c, ok := f.change(root, "")
		if !ok {
			return
		}
		first, known := seen[c.ID]
		switch {
		case !known:
			seen[c.ID] = seenChange{len(out), root.Line}
			out = append(out, c)
		case !reflect.DeepEqual(out[first.index], c):
			f.fail(child(root, "id"), "id", "(%q) must be unique; another change on line %d has it", c.ID, first.line)
		}
	})
	if err := f.err(); err != nil {
		return nil, err
	}
	sortChanges(out)
	return out, nil
}

type seenChange struct{ index, line int }

func sortChanges(list []model.Change) {
	slices.SortStableFunc(list, func(a, b model.Change) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
}

// lines parses one JSON object a line and hands on each.
func (f *fields) lines(data []byte, read func(root *yaml.Node)) {
	if len(data) > maxLinesBytes {
		f.fail(&yaml.Node{}, "", "must be at most %d bytes", maxLinesBytes)
		return
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
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

// change reads one change event; ok is false when it has a problem.
func (f *fields) change(n *yaml.Node, path string) (c model.Change, ok bool) {
	return f.changeAt(n, path, f.moment)
}

// changeAt reads one change event whose time is written in a way of its own.
func (f *fields) changeAt(n *yaml.Node, path string, moment func(*time.Time) func(*yaml.Node, string)) (c model.Change, ok bool) {
	before := len(f.problems) + f.dropped
	f.mapping(n, path,
		field{"at", true, moment(&c.At)},
		field{"kind", true, f.changeKind(&c.Kind)},
		field{"component", false, f.name(&c.Component)},
		field{"instances", false, f.texts(&c.Instances)},
		field{"id", false, f.name(&c.ID)},
		field{"title", false, f.text(&c.Title)},
		field{"from", false, f.textOrEmpty(&c.From)},
		field{"to", false, f.textOrEmpty(&c.To)},
		field{"author_team", false, f.textOrEmpty(&c.AuthorTeam)},
		field{"link", false, f.textOrEmpty(&c.Link)},
		field{"notes", false, f.textOrEmpty(&c.Notes)},
		field{"labels", false, f.textMap(&c.Labels)},
	)
	if n.Kind == yaml.MappingNode {
		if child(n, "component") == nil && child(n, "labels") == nil {
			f.fail(n, join(path, "component"), "must be given, or labels")
		}
		if child(n, "title") == nil && child(n, "id") == nil {
			f.fail(n, join(path, "title"), "must be given, or id")
		}
	}
	if len(f.problems)+f.dropped > before {
		return c, false
	}
	if c.ID == "" {
		c.ID = contentID(c)
	}
	return c, true
}

// textOrEmpty reads a text that may be empty: programs write all their fields.
func (f *fields) textOrEmpty(dst *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if s, ok := f.scalar(n, path, "a text"); ok {
			*dst = s
		}
	}
}

func (f *fields) changeKind(dst *model.ChangeKind) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := f.scalar(n, path, "a kind of change")
		if !ok {
			return
		}
		if k := model.ChangeKind(s); slices.Contains(model.ChangeKinds(), k) {
			*dst = k
			return
		}
		f.fail(n, path, "(%q) must be one of %s%s", s, joinWords(model.ChangeKinds()), hint(s, words(model.ChangeKinds())))
	}
}

// contentID derives an id from everything else a change says.
func contentID(c model.Change) string {
	// A struct of times, texts and maps of texts always marshals, and maps are written in the order of their keys.
	b, _ := json.Marshal(c)
	sum := sha256.Sum256(b)
	return string(c.Kind) + "-" + hex.EncodeToString(sum[:6])
}
