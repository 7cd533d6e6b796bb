package bundle

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden errors")

// TestBrokenBundles checks every bundle below testdata/broken and compares what it says with error.golden beside it.
func TestBrokenBundles(t *testing.T) {
	t.Chdir("../../testdata/broken/bundles")
	entries, err := os.ReadDir(".")
	if err != nil || len(entries) < 20 {
		t.Fatalf("%d cases, at least 20 expected (%v)", len(entries), err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			_, problems, err := Check(context.Background(), e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if len(problems) == 0 {
				t.Fatal("accepted")
			}
			golden(t, filepath.Join(e.Name(), "error.golden"), problems.Error()+"\n")
		})
	}
}

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
