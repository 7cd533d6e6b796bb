package rules

import (
	"context"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file, or rewrites the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// seriesFile is a source of metric names made of one series a line.
type seriesFile struct {
	series []map[string]string
	asked  int
}

func readSeries(t *testing.T, path string) *seriesFile {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out seriesFile
	for line := range strings.Lines(string(content)) {
		metric, err := promql.ParseMetric(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out.series = append(out.series, metric.Map())
	}
	return &out
}

// names is a NamesFunc.
func (f *seriesFile) names(_ context.Context, selector map[string]string) ([]string, error) {
	f.asked++
	found := map[string]bool{}
	for _, s := range f.series {
		matches := true
		for name, value := range selector {
			matches = matches && s[name] == value
		}
		if matches {
			found[s["__name__"]] = true
		}
	}
	return slices.Collect(maps.Keys(found)), nil
}
