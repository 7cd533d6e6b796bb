package topology

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// Changed is what Merge did to a file.
type Changed struct {
	NewComponents, NewEdges   int
	GoneComponents, GoneEdges int
	Back                      int // what was marked gone and is seen again
	// Differs are facts in which the file and what was found differ; the file's stand.
	Differs []string
}

// Merge writes what was discovered into the topology file called file, of which data is the content, empty for a new one.
// Everything in the file stays as it is, byte for byte; entries are added at the end of their lists, and a line is put above
// those that Merge once wrote and that are not seen any more, unless what was discovered is partial. What stands commented out as an entry is not added again. When
// nothing is new, the result is data. The error is that of the file (collectors.Problems), or says that a list is not
// written in a way that entries can be added to.
func Merge(file string, data []byte, d *Discovered, source string, day time.Time) ([]byte, *Changed, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		out := fresh(d, source)
		if _, err := collectors.ParseTopology(file, out); err != nil {
			return nil, nil, fmt.Errorf("BUG: what is written can not be read: %w", err)
		}
		return out, &Changed{NewComponents: len(d.Components), NewEdges: countLikely(d.Edges)}, nil
	}
	topo, err := collectors.ParseTopology(file, data)
	if err != nil {
		return nil, nil, err
	}
	m, err := newMerger(file, data, topo)
	if err != nil {
		return nil, nil, err
	}
	m.day, m.partial = day.Format(time.DateOnly), d.Partial
	m.components(d.Components)
	m.edges(d.Edges)
	m.questions(d.Open)
	out := m.write()
	if _, err := collectors.ParseTopology(file, out); err != nil {
		return nil, nil, fmt.Errorf("%s: entries can not be added as it is written: %w", file, err)
	}
	return out, &m.changed, nil
}

func countLikely(edges []Edge) (n int) {
	for i := range edges {
		if edges[i].Confidence >= Likely {
			n++
		}
	}
	return n
}

// merger edits a file line by line: what a person wrote is never written anew.
type merger struct {
	topo    *model.Topology
	lines   []string
	day     string
	partial bool // what is not seen may be there
	changed Changed

	// declined are entries that stand commented out: names of components, and ends of dependencies.
	declined     map[string]bool
	declinedEnds map[edgeKey]bool

	sections map[string]section
	called   map[string]string // a discovered component's name in the file; absent = it is not in it
	above    map[int][]string  // lines to put above a line
	drop     map[int]bool      // lines to leave out
}

// section is one of the file's lists.
type section struct {
	items []*yaml.Node
	end   int // the line behind the list's last, from 0
	ident string
}

// otherBreaks are characters at which YAML begins a new line beside the usual ones.
const otherBreaks = "\r\u0085\u2028\u2029"

func newMerger(file string, data []byte, topo *model.Topology) (*merger, error) {
	if strings.ContainsAny(strings.ReplaceAll(string(data), "\r\n", ""), otherBreaks) {
		return nil, fmt.Errorf("%s: must have no line breaks but those of Unix or Windows, to be added to", file)
	}
	m := &merger{
		topo: topo, lines: strings.Split(string(data), "\n"), sections: map[string]section{},
		declined: map[string]bool{}, declinedEnds: map[edgeKey]bool{},
		called: map[string]string{}, above: map[int][]string{}, drop: map[int]bool{},
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err) // ParseTopology read it before
	}
	root := doc.Content[0]
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, list := root.Content[i], root.Content[i+1]
		if key.Value != "components" && key.Value != "dependencies" {
			continue
		}
		if root.Style&yaml.FlowStyle != 0 || list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle != 0 && len(list.Content) > 0 {
			return nil, fmt.Errorf("%s:%d: %s must be a list with an entry a line, to be added to", file, list.Line, key.Value)
		}
		next := len(m.lines)
		if i+2 < len(root.Content) {
			next = root.Content[i+2].Line - 1
		}
		m.sections[key.Value] = m.section(key, list, next)
	}
	m.findDeclined()
	return m, nil
}

// section finds where a list ends: before the blank lines and remarks that lead to the next key.
func (m *merger) section(key, list *yaml.Node, next int) section {
	s := section{items: list.Content, end: next}
	for s.end > key.Line {
		line := strings.TrimSpace(m.lines[s.end-1])
		if line != "" && (!strings.HasPrefix(line, "#") || isEntry(line)) {
			break
		}
		s.end--
	}
	if len(list.Content) > 0 {
		s.ident = strings.Repeat(" ", max(list.Column-1, 0))
	}
	return s
}

// isEntry tells whether a remark is an entry that is commented out.
func isEntry(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.TrimLeft(line, "#")), "- {")
}

// findDeclined reads the entries that stand commented out.
func (m *merger) findDeclined() {
	for _, line := range m.lines {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "#") || !isEntry(line) {
			continue
		}
		var entry struct {
			Name, From, To string
			Kind           string
		}
		text := strings.TrimPrefix(strings.TrimSpace(strings.TrimLeft(line, "#")), "- ")
		if yaml.Unmarshal([]byte(text), &entry) != nil {
			continue // a remark that looks like an entry
		}
		if entry.Name != "" {
			m.declined[entry.Name] = true
		}
		if kind, err := model.ParseDependencyKind(entry.Kind); err == nil && entry.From != "" {
			m.declinedEnds[edgeKey{entry.From, entry.To, kind}] = true
		}
	}
}

