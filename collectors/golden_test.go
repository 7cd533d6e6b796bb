package collectors

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden errors")

// brokenDir holds one broken file a case, each with its golden error beside it.
const brokenDir = "../testdata/broken"

// golden compares got with the file, or rewrites it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; rewrite with -update):\n%s", file, diff)
	}
}

func TestBrokenFiles(t *testing.T) {
	kinds := []struct {
		dir, ext string
		min      int
		parse    func(file string, data []byte) error
	}{
		{"topologies", ".yaml", 15, func(f string, b []byte) error { _, err := ParseTopology(f, b); return err }},
		{"changes", ".jsonl", 5, func(f string, b []byte) error { _, err := ParseChanges(f, b); return err }},
		{"incidents", ".jsonl", 3, func(f string, b []byte) error { _, err := ParseIncidentLines(f, b); return err }},
	}
	for _, k := range kinds {
		files, err := filepath.Glob(filepath.Join(brokenDir, k.dir, "*"+k.ext))
		if err != nil || len(files) < k.min {
			t.Fatalf("%s: %d cases, at least %d expected (%v)", k.dir, len(files), k.min, err)
		}
		for _, file := range files {
			name := filepath.Base(file)
			t.Run(k.dir+"/"+name, func(t *testing.T) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				err = k.parse(name, data)
				if err == nil {
					t.Fatal("accepted")
				}
				golden(t, strings.TrimSuffix(file, k.ext)+".golden", err.Error()+"\n")
			})
		}
	}
}
