package scenarios

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the bundles of testdata/scenarios")

// committed is where the scenarios lie as bundles.
const committed = "../../../testdata/scenarios"

// handwritten are the files of a scenario that are not made from its script.
var handwritten = []string{"expect.yaml", "answer.golden"}

// TestCommitted: what lies in testdata is what the scripts tell, byte for byte.
func TestCommitted(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range All() {
		names = append(names, s.ID)
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			kept, made := filepath.Join(committed, s.ID), t.TempDir()
			if *update {
				if err := s.WriteBundle(kept); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.WriteBundle(made); err != nil {
				t.Fatal(err)
			}
			files := filesOf(t, made)
			for _, name := range files {
				if !bytes.Equal(read(t, filepath.Join(kept, name)), read(t, filepath.Join(made, name))) {
					t.Errorf("%s is not what its script tells; make scenarios writes it", filepath.Join(kept, name))
				}
			}
			for _, name := range filesOf(t, kept) {
				if !slices.Contains(files, name) && !slices.Contains(handwritten, name) {
					t.Errorf("%s comes from no script", filepath.Join(kept, name))
				}
			}
			if size := len(read(t, filepath.Join(made, "metrics.om.gz"))); size > maxBytes {
				t.Errorf("%d bytes of metrics, at most %d keep the repository small", size, maxBytes)
			}
		})
	}
	for _, name := range filesOf(t, committed) {
		if !slices.Contains(names, name) {
			t.Errorf("%s comes from no script", filepath.Join(committed, name))
		}
	}
}

// maxBytes bounds the metrics of a scenario.
const maxBytes = 200_000

func filesOf(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
