package rules

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/diagnops/diagnops/engine/model"
)

//go:embed packs/*.yaml
var embedded embed.FS

// maxPackBytes bounds a pack file: the largest of ours is 30 KB, and what is a hundred times that is not a pack.
const maxPackBytes = 4 << 20

// hashLength is the number of hex digits of Hash: enough that two rule sets of one team never share one.
const hashLength = 12

// Set is the loaded rules: signal packs and fault knowledge. It does not change after Load and is safe to read from
// many goroutines.
type Set struct {
	packs   []Pack  // by falling priority, then name
	faults  []Fault // by name
	weights model.Weights
	// exemptions in the order of the layers and files.
	exemptions []Exemption
	hash       string

	mu        sync.Mutex
	templates map[templateKey]*template // guarded by mu; see (*Set).template
}

// Default returns the rules that come with the program. The set is built once and shared.
var Default = sync.OnceValue(func() *Set {
	set, err := Load(DefaultFS())
	if err != nil {
		panic("BUG: embedded rule packs: " + err.Error())
	}
	return set
})

// DefaultFS returns the files of the rules that come with the program, to be given to Load before a user's own.
func DefaultFS() fs.FS {
	sub, err := fs.Sub(embedded, "packs")
	if err != nil {
		panic("BUG: embedded rule packs: " + err.Error())
	}
	return sub
}

// dirFS is a directory whose problems are reported with its path.
type dirFS struct {
	fs.FS
	dir string
}

// String is what the file names of its problems begin with.
func (d dirFS) String() string { return d.dir }

// Dir returns a directory of packs on disk; problems in its files are reported with the directory's path.
func Dir(dir string) fs.FS { return dirFS{FS: os.DirFS(dir), dir: dir} }

// TestsDir is the name of folders beside packs in which rule tests lie; Load passes over them.
const TestsDir = "tests"

// Load reads every *.yaml and *.yml file below each file system, in order, but for folders named TestsDir. A pack or fault takes the place of one of the
// same name from an earlier file system; twice within one is a problem. Exemptions add up. What is wrong with the content is returned as
// Problems, all at once; then there is no Set.
func Load(fsys ...fs.FS) (*Set, error) {
	l := loader{packs: map[string]Pack{}, faults: map[string]Fault{}, weights: NeutralWeights()}
	for _, fsys := range fsys {
		if err := l.layer(fsys); err != nil {
			return nil, err
		}
	}
	if len(l.problems) > 0 {
		l.problems.sort()
		return nil, l.problems
	}
	return l.set(), nil
}

func (l *loader) set() *Set {
	s := &Set{weights: l.weights, exemptions: l.exemptions, templates: map[templateKey]*template{}}
	for _, p := range l.packs {
		s.packs = append(s.packs, p)
	}
	slices.SortFunc(s.packs, func(a, b Pack) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Name, b.Name))
	})
	for _, f := range l.faults {
		s.faults = append(s.faults, f)
	}
	slices.SortFunc(s.faults, func(a, b Fault) int { return cmp.Compare(a.Name, b.Name) })
	s.hash = s.hashOf()
	return s
}

// hashOf hashes the content, not the bytes: comments, file names and the order of files do not count.
func (s *Set) hashOf() string {
	content, err := json.Marshal(struct {
		Packs      []Pack
		Faults     []Fault
		Weights    model.Weights
		Exemptions []Exemption `json:",omitempty"`
	}{s.packs, s.faults, s.weights, s.exemptions})
	if err != nil {
		panic("BUG: hashing rules: " + err.Error())
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:hashLength]
}

// Hash identifies the rules: the first 12 hex digits of the SHA-256 of their content. A diagnosis carries it, so that
// one can tell which rules gave it.
func (s *Set) Hash() string { return s.hash }

// Packs returns the signal packs in the order in which they are asked: by falling priority, then by name. Not to be
// changed.
func (s *Set) Packs() []Pack { return s.packs }

// Faults returns every fault, by name. Not to be changed.
func (s *Set) Faults() []Fault { return s.faults }

// Weights are the numbers of the ranking.
func (s *Set) Weights() model.Weights { return s.weights }

// Fault returns the fault of that name.
func (s *Set) Fault(name string) (Fault, bool) {
	i, ok := slices.BinarySearchFunc(s.faults, name, func(f Fault, name string) int { return cmp.Compare(f.Name, name) })
	if !ok {
		return Fault{}, false
	}
	return s.faults[i], true
}

type loader struct {
	packs      map[string]Pack
	faults     map[string]Fault
	weights    model.Weights
	exemptions []Exemption
	problems   Problems
}

// layer reads one file system over what came before.
func (l *loader) layer(fsys fs.FS) error {
	prefix := ""
	if named, ok := fsys.(fmt.Stringer); ok {
		prefix = named.String()
	}
	own := definitions{packs: map[string]string{}, faults: map[string]string{}}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == TestsDir {
			return fs.SkipDir
		}
		if ext := path.Ext(name); entry.IsDir() || (ext != ".yaml" && ext != ".yml") {
			return nil
		}
		content, err := readPack(fsys, name)
		if err != nil {
			return err
		}
		l.file(path.Join(prefix, name), content, own)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading rule packs: %w", err)
	}
	return nil
}

func readPack(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	content, err := io.ReadAll(io.LimitReader(f, maxPackBytes+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxPackBytes {
		return nil, fmt.Errorf("%s: must be at most %d bytes", name, maxPackBytes)
	}
	return content, nil
}

// definitions tells where a layer defined what, to find names given twice.
type definitions struct{ packs, faults map[string]string }

// file reads one file: one or more YAML documents, each a pack.
func (l *loader) file(name string, content []byte, own definitions) {
	r := &reader{file: name, lines: strings.Split(string(content), "\n"), problems: &l.problems}
	dec := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.syntaxProblem(err)
			return
		}
		if len(doc.Content) == 0 || isNull(doc.Content[0]) {
			continue
		}
		read := r.document(doc.Content[0], &l.weights)
		if pack := read.pack; len(pack.Signals)+len(pack.Changes) > 0 {
			define(r, doc.Content[0], own.packs, "pack", pack.Name)
			l.packs[pack.Name] = pack
		}
		l.exemptions = append(l.exemptions, read.exemptions...)
		for _, f := range read.faults {
			define(r, f.node, own.faults, "fault", f.Name)
			l.faults[f.Name] = f.Fault
		}
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// define notes where the current layer defines a name.
func define(r *reader, n *yaml.Node, own map[string]string, what, name string) {
	if first, twice := own[name]; twice && name != "" {
		r.problem(n, what, "(%q) is already defined at %s", name, first)
	}
	own[name] = fmt.Sprintf("%s:%d", r.file, n.Line)
}