// components matches what was found with the file's, adds what is new and marks what is gone.
func (m *merger) components(found []Component) {
	seen := map[string]bool{}
	var fresh []*Component
	for i := range found {
		c := &found[i]
		old := m.same(c)
		switch {
		case old != nil:
			m.called[c.Name] = old.Name
			seen[old.Name] = true
			m.compare(old, c)
		case !m.declined[c.Name]:
			fresh = append(fresh, c)
			m.called[c.Name] = c.Name
		}
	}
	taken := map[string]bool{}
	for _, n := range collectors.CallNames(m.topo) {
		taken[strings.ToLower(n)] = true
	}
	var lines []string
	for _, c := range fresh {
		own := *c
		own.Aliases = slices.DeleteFunc(slices.Clone(c.Aliases), func(a string) bool { return taken[strings.ToLower(a)] })
		lines = append(lines, componentLine(&own))
	}
	m.changed.NewComponents = len(lines)
	m.add("components", lines)
	m.mark("components", []string{remarkFound}, &m.changed.GoneComponents, func(i int) bool { return seen[m.topo.Components[i].Name] })
}

// same is the file's component that a found one is: by name, by alias, or because it selects the same series.
func (m *merger) same(c *Component) *model.Component {
	if old := m.topo.Find(c.Name); old != nil {
		return old
	}
	for i := range m.topo.Components {
		old := &m.topo.Components[i]
		if len(c.Selector) > 0 && maps.Equal(old.Selector, c.Selector) && old.Kind == c.Kind {
			return old
		}
	}
	return nil
}

// compare notes in what the file differs from what was found.
func (m *merger) compare(old *model.Component, c *Component) {
	note := func(field string, has, found any) {
		m.changed.Differs = append(m.changed.Differs, fmt.Sprintf("%s: %s is %v in the file, found %v", old.Name, field, has, found))
	}
	if c.Kind != old.Kind {
		note("kind", old.Kind, c.Kind)
	}
	if len(c.Selector) > 0 && !maps.Equal(old.Selector, c.Selector) {
		note("selector", old.Selector, c.Selector)
	}
	if c.Replicas > 0 && old.Replicas != c.Replicas {
		note("replicas", old.Replicas, c.Replicas)
	}
}

// edges adds what is new and marks what is gone.
func (m *merger) edges(found []Edge) {
	seen, known := map[edgeKey]bool{}, map[edgeKey]bool{}
	for _, d := range m.topo.Dependencies {
		known[ends(d)] = true
	}
	var fresh []Edge
	for _, e := range found {
		var ok bool
		if e.From, ok = m.called[e.From]; !ok {
			continue
		}
		if e.To, ok = m.called[e.To]; !ok {
			continue
		}
		key := ends(e.Dependency)
		seen[key] = true
		if !known[key] && !m.declinedEnds[key] && e.From != e.To {
			known[key] = true
			fresh = append(fresh, e)
		}
	}
	m.changed.NewEdges = countLikely(fresh)
	m.add("dependencies", edgeLines(fresh))
	m.mark("dependencies", []string{remarkSeen, remarkGuess}, &m.changed.GoneEdges, func(i int) bool { return seen[ends(m.topo.Dependencies[i])] })
}

// questions adds what is asked for the first time.
func (m *merger) questions(open []string) {
	var lines []string
	for _, line := range openLines(open) {
		if !slices.ContainsFunc(m.lines, func(l string) bool { return strings.TrimSpace(l) == line }) {
			lines = append(lines, line)
		}
	}
	if s, ok := m.sections["dependencies"]; ok && len(lines) > 0 {
		m.above[s.end] = append(m.above[s.end], lines...)
	}
}

// add puts lines at the end of a list; a file without the list gets one at its end.
func (m *merger) add(list string, lines []string) {
	if len(lines) == 0 {
		return
	}
	s, ok := m.sections[list]
	if !ok {
		for len(m.lines) > 0 && m.lines[len(m.lines)-1] == "" {
			m.lines = m.lines[:len(m.lines)-1]
		}
		m.lines = append(m.lines, list+":", "")
		s = section{end: len(m.lines) - 1}
		m.sections[list] = s
	}
	m.above[s.end] = append(m.above[s.end], s.ident+"# "+remarkNew+m.day)
	for _, line := range lines {
		m.above[s.end] = append(m.above[s.end], s.ident+line)
	}
}

// mark puts a line above the entries that we wrote and that are gone, and takes it away from those that are back.
func (m *merger) mark(list string, ours []string, gone *int, seen func(i int) bool) {
	s := m.sections[list]
	for i, item := range s.items {
		at := item.Line - 1
		marked := at > 0 && strings.HasPrefix(strings.TrimSpace(m.lines[at-1]), "# "+remarkGone)
		isOurs := slices.ContainsFunc(ours, func(word string) bool { return strings.Contains(m.lines[at], " # "+word) })
		switch {
		case seen(i) && marked:
			m.drop[at-1] = true
			m.changed.Back++
		case !seen(i) && isOurs && !marked && !m.partial:
			m.above[at] = append(m.above[at], s.ident+"# "+remarkGone+"not seen on "+m.day+"; delete the entry if that is meant")
			*gone++
		}
	}
}

// write puts the lines together.
func (m *merger) write() []byte {
	var b strings.Builder
	if last := len(m.lines); len(m.above[last]) > 0 { // the last line has no end
		m.lines = append(m.lines, "")
	}
	for i := 0; i <= len(m.lines); i++ {
		for _, line := range m.above[i] {
			b.WriteString(line)
			b.WriteByte('\n')
		}
		if i == len(m.lines) || m.drop[i] {
			continue
		}
		b.WriteString(m.lines[i])
		if i < len(m.lines)-1 {
			b.WriteByte('\n')
		}
	}
	return []byte(b.String())
}
