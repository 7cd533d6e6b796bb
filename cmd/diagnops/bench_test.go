package main

import (
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diagnops/diagnops/collectors/bundle"
)

// BenchmarkIncident is the whole way of one incident on one core: reading, replaying through the rings, diagnosing. The
// labelled data sets take part where they are at hand, by their first incident.
func BenchmarkIncident(b *testing.B) {
	a, err := newAnalyst(inputFlags{}, 1, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	made := filepath.Join(b.TempDir(), "shop")
	if err := (&shop{ID: "shop", Culprit: "db", Seed: 1}).write(made); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, dir string }{
		{"made-up/12-series", made},
		{"lab/1766-series", lab},
		{"petshop/288-series", firstOf(b, "petshop")},
		{"boutique", firstOf(b, "boutique")},
	} {
		if c.dir == "" {
			continue
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.bundleRow(b.Context(), c.dir); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// firstOf returns the first incident of a labelled data set, "" when it is not at hand.
func firstOf(b *testing.B, set string) string {
	b.Helper()
	dirs, err := bundle.Find(filepath.Join(dataDir(), set))
	if err != nil || len(dirs) == 0 {
		b.Logf("no incidents of %s at hand", set)
		return ""
	}
	return dirs[0]
}
