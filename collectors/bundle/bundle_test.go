package bundle

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

func TestOpenReadsDescription(t *testing.T) {
	files := smallBundle("# EOF\n")
	files["changes.jsonl"] = file(`{"at": "2026-03-01T10:02:00Z", "kind": "deploy", "component": "web", "id": "d-2", "title": "web 2"}
{"at": "2026-03-01T10:01:00Z", "kind": "config", "component": "db", "id": "c-1", "title": "more memory"}
`)
	dir := write(t, files)
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if b.Incident.Symptom.Component != "web" {
		t.Errorf("symptom on %q: an alias must become the component's name", b.Incident.Symptom.Component)
	}
	if got := b.Incident.Symptom.Interval.To; !got.Equal(b.Incident.Window.To) {
		t.Errorf("symptom ends %s: without an end it must end with the window", got)
	}
	if len(b.Changes) != 2 || b.Changes[0].ID != "c-1" {
		t.Errorf("changes not sorted by time: %v", b.Changes)
	}
	if len(b.Topology.Components) != 2 || len(b.Topology.Signals) != 1 {
		t.Errorf("topology: %+v", b.Topology)
	}
}

func TestOpenMissingFolder(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.HasSuffix(err.Error(), "nowhere: no such folder; a bundle is a folder with incident.yaml") {
		t.Errorf("got %v", err)
	}
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(plain); err == nil || !strings.Contains(err.Error(), "must be a folder") {
		t.Errorf("got %v", err)
	}
}

// watched notes every file that is opened.
type watched struct {
	fs.FS
	opened map[string]bool
}

func (w watched) Open(name string) (fs.File, error) {
	w.opened[name] = true
	return w.FS.Open(name)
}

func TestTruthIsNeverOpened(t *testing.T) {
	files := smallBundle("web_latency_seconds 1 1772359200\n# EOF\n")
	files["truth.yaml"] = file("none: true\n")
	w := watched{files, map[string]bool{}}
	b, err := OpenFS(w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !w.opened["metrics.om"] || w.opened["truth.yaml"] {
		t.Errorf("opened: %v", w.opened)
	}
}

func TestReadTruth(t *testing.T) {
	files := smallBundle("# EOF\n")
	dir := write(t, files)
	if _, ok, err := ReadTruth(dir); ok || err != nil {
		t.Errorf("without truth: %v, %v", ok, err)
	}
	text := "causes:\n- {component: db, signal: latency, fault: lock}\nonset: 2026-03-01T10:02:30Z\n"
	if err := os.WriteFile(filepath.Join(dir, "truth.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	truth, ok, err := ReadTruth(dir)
	if !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	if diff := cmp.Diff([]model.TrueCause{{Component: "db", Signal: "latency", Fault: "lock"}}, truth.Causes); diff != "" {
		t.Error(diff)
	}
	if err := os.WriteFile(filepath.Join(dir, "truth.yaml"), []byte("cause: db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var problems collectors.Problems
	if _, ok, err := ReadTruth(dir); ok || !errors.As(err, &problems) {
		t.Errorf("broken truth: %v, %v", ok, err)
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"b/two", "a", "a/below", ".hidden", "c"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if dir != "c" {
			if err := os.WriteFile(filepath.Join(root, dir, "incident.yaml"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	in := func(names ...string) (out []string) {
		for _, n := range names {
			out = append(out, filepath.Join(root, n))
		}
		return out
	}
	for _, test := range []struct{ paths, want []string }{
		{in("."), in("a", "b/two")},
		{in("b", "a", "b/two"), in("a", "b/two")},
		{in("a/incident.yaml"), in("a")},
		{in(".hidden"), in(".hidden")},
		{in("c"), nil},
	} {
		got, err := Find(test.paths...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.paths, diff)
		}
	}
	if _, err := Find(filepath.Join(root, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestCheckSummaryAndWarnings(t *testing.T) {
	files := smallBundle("web_latency_seconds{service=\"web\",stat=\"p50\"} 1 1772359200\n" +
		"web_latency_seconds{service=\"web\",stat=\"p50\"} 2 1772359500\n" +
		"web_latency_seconds{service=\"web\",stat=\"p50\"} 3 1772359500\n")
	files["changes.jsonl"] = file(`{"at": "2026-03-01T10:02:00Z", "kind": "deploy", "component": "mailer", "id": "d-2"}`)
	dir := write(t, files)
	sum, problems, err := Check(context.Background(), dir)
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v, %v", problems, err)
	}
	if sum.Series != 1 || sum.Samples != 2 || sum.Components != 2 || sum.Changes != 1 || sum.ID != "small" {
		t.Errorf("summary: %+v", sum)
	}
	want := []string{
		"metrics.om: does not end with # EOF: the file may be cut off",
		": 1 samples have a time that their series already has; the first of each is kept",
		`topology.yaml: signals[0].expr: latency: no series matches web_latency_seconds{stat="p90"}`,
		`changes.jsonl: d-2: component "mailer" is not in topology.yaml`,
		"incident.yaml: step: (1m0s) is finer than the samples, one every 5m0s: most points will be gaps",
	}
	var got []string
	for _, w := range sum.Warnings {
		got = append(got, strings.TrimPrefix(strings.TrimPrefix(w, dir), string(filepath.Separator)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
