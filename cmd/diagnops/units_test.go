package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

func TestRefine(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC) }
	known := model.Symptom{
		Component: "web", Signal: model.KindLatency, Interval: model.Interval{From: at(10), To: at(20)},
	}
	for _, tc := range []struct {
		name        string
		asked, want model.Symptom
	}{
		{"nothing asked", model.Symptom{}, known},
		{"the same component keeps its signal", model.Symptom{Component: "web"}, known},
		{
			"another component leaves its signal open",
			model.Symptom{Component: "db"},
			model.Symptom{Component: "db", Interval: known.Interval},
		},
		{
			"another component and its signal",
			model.Symptom{Component: "db", Signal: model.KindErrors},
			model.Symptom{Component: "db", Signal: model.KindErrors, Interval: known.Interval},
		},
		{
			"another beginning keeps the end",
			model.Symptom{Interval: model.Interval{From: at(15)}},
			model.Symptom{Component: "web", Signal: model.KindLatency, Interval: model.Interval{From: at(15), To: at(20)}},
		},
		{
			"a moment leaves the beginning to be found",
			model.Symptom{Interval: model.Interval{To: at(12)}},
			model.Symptom{Component: "web", Signal: model.KindLatency, Interval: model.Interval{To: at(12)}},
		},
	} {
		if d := cmp.Diff(tc.want, refine(known, tc.asked)); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
	}
}

func TestStepFor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ window, scrape, want time.Duration }{
		{3 * time.Hour, 15 * time.Second, 15 * time.Second},
		{3 * time.Hour, time.Second, 11 * time.Second},
		{3 * time.Minute, time.Second, time.Second},
		{31 * 24 * time.Hour, 15 * time.Second, 2685 * time.Second},
		{3 * time.Hour, 0, 11 * time.Second},
		{time.Minute, 0, time.Second},
	} {
		got := stepFor(tc.window, tc.scrape)
		if got != tc.want {
			t.Errorf("step for a window of %s scraped every %s is %s, want %s", tc.window, tc.scrape, got, tc.want)
		}
		if n := tc.window / got; n > gridPoints {
			t.Errorf("a window of %s has %d points of %s, more than %d", tc.window, n, got, gridPoints)
		}
	}
}

func TestJoinChanges(t *testing.T) {
	t.Parallel()
	change := func(id string, minute int) model.Change {
		return model.Change{ID: id, At: time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC)}
	}
	got := joinChanges([]model.Change{change("b", 5), change("c", 9)}, []model.Change{change("a", 5), change("c", 9), change("d", 1)})
	want := []model.Change{change("d", 1), change("a", 5), change("b", 5), change("c", 9)}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("joined changes (-want +got):\n%s", d)
	}
}

// TestJournal covers what the end-to-end tests do not: files that are no journal.
func TestJournal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "past.done.jsonl")
	key := keyOf(model.Incident{ID: "one"}, nil, &model.Topology{}, "r1")
	j, err := openJournal(file, false)
	if err != nil {
		t.Fatal(err)
	}
	line, err := j.add(key, &model.Diagnosis{Outcome: model.Outcome{Summary: model.Verbatim("a < b & c")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	j, err = openJournal(file, true)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := j.answer(key); !ok || string(got) != string(line) {
		t.Errorf("the journal gives %q (%t), want %q", got, ok, line)
	}
	for name, other := range map[string]journalKey{
		"rules":   keyOf(model.Incident{ID: "one"}, nil, &model.Topology{}, "r2"),
		"changes": keyOf(model.Incident{ID: "one"}, []model.Change{{ID: "x"}}, &model.Topology{}, "r1"),
		"step":    keyOf(model.Incident{ID: "one", Step: time.Second}, nil, &model.Topology{}, "r1"),
		"zone":    keyOf(model.Incident{ID: "one", Zone: time.UTC}, nil, &model.Topology{}, "r1"),
		"days":    keyOf(model.Incident{ID: "one", SeasonDays: 7}, nil, &model.Topology{}, "r1"),
	} {
		if _, ok := j.answer(other); ok {
			t.Errorf("with other %s the old answer is taken", name)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"id": "one"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openJournal(file, true); err == nil || !strings.Contains(err.Error(), ":1: must be a line of a journal") {
		t.Errorf("opening a file that is no journal gives %v", err)
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	if got, want := printable("web\x1b[31m\n느려"), "web?[31m?느려"; got != want {
		t.Errorf("printable gives %q, want %q", got, want)
	}
}

// TestInterrupted breaks a run off: what ended it is said, as a word and not as a failure of the input.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"why", "--bundle", lab}, {"replay", lab}, {"demo"}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("interrupt signal received"))
		var out, errs bytes.Buffer
		code := run(ctx, append([]string{"diagnops"}, args...), &out, &errs)
		if code != exitBadInput || errs.String() != "diagnops: interrupted\n" || out.Len() > 0 {
			t.Errorf("%v interrupted: exit code %d, stdout %q, stderr %q", args, code, out.String(), errs.String())
		}
	}
}
