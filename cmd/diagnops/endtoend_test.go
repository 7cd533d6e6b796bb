package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors/promapi/promtest"
	"github.com/diagnops/diagnops/engine/model"
)

// answerOf is what bundle and live source must agree on.
type answerOf struct {
	Status                   model.Status
	Component, Signal, Fault string
	Chain                    []string
}

func parseAnswer(t *testing.T, out string) answerOf {
	t.Helper()
	var d model.Diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v in:\n%s", err, out)
	}
	a := answerOf{Status: d.Outcome.Status}
	if len(d.Causes) > 0 {
		c := d.Causes[0]
		a.Component, a.Signal, a.Fault, a.Chain = c.Component, c.Signal, c.Fault, c.Chain
	}
	return a
}

const (
	lab         = "../../testdata/lab-01"
	labTopology = lab + "/topology.yaml"
	labChanges  = lab + "/changes.jsonl"
)

// TestEndToEndWhy asks a real Prometheus over the recorded incident's blocks: its first cause and chain must be those of
// the bundle.
func TestEndToEndWhy(t *testing.T) {
	t.Parallel()
	url := promtest.Start(t, filepath.Join(lab, "blocks"))
	fromBundle, _ := diagnops(t, exitOK, "why", "--bundle", lab, "-o", "json")
	// The window is that of incident.yaml: 2026-11-22T05:15:54Z to 05:18:55Z.
	live, stderr := diagnops(t, exitOK, "why", "--prometheus.url", url, "--topology", labTopology, "--changes", labChanges,
		"--component", "haproxy", "--signal", "latency", "--from", "2026-11-22T05:18:09Z", "--to", "2026-11-22T05:18:55Z",
		"--lookback", "135s", "--step", "5s", "-o", "json")
	if stderr != "" {
		t.Errorf("stderr is not empty:\n%s", stderr)
	}
	want, got := parseAnswer(t, fromBundle), parseAnswer(t, live)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the live source's answer differs (-bundle +live):\n%s", d)
	}
	if want.Component == "" || len(want.Chain) < 2 {
		t.Errorf("the bundle's answer names no chain: %+v", want)
	}
}

// TestEndToEndDefaults asks as somebody does who knows no flags: nothing says how far to look back or how finely.
func TestEndToEndDefaults(t *testing.T) {
	t.Parallel()
	url := promtest.Start(t, filepath.Join(lab, "blocks"))
	fromBundle, _ := diagnops(t, exitOK, "why", "--bundle", lab, "-o", "json")
	live, stderr := diagnops(t, exitOK, "why", "--prometheus.url", url, "--topology", labTopology, "--changes", labChanges,
		"--component", "lb", "--signal", "latency", "--from", "2026-11-22T05:18:09Z", "--to", "2026-11-22T05:18:55Z", "-o", "json")
	if stderr != "" {
		t.Errorf("stderr is not empty:\n%s", stderr)
	}
	if d := cmp.Diff(parseAnswer(t, fromBundle), parseAnswer(t, live)); d != "" {
		t.Errorf("the live source's answer differs (-bundle +live):\n%s", d)
	}
	var d model.Diagnosis
	if err := json.Unmarshal([]byte(live), &d); err != nil {
		t.Fatal(err)
	}
	if d.Engine.Series == 0 || d.Engine.Samples < d.Engine.Series {
		t.Errorf("read %d series with %d samples", d.Engine.Series, d.Engine.Samples)
	}
	// Times of day are the asker's.
	clock := func(second int) string {
		return time.Date(2026, 11, 22, 5, 18, second, 0, time.UTC).Local().Format("2006-01-02 15:04:05 MST")
	}
	if want := "lb: latency from " + clock(9) + " to " + clock(55); d.Question.Understood.String() != want {
		t.Errorf("understood as %q, want %q", d.Question.Understood, want)
	}

	// A selector that matches nothing, and a time of which nothing is held, are no healthy system.
	_, stderr = diagnops(t, exitBadInput, "why", "--prometheus.url", url, "--topology", labTopology,
		"--prometheus.selector", `{team="nobody"}`, "--to", "2026-11-22T05:18:55Z")
	if !strings.Contains(stderr, `--prometheus.selector {team="nobody"} matches no series from 2026-11-22T02:18:55Z to 2026-11-22T05:18:55Z`) {
		t.Errorf("stderr does not name the selector:\n%s", stderr)
	}
	_, stderr = diagnops(t, exitBadInput, "why", "--prometheus.url", url, "--topology", labTopology, "--at", "2020-01-01T00:00:00Z")
	if !strings.Contains(stderr, "has no series from 2019-12-31T20:55:00Z to 2020-01-01T00:05:00Z") {
		t.Errorf("stderr does not say that there is nothing:\n%s", stderr)
	}
}

