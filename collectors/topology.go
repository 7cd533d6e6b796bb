package collectors

import (
	"fmt"
	"math"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

// fileVersion is the only version of topology.yaml and incident.yaml there has been.
const fileVersion = 1

// sourceTopology is the Source of edges and signals that a topology file gives.
const sourceTopology = "topology"

// ParseTopology reads a topology.yaml. It is strict: unknown keys, names given twice, edges to components that do not
// exist and expressions that are no PromQL are all reported at once, as Problems. Components, dependencies and signals
// keep the order of the file; the ends of a dependency given by alias are replaced by the component's name.
func ParseTopology(file string, data []byte) (*model.Topology, error) {
	r := topologyReader{fields: &fields{file: file, strict: true}, source: data, topo: &model.Topology{}}
	if root := r.document(data); root != nil {
		r.read(root)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.topo, nil
}

// topologyReader keeps, beside the topology, where each part stood, for rules that span several parts.
type topologyReader struct {
	*fields
	source []byte
	topo   *model.Topology
	path   string                // of the topology within another file, which has the version; "" = its own
	names  map[string]*yaml.Node // component name -> its name's node
	called map[string]string     // alias in lower case -> component name
}

func (r *topologyReader) read(root *yaml.Node) {
	var components, dependencies, signals *yaml.Node
	later := func(dst **yaml.Node) func(*yaml.Node, string) {
		return func(n *yaml.Node, _ string) { *dst = n }
	}
	known := []field{
		{"components", true, later(&components)},
		{"dependencies", false, later(&dependencies)},
		{"signals", false, later(&signals)},
	}
	if r.path == "" {
		known = append([]field{{"version", true, r.version}}, known...)
	}
	r.mapping(root, r.path, known...)
	r.names, r.called = map[string]*yaml.Node{}, map[string]string{}
	if components != nil {
		r.list(components, join(r.path, "components"), r.component)
		if components.Kind == yaml.SequenceNode && len(components.Content) == 0 {
			r.fail(components, join(r.path, "components"), "must have at least one component")
		}
		r.checkAliases(components)
	}
	if dependencies != nil {
		seen := map[model.Dependency]int{}
		r.list(dependencies, join(r.path, "dependencies"), func(n *yaml.Node, path string) { r.dependency(n, path, seen) })
	}
	if signals != nil {
		seen := map[string]int{}
		r.list(signals, join(r.path, "signals"), func(n *yaml.Node, path string) { r.signal(n, path, seen) })
	}
}

// version reads the file's version.
func (f *fields) version(n *yaml.Node, path string) {
	if s, ok := f.scalar(n, path, "1"); ok && s != fmt.Sprint(fileVersion) {
		f.fail(n, path, "(%s) must be %d", s, fileVersion)
	}
}

func (r *topologyReader) component(n *yaml.Node, path string) {
	var c model.Component
	r.mapping(n, path,
		field{"name", true, r.name(&c.Name)},
		field{"kind", false, r.name(&c.Kind)},
		field{"aliases", false, r.nameList(&c.Aliases)},
		field{"selector", false, r.textMap(&c.Selector)},
		field{"domain", false, r.textMap(&c.Domain)},
		field{"replicas", false, r.integer(&c.Replicas, 1, math.MaxInt32)},
		field{"capacity", false, r.numberMap(&c.Capacity)},
		field{"owner", false, r.text(&c.Owner)},
		field{"serves", false, r.texts(&c.Serves)},
	)
	r.topo.Components = append(r.topo.Components, c)
	if c.Name == "" {
		return
	}
	at := child(n, "name")
	if first, ok := r.names[c.Name]; ok {
		r.fail(at, path+".name", "(%q) must be unique; first given on line %d", c.Name, first.Line)
		return
	}
	r.names[c.Name] = at
}

// nameList reads a list of names.
func (f *fields) nameList(dst *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		f.list(n, path, func(n *yaml.Node, path string) {
			var s string
			if f.name(&s)(n, path); s != "" {
				*dst = append(*dst, s)
			}
		})
	}
}

// checkAliases reports aliases that could mean two components. Names and aliases are looked up without regard to letter
// case (model.Component.Called), so they are compared that way here; two names may differ in case alone, since an exact
// name always wins.
func (r *topologyReader) checkAliases(components *yaml.Node) {
	owners := map[string]*yaml.Node{}
	for name, at := range r.names {
		owners[strings.ToLower(name)] = at
	}
	for i, c := range components.Content {
		aliases, name := child(c, "aliases"), child(c, "name")
		if aliases == nil || name == nil || aliases.Kind != yaml.SequenceNode {
			continue
		}
		for j, n := range aliases.Content {
			key := strings.ToLower(n.Value)
			if first, ok := owners[key]; ok {
				r.fail(n, join(r.path, fmt.Sprintf("components[%d].aliases[%d]", i, j)),
					"(%q) must be unique; already taken on line %d", n.Value, first.Line)
				continue
			}
			owners[key] = n
			r.called[key] = name.Value
		}
	}
}

func (r *topologyReader) dependency(n *yaml.Node, path string, seen map[model.Dependency]int) {
	d := model.Dependency{Kind: model.Calls, Source: sourceTopology, Confidence: 1}
	r.mapping(n, path,
		field{"from", true, r.end(&d.From)},
		field{"to", true, r.end(&d.To)},
		field{"kind", false, r.dependencyKind(&d.Kind)},
		field{"source", false, r.name(&d.Source)},
		field{"confidence", false, r.number(&d.Confidence, 1)},
	)
	if d.From == "" || d.To == "" {
		return
	}
	if d.From == d.To {
		r.fail(child(n, "to"), path+".to", "(%q) must be another component than from", d.To)
		return
	}
	key := model.Dependency{From: d.From, To: d.To, Kind: d.Kind}
	if first, ok := seen[key]; ok {
		r.fail(n, path, "%s %s %s must be given once; first on line %d", d.From, d.Kind, d.To, first)
		return
	}
	seen[key] = n.Line
	r.topo.Dependencies = append(r.topo.Dependencies, d)
}

// end reads one end of a dependency: the name of a component, or one of its aliases as written.
func (r *topologyReader) end(dst *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		var s string
		if r.name(&s)(n, path); s == "" {
			return
		}
		if _, ok := r.names[s]; ok {
			*dst = s
			return
		}
		if name, ok := r.called[strings.ToLower(s)]; ok {
			*dst = name
			return
		}
		if !r.full() {
			r.fail(n, path, "unknown component %q%s", s, hint(s, CallNames(r.topo)))
		}
	}
}

// CallNames lists every name and alias of a topology, for Nearest.
func CallNames(t *model.Topology) []string {
	var out []string
	for i := range t.Components {
		out = append(append(out, t.Components[i].Name), t.Components[i].Aliases...)
	}
	return out
}

func (r *topologyReader) dependencyKind(dst *model.DependencyKind) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s, ok := r.scalar(n, path, "a kind of dependency")
		if !ok {
			return
		}
		k, err := model.ParseDependencyKind(s)
		if err != nil {
			r.fail(n, path, "(%q) must be one of %s%s", s, joinWords(model.DependencyKinds()), hint(s, words(model.DependencyKinds())))
			return
		}
		*dst = k
	}
}

// child returns the value of a mapping's key; nil when there is none, or null.
func child(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && !isNull(n.Content[i+1]) {
			return n.Content[i+1]
		}
	}
	return nil
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
