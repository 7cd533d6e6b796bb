package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// The files of a bundle. truth.yaml is named in truth.go alone.
const (
	incidentFile = "incident.yaml"
	topologyFile = "topology.yaml"
	changesFile  = "changes.jsonl"
	gzipFile     = "metrics.om.gz"
	textFile     = "metrics.om"
	blocksDir    = "blocks"
)

// Bundle is a recorded incident whose description has been read and checked; its metrics are read by Load.
type Bundle struct {
	// Dir is the folder, as given to Open; "" when opened from a file system.
	Dir      string
	Incident model.Incident
	Topology *model.Topology
	Changes  []model.Change // sorted by time, then id

	fsys fs.FS
	mu   sync.Mutex
	temp string // copy of blocks/ of a file system that is not on disk; "" = none yet
}

// Open reads and checks the description of the bundle in a folder. Broken files give collectors.Problems, all at once.
func Open(dir string) (*Bundle, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, collectors.Problems{{File: dir, Rule: "no such folder; a bundle is a folder with " + incidentFile}}
	case err != nil:
		return nil, fmt.Errorf("opening bundle: %w", err)
	case !info.IsDir():
		return nil, collectors.Problems{{File: dir, Rule: "must be a folder with " + incidentFile}}
	}
	return open(&Bundle{Dir: dir, fsys: os.DirFS(dir)})
}

// OpenFS reads and checks the description of the bundle at the root of a file system, such as an embedded one. Close the
// bundle to remove the copies that loading TSDB blocks leaves in the folder for temporary files.
func OpenFS(fsys fs.FS) (*Bundle, error) { return open(&Bundle{fsys: fsys}) }

func open(b *Bundle) (*Bundle, error) {
	var problems collectors.Problems
	keep := func(err error) error {
		var ps collectors.Problems
		if errors.As(err, &ps) {
			problems = append(problems, ps...)
			return nil
		}
		return err
	}
	incident, err := b.readDescription(keep)
	if err != nil {
		return nil, err
	}
	if len(problems) == 0 {
		problems = b.resolveSymptom(incident)
	}
	if !b.hasMetrics() {
		problems = append(problems, collectors.Problem{
			File: b.path(gzipFile), Rule: fmt.Sprintf("must exist, or %s, or %s/ with TSDB blocks", textFile, blocksDir),
		})
	}
	problems.Sort()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return b, nil
}

// readDescription reads the hand-written files and returns the text of incident.yaml. keep takes in problems and hands
// back any other error.
func (b *Bundle) readDescription(keep func(error) error) (incident []byte, err error) {
	incident, err = b.read(incidentFile, true)
	if err == nil {
		b.Incident, err = collectors.ParseIncident(b.path(incidentFile), incident)
	}
	if err := keep(err); err != nil {
		return nil, err
	}
	text, err := b.read(topologyFile, true)
	if err == nil {
		b.Topology, err = collectors.ParseTopology(b.path(topologyFile), text)
	}
	if err := keep(err); err != nil {
		return nil, err
	}
	text, err = b.read(changesFile, false)
	if err == nil && text != nil {
		b.Changes, err = collectors.ParseChanges(b.path(changesFile), text)
	}
	return incident, keep(err)
}

// resolveSymptom replaces an alias of the symptom's component by its name; a component that the topology does not have
// is a problem.
func (b *Bundle) resolveSymptom(incident []byte) collectors.Problems {
	s := &b.Incident.Symptom
	if s.Component == "" {
		return nil
	}
	if c := b.Topology.Find(s.Component); c != nil {
		s.Component = c.Name
		return nil
	}
	const field = "symptom.component"
	line, column := collectors.Locate(incident, field)
	rule := fmt.Sprintf("(%q) must be a component of %s", s.Component, topologyFile)
	if near, ok := collectors.Nearest(s.Component, collectors.CallNames(b.Topology)); ok {
		rule += fmt.Sprintf("; did you mean %q?", near)
	}
	return collectors.Problems{{File: b.path(incidentFile), Line: line, Column: column, Field: field, Rule: rule}}
}

// read returns a file's bytes; a missing one is a problem if required, else nil bytes.
func (b *Bundle) read(name string, required bool) ([]byte, error) {
	data, err := fs.ReadFile(b.fsys, name)
	switch {
	case err == nil:
		return data, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("reading %s: %w", b.path(name), err)
	case required:
		return nil, collectors.Problems{{File: b.path(name), Rule: "must exist"}}
	default:
		return nil, nil
	}
}

func (b *Bundle) hasMetrics() bool {
	return slices.ContainsFunc([]string{gzipFile, textFile, blocksDir}, func(name string) bool {
		_, err := fs.Stat(b.fsys, name)
		return err == nil
	})
}

// path is a file's name for messages.
func (b *Bundle) path(name string) string {
	return filepath.Join(b.Dir, filepath.FromSlash(name))
}

// Close removes what Load may have copied. It may be called more than once.
func (b *Bundle) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.temp == "" {
		return nil
	}
	dir := b.temp
	b.temp = ""
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("removing the copy of %s: %w", blocksDir, err)
	}
	return nil
}

// Find returns every bundle at or below the paths, sorted, each once: the folders that hold an incident.yaml. A path may
// also be such a file. Folders below a bundle, and those whose name begins with a dot, are not searched. Links below a
// path are not followed.
func Find(paths ...string) ([]string, error) {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("finding bundles: %w", err)
		}
		if !info.IsDir() {
			if filepath.Base(path) != incidentFile {
				return nil, fmt.Errorf("finding bundles: %s must be a folder or an %s", path, incidentFile)
			}
			out = append(out, filepath.Dir(path))
			continue
		}
		found, err := findBelow(path)
		if err != nil {
			return nil, fmt.Errorf("finding bundles: %w", err)
		}
		out = append(out, found...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func findBelow(path string) (out []string, err error) {
	fsys := os.DirFS(path)
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if name != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if info, err := fs.Stat(fsys, filepath.ToSlash(filepath.Join(name, incidentFile))); err == nil && !info.IsDir() {
			out = append(out, filepath.Join(path, filepath.FromSlash(name)))
			return fs.SkipDir
		}
		return nil
	})
	return out, err
}
