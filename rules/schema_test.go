package rules_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/rules"
)

// A format is a JSON Schema for editors, and the reader that decides.
type format struct {
	schema string
	read   func(text []byte) error
	base   string   // a document in which everything that is read only after something else is there
	files  []string // patterns of what must be valid
}

var formats = map[string]format{
	"packs": {
		schema: "schema/pack.schema.json",
		read: func(text []byte) error {
			_, err := rules.Load(fstest.MapFS{"pack.yaml": {Data: text}})
			return err
		},
		base:  "{version: 1, name: base}",
		files: []string{"packs/*.yaml"},
	},
	"tests": {
		schema: "schema/rule-tests.schema.json",
		read: func(text []byte) error {
			_, err := collectors.ParseRuleTests("tests.yaml", text)
			return err
		},
		base: `{version: 1, tests: [{
			name: base, interval: 15s, topology: {components: [{name: a}, {name: b}], dependencies: [{from: a, to: b}]},
			symptom: {component: a, from: 5m}, input_series: [{series: up, values: 1x60}],
			changes: [{at: 1m, kind: deploy, component: a, title: t}], expect: [{component: a}]}]}`,
		files: []string{"packs/tests/*.yaml"},
	},
}

func readSchema(t *testing.T, file string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return schema
}

// TestShippedFilesFitTheSchema: what the reader takes, an editor does not underline.
func TestShippedFilesFitTheSchema(t *testing.T) {
	for name, f := range formats {
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(name, readSchema(t, f.schema)); err != nil {
			t.Fatal(err)
		}
		schema, err := compiler.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, pattern := range f.files {
			files, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				for i, doc := range documents(t, file) {
					checked++
					if err := schema.Validate(doc); err != nil {
						t.Errorf("%s, document %d: %v", file, i+1, err)
					}
				}
			}
		}
		if checked == 0 {
			t.Errorf("no %s found", name)
		}
		if schema.Validate(map[string]any{"version": 2.0, "name": "x"}) == nil {
			t.Errorf("the schema of %s takes everything", name)
		}
	}
}

// documents reads the YAML documents of a file the way that JSON knows them.
func documents(t *testing.T, file string) []any {
	t.Helper()
	text, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close() //nolint:errcheck // nothing was written
	var out []any
	for dec := yaml.NewDecoder(text); ; {
		var doc any
		if dec.Decode(&doc) != nil {
			return out
		}
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		out = append(out, doc)
	}
}

// place is somewhere in a document where the schema names keys, or words.
type place struct {
	path  []any // keys, and 0 for the entry of a list
	known []string
	words bool
}

func (p place) String() string {
	var b strings.Builder
	for _, step := range p.path {
		if key, ok := step.(string); ok {
			b.WriteString("." + key)
		} else {
			b.WriteString("[0]")
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

// places walks a schema.
func places(schema, node map[string]any, path []any, into *[]place) {
	if ref, ok := node["$ref"].(string); ok {
		node = schema["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	if words, ok := node["enum"].([]any); ok {
		p := place{path: slices.Clone(path), words: true}
		for _, w := range words {
			p.known = append(p.known, w.(string))
		}
		*into = append(*into, p)
	}
	if items, ok := node["items"].(map[string]any); ok {
		places(schema, items, append(slices.Clone(path), 0), into)
	}
	properties, ok := node["properties"].(map[string]any)
	if !ok {
		return
	}
	keys := slices.Sorted(maps.Keys(properties))
	*into = append(*into, place{path: slices.Clone(path), known: keys})
	for _, key := range keys {
		places(schema, properties[key].(map[string]any), append(slices.Clone(path), key), into)
	}
}

// put sets a value at a place of a document, and returns the document.
func put(doc any, path []any, value any) any {
	if len(path) == 0 {
		return value
	}
	if key, ok := path[0].(string); ok {
		m, ok := doc.(map[string]any)
		if !ok {
			m = map[string]any{}
		}
		m[key] = put(m[key], path[1:], value)
		return m
	}
	list, ok := doc.([]any)
	if !ok {
		list = []any{nil}
	}
	list[0] = put(list[0], path[1:], value)
	return list
}

// nonsense is a key and a word that no format knows.
const nonsense = "zzz"

var (
	knownKeys  = regexp.MustCompile(`unknown key(?:: must be one of|; known are) ([^;\n]*)`)
	knownWords = regexp.MustCompile(`\("` + nonsense + `"\) must be (?:one of )?([^;\n]*)`)
	separators = regexp.MustCompile(`, | or `)
)

// TestSchemasKnowWhatTheReadersKnow puts nonsense in every place that a schema describes: the reader must know the same
// keys and words there.
func TestSchemasKnowWhatTheReadersKnow(t *testing.T) {
	for name, f := range formats {
		schema := readSchema(t, f.schema)
		var all []place
		places(schema, schema, nil, &all)
		if len(all) < 15 {
			t.Fatalf("%s: only %d places found", name, len(all))
		}
		for _, p := range all {
			var doc any
			if err := yaml.Unmarshal([]byte(f.base), &doc); err != nil {
				t.Fatal(err)
			}
			at, told := p.String(), knownWords
			if p.words {
				doc = put(doc, p.path, nonsense)
			} else {
				doc = put(doc, append(slices.Clone(p.path), nonsense), 1)
				at, told = strings.TrimPrefix(at+"."+nonsense, "."), knownKeys
			}
			got, err := learn(f, doc, at, told)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			want := slices.Sorted(slices.Values(p.known))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s: what the schema (-) and the reader (+) know:\n%s", name, at, diff)
			}
		}
	}
}

// learn reads out of what a reader says of a place what it knows there.
func learn(f format, doc any, at string, told *regexp.Regexp) ([]string, error) {
	text, err := yaml.Marshal(doc)
	if err != nil {
		return nil, err
	}
	problems := f.read(text)
	if problems == nil {
		return nil, fmt.Errorf("%s: the reader takes nonsense:\n%s", at, text)
	}
	for line := range strings.Lines(problems.Error()) {
		if m := told.FindStringSubmatch(line); m != nil && (strings.Contains(line, " "+at+" ") || strings.Contains(line, " "+at+": ")) {
			return slices.Sorted(slices.Values(separators.Split(m[1], -1))), nil
		}
	}
	return nil, fmt.Errorf("%s: of this the reader does not tell what it knows there:\n%s\n%w", at, text, problems)
}
