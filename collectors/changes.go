package collectors

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// ParseChanges reads a file of change events as ReadChanges does, and passes over the events that are no changes. The
// result is sorted by time, then id. The error is Problems.
func ParseChanges(file string, data []byte) ([]model.Change, error) {
	told, _, err := ReadChanges(ChangeInput{File: file}, data)
	if err != nil {
		return nil, err
	}
	out := make([]model.Change, len(told))
	for i := range told {
		out[i] = told[i].Change
	}
	SortChanges(out)
	return out, nil
}

// SortChanges orders changes by time, then id.
func SortChanges(list []model.Change) {
	slices.SortStableFunc(list, func(a, b model.Change) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
}

// plainChange reads a change event as contracts.md describes it: at, kind, component or labels, and title or id must be
// given.
func (r *changeReader) plainChange(n *yaml.Node, path string) {
	if c, ok := r.change(n, path); ok {
		r.tell(r.count(), ToldChange{Change: c, Format: FormatJSON})
	}
}

// change reads one change event; ok is false when it has a problem.
func (f *fields) change(n *yaml.Node, path string) (c model.Change, ok bool) {
	return f.changeAt(n, path, f.moment)
}

// changeAt reads one change event whose time is written in a way of its own.
func (f *fields) changeAt(n *yaml.Node, path string, moment func(*time.Time) func(*yaml.Node, string)) (c model.Change, ok bool) {
	before := f.count()
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
	if f.count() > before {
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
