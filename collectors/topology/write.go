package topology

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// The words that begin our remarks in a topology file. An entry that has lost its remark is its editor's.
const (
	remarkFound = "found: "
	remarkGuess = "guess: "
	remarkSeen  = "seen: "
	remarkGone  = "gone: "
	remarkNew   = "new: "
)

// preamble begins a new file.
const preamble = `# What there is and what depends on what, as "diagnops init" found it in %s.
# Edit it freely: what you change, add or comment out stays as it is when you run "diagnops init" again. New things are added at
# the end of a list, what is not seen any more is marked "gone". "guess" stands where the metrics suggest a dependency and do not
# prove it: delete the remark when it is right, comment the line out when it is wrong. What is commented out from the start is
# less likely still.
`

// fresh writes a topology file.
func fresh(d *Discovered, source string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, preamble, remark(source))
	b.WriteString("version: 1\ncomponents:\n")
	for i := range d.Components {
		b.WriteString(componentLine(&d.Components[i]) + "\n")
	}
	b.WriteString("dependencies: # the dependent first\n")
	for _, line := range edgeLines(d.Edges) {
		b.WriteString(line + "\n")
	}
	for _, line := range openLines(d.Open) {
		b.WriteString(line + "\n")
	}
	return []byte(b.String())
}

// componentLine is a component as an entry on one line.
func componentLine(c *Component) string {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	put := func(key string, value *yaml.Node) { n.Content = append(n.Content, text(key), value) }
	put("name", text(c.Name))
	if c.Kind != "" {
		put("kind", text(c.Kind))
	}
	if len(c.Aliases) > 0 {
		put("aliases", texts(c.Aliases))
	}
	if len(c.Selector) > 0 {
		put("selector", textMap(c.Selector))
	}
	if len(c.Domain) > 0 {
		put("domain", textMap(c.Domain))
	}
	if c.Replicas > 1 {
		put("replicas", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(c.Replicas)})
	}
	return "- " + oneLine(n) + " # " + remarkFound + remark(c.Found)
}

// edgeLines are the edges as entries: first what is sure, then guesses, then what is not said.
func edgeLines(edges []Edge) []string {
	var sure, unsure []string
	for i := range edges {
		if line := edgeLine(&edges[i]); edges[i].Confidence >= Likely {
			sure = append(sure, line)
		} else {
			unsure = append(unsure, line)
		}
	}
	return append(sure, unsure...)
}

// edgeLine is an edge as an entry on one line, commented out when it is not likely.
func edgeLine(e *Edge) string {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, kv := range [][2]string{{"from", e.From}, {"to", e.To}, {"kind", string(e.Kind)}, {"source", e.Source}} {
		n.Content = append(n.Content, text(kv[0]), text(kv[1]))
	}
	confidence := strconv.FormatFloat(e.Confidence, 'g', 2, 64)
	n.Content = append(n.Content, text("confidence"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: confidence})
	line := "- " + oneLine(n) + " # "
	switch {
	case e.Confidence >= Certain:
		return line + remarkSeen + remark(e.Why)
	case e.Confidence >= Likely:
		return line + remarkGuess + remark(e.Why+"; to confirm: "+e.Confirm)
	}
	return "#" + line + "unsure: " + remark(e.Why+"; to confirm: "+e.Confirm)
}

// openLines are the questions that stay open.
func openLines(open []string) []string {
	out := make([]string, len(open))
	for i, s := range open {
		out[i] = "# open: " + remark(s)
	}
	return out
}

// remark puts a text on one line of characters that YAML allows.
func remark(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
}

func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	n.Style = 0
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) { // else some would break the line
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func texts(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range list {
		n.Content = append(n.Content, text(s))
	}
	return n
}

func textMap(m map[string]string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		n.Content = append(n.Content, text(k), text(m[k]))
	}
	return n
}

// oneLine writes a node in flow style.
func oneLine(n *yaml.Node) string {
	out, err := yaml.Marshal(n)
	if err != nil {
		panic("BUG: writing YAML: " + err.Error())
	}
	return strings.TrimSpace(string(out))
}

// ends is what identifies a dependency in a file.
func ends(d model.Dependency) edgeKey { return edgeKey{d.From, d.To, d.Kind} }
