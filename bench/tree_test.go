package bench

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// topLevel is all that may stand there beside dotfiles.
var topLevel = []string{
	"cmd", "engine", "rules", "collectors", "testdata", "bench", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE",
	"CHANGELOG.md", "CONTRIBUTING.md",
}

// products are what builds and profiled tests leave behind, as path.Match patterns; .gitignore keeps them out of commits.
var products = []string{"bin", "diagnops", "*.test", "*.prof"}

func TestTopLevel(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, ".") && !slices.Contains(topLevel, name) && !matchAny(products, name) {
			t.Errorf("%s has no place at the top level", name)
		}
	}
}

const (
	maxLines       = 400 // what a reader still sees as one thing
	maxCommandFile = 250 // a sub-command only joins flags and packages
)

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for name, data := range sources(t) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		most := maxLines
		if strings.HasPrefix(name, "cmd/") {
			most = maxCommandFile
		}
		if n := bytes.Count(data, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, at most %d are allowed", name, n, most)
		}
	}
}

// maxSource is the size from which a file is data, not something a person wrote.
const maxSource = 1 << 20

// sources reads every text file of the repository that a person may have written, by slash path from its root.
func sources(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(file, ".."+string(filepath.Separator)))
		if d.IsDir() {
			if name == ".git" || name == ".cache" || name == "bench/out" || slices.Contains(products, name) {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if bytes.IndexByte(data[:min(len(data), 8000)], 0) < 0 { // as git tells text from binary
			out[name] = data
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
