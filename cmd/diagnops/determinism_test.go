package main

import (
	"path/filepath"
	"regexp"
	"testing"
)

// tookMS is the only figure that may differ between two runs on the same data.
var tookMS = regexp.MustCompile(`"took_ms":[0-9.e+-]+`)

// replayed runs replay over dir and returns its JSON lines without times.
func replayed(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	t.Chdir(dir) // so that bundles are called the same wherever the copy lies
	out, _ := diagnops(t, 0, append([]string{"replay", "-o", "jsonl", "."}, flags...)...)
	return tookMS.ReplaceAllString(out, `"took_ms":0`)
}

// incidents lays the recorded incident and made-up ones side by side.
func incidents(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyTree(t, filepath.Join(dir, "recorded", "lab-01"), "../../testdata/lab-01", "")
	for _, s := range []shop{
		{ID: "a", Culprit: "db", Truth: "db", Seed: 1},
		{ID: "b", Culprit: "orders", Truth: "orders", Seed: 2},
		{ID: "c", Culprit: "web", Truth: "web", Seed: 3},
		{ID: "d", Culprit: "", Truth: "none", Seed: 4},
		{ID: "e", Culprit: "db", Truth: "db", Seed: 5},
	} {
		if err := s.write(filepath.Join(dir, "made-up", s.ID)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestSameBytes proves that a diagnosis depends on the incident alone: not on the run, the number of workers, being
// scored, or a truth lying beside it.
func TestSameBytes(t *testing.T) {
	dir := incidents(t)
	blind := t.TempDir()
	copyTree(t, blind, dir, "")
	removeTruths(t, blind)

	first := replayed(t, dir, "--workers", "1")
	for name, again := range map[string]string{
		"second run":    replayed(t, dir, "--workers", "1"),
		"four workers":  replayed(t, dir, "--workers", "4"),
		"scored":        replayed(t, dir, "--workers", "4", "--score"),
		"without truth": replayed(t, blind, "--workers", "2"),
	} {
		if again != first {
			t.Errorf("%s: the answers differ from the first run's at byte %d", name, difference(first, again))
		}
	}
}

func difference(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestTruthIsNotOpened gives every truth contents that nobody can read: a diagnosis must not notice, scoring must.
func TestTruthIsNotOpened(t *testing.T) {
	dir := incidents(t)
	first := replayed(t, dir)
	breakTruths(t, dir)
	if got := replayed(t, dir); got != first {
		t.Errorf("with unreadable truths the answers differ at byte %d", difference(first, got))
	}
	diagnops(t, exitBadInput, "replay", "--score", dir)
}