// pastLine is an incident of a replay, as its file holds it.
const pastLine = `{"id": "ID", "step": "5s", "window": {"from": "2026-11-22T05:15:54Z", "to": "2026-11-22T05:18:55Z"}, ` +
	`"symptom": {"component": "lb", "signal": "latency", "from": "2026-11-22T05:18:09Z", "to": "2026-11-22T05:18:55Z"}, ` +
	`"truth": {"causes": [{"component": "db-volume"}]}}` + "\n"

// TestEndToEndReplay replays past incidents from a real Prometheus, breaks off, and goes on without asking again.
func TestEndToEndReplay(t *testing.T) {
	t.Parallel()
	url := promtest.Start(t, filepath.Join(lab, "blocks"))
	dir := t.TempDir()
	file, journal := filepath.Join(dir, "past.jsonl"), filepath.Join(dir, "past.jsonl.done.jsonl")
	var lines strings.Builder
	for _, id := range []string{"one", "two", "three"} {
		lines.WriteString(strings.Replace(pastLine, "ID", id, 1))
	}
	writeFile(t, file, lines.String())
	args := []string{
		"replay", "--incidents", file, "--prometheus.url", url, "--topology", labTopology, "-o", "jsonl", "--score",
	}
	first, stderr := diagnops(t, exitOK, args...)
	if n := strings.Count(first, "\n"); n != 3 {
		t.Fatalf("%d lines for 3 incidents:\n%s", n, first)
	}
	if !strings.Contains(stderr, "past       3  1.000") {
		t.Errorf("the figures are not those of three right answers:\n%s", stderr)
	}
	for i, line := range strings.Split(strings.TrimSpace(first), "\n") {
		if want := []string{`{"bundle": "one"`, `{"bundle": "two"`, `{"bundle": "three"`}[i]; !strings.HasPrefix(line, want) {
			t.Errorf("line %d begins with %.30s, want %s", i, line, want)
		}
	}

	// A forgotten --resume must not throw work away.
	if _, stderr := diagnops(t, exitUsage, args...); !strings.Contains(stderr, "give --resume to go on") {
		t.Errorf("stderr does not say how to go on:\n%s", stderr)
	}
	// All is known: a source that is not there is not asked.
	nobody := append([]string{"--resume"}, args[1:]...)
	nobody = append([]string{"replay"}, nobody...)
	nobody[5] = "http://127.0.0.1:1"
	again, _ := diagnops(t, exitOK, nobody...)
	if again != first {
		t.Errorf("the reprint differs at byte %d", difference(first, again))
	}
	// One answer is torn off as a crash would: it alone is asked for again.
	data := readFile(t, journal)
	whole := bytes.LastIndexByte(data[:len(data)-1], '\n') + 1
	writeFile(t, journal, string(data[:whole+20]))
	resumed, _ := diagnops(t, exitOK, append([]string{"replay", "--resume"}, args[1:]...)...)
	if got, want := tookMS.ReplaceAllString(resumed, ""), tookMS.ReplaceAllString(first, ""); got != want {
		t.Errorf("after going on the answers differ at byte %d", difference(want, got))
	}
	if n := bytes.Count(readFile(t, journal), []byte("\n")); n != 3 {
		t.Errorf("the journal has %d lines after going on, want 3", n)
	}
	// Another question under the same id is asked, not taken from the journal.
	writeFile(t, file, strings.Replace(lines.String(), "05:18:09Z", "05:18:05Z", 1))
	diagnops(t, exitUnreachable, nobody...)
}

// TestSourceNotThere is exit code 3, quickly, with the address and without an answer.
func TestSourceNotThere(t *testing.T) {
	t.Parallel()
	stdout, stderr := diagnops(t, exitUnreachable, "why", "--prometheus.url", "http://127.0.0.1:1", "--topology", labTopology)
	if stdout != "" || !strings.Contains(stderr, "http://127.0.0.1:1") {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
}

// TestRefused is exit code 3 too: the source is there, and the message says what it may want.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "go away", status)
		}))
		_, stderr := diagnops(t, exitUnreachable, "why", "--prometheus.url", source.URL, "--topology", labTopology)
		source.Close()
		if !strings.Contains(stderr, "go away; are credentials missing or wrong?") {
			t.Errorf("%d: %s", status, stderr)
		}
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
