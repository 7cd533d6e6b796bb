package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors/promapi/servertest"
	"github.com/diagnops/diagnops/engine/model"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

// behaviours are what a store does, whatever its database. reopen gives a second Store on the same one, as another replica
// has, or the same after a restart.
var behaviours = map[string]func(t *testing.T, s *Store, reopen func() *Store){
	"life": testLife, "diagnoses": testDiagnoses, "list": testList, "merge": testMerge, "unknown": testUnknown,
	"alerts": testAlerts, "changes": testChanges, "outbox": testOutbox, "replicas": testReplicas, "lease": testLease,
	"prune and export": testPruneExport,
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	behave(t, func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "a store?.db") })
}

// TestEndToEndPostgres does the same on a real PostgreSQL, each behaviour in a database of its own.
func TestEndToEndPostgres(t *testing.T) {
	t.Parallel()
	server := servertest.Postgres(t)
	admin, err := sql.Open("pgx", server.PostgresURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	var made atomic.Int64
	behave(t, func(t *testing.T) string {
		t.Helper()
		name := fmt.Sprint("store", made.Add(1))
		if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
		return server.PostgresURL(name)
	})
}

// behave tries every behaviour on a database that place makes.
func behave(t *testing.T, place func(t *testing.T) string) {
	t.Helper()
	for name, behaviour := range behaviours {
		t.Run(name, func(t *testing.T) {
			where := place(t)
			reopen := func() *Store {
				s, err := Open(t.Context(), where)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
				return s
			}
			behaviour(t, reopen(), reopen)
		})
	}
}

func mustOpen(t *testing.T, s *Store, key string, at time.Time) model.IncidentRecord {
	t.Helper()
	r, opened, err := s.Open(t.Context(), model.IncidentRecord{
		Key: key, Title: key + " is slow", Component: key, Signal: model.KindLatency, From: at.Add(-time.Minute), Severity: model.SeveritySevere,
	}, at)
	if err != nil || !opened {
		t.Fatal(r, opened, err)
	}
	return r
}

func lines(t *testing.T, s *Store, id string) string {
	t.Helper()
	entries, err := s.Log(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, e := range entries {
		if e.Seq != i+1 {
			t.Errorf("line %d has number %d", i+1, e.Seq)
		}
		b.WriteString(e.At.Format("15:04:05") + " " + e.Author + " " + string(e.Kind) + ": " + e.Text + "\n")
	}
	return b.String()
}

// testLife takes an incident from its detection to its review, by two stores on one database.
func testLife(t *testing.T, s *Store, reopen func() *Store) {
	t.Helper()
	ctx := t.Context()
	r := mustOpen(t, s, "lb", noon)
	if r.State != model.StateDetected || !r.Open() || r.Answer != nil {
		t.Fatalf("%+v", r)
	}
	other := reopen()
	if again, opened, err := other.Open(ctx, model.IncidentRecord{Key: "lb", Title: "another"}, after(time.Second)); err != nil || opened || again.ID != r.ID || again.Title != "lb is slow" {
		t.Fatal(again, opened, err)
	}

	answer := func(store *Store, component string, at time.Time) {
		d := &model.Diagnosis{Outcome: model.Outcome{Status: model.Diagnosed, Summary: model.Verbatim(component + " is the cause")}}
		d.Causes = []model.Cause{{Rank: 1, Component: component, Fault: "disk-full", Probability: 0.75}}
		if _, err := store.AddDiagnosis(ctx, r.ID, d, at); err != nil {
			t.Fatal(err)
		}
	}
	answer(s, "db", after(10*time.Second))
	answer(other, "db", after(20*time.Second)) // says nothing new
	answer(s, "volume", after(30*time.Second))

	mark := func(state model.IncidentState, at time.Time, want bool) {
		t.Helper()
		if reached, err := other.Mark(ctx, r.ID, state, at, "kim", "as seen"); err != nil || reached != want {
			t.Fatal(state, reached, err)
		}
	}
	mark(model.StateAcknowledged, after(time.Minute), true)
	mark(model.StateAcknowledged, after(2*time.Minute), false)
	if err := s.Note(ctx, r.ID, model.LogEntry{At: after(3 * time.Minute), Author: "lee", Kind: model.LogNote, Text: "stopped the backup"}); err != nil {
		t.Fatal(err)
	}
	mark(model.StateResolved, after(5*time.Minute), true)
	if err := s.Say(ctx, model.Feedback{IncidentID: r.ID, At: after(time.Hour), Author: "kim", Component: "volume", Right: true}); err != nil {
		t.Fatal(err)
	}

	got, err := reopen().Incident(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := r
	want.Times = model.Milestones{model.StateDetected: noon, model.StateAcknowledged: after(time.Minute), model.StateResolved: after(5 * time.Minute)}
	want.State, want.To, want.Updated = model.StateResolved, after(5*time.Minute), after(time.Hour)
	want.Answer = &model.AnswerRecord{Seq: 3, At: after(30 * time.Second), Status: model.Diagnosed, Component: "volume", Fault: "disk-full", Probability: 0.75, Summary: "volume is the cause"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d, ok := got.Times.Took(model.StateResolved); !ok || d != 5*time.Minute {
		t.Error(d, ok)
	}
	if _, ok := got.Times.Took(model.StateMitigated); ok {
		t.Error("it was never mitigated")
	}
	const story = `12:00:00 diagnops state: detected: lb is slow
12:00:10 diagnops diagnosis: db is the cause
12:00:30 diagnops diagnosis: volume is the cause
12:01:00 kim state: acknowledged: as seen
12:03:00 lee note: stopped the backup
12:05:00 kim state: resolved: as seen
13:00:00 kim feedback: it was volume
`
	if diff := cmp.Diff(story, lines(t, s, r.ID)); diff != "" {
		t.Error(diff)
	}
	if second := mustOpen(t, s, "lb", after(2*time.Hour)); second.ID == r.ID {
		t.Error("what is over is opened again")
	}
}

// testDiagnoses: each is kept whole.
func testDiagnoses(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	r := mustOpen(t, s, "lb", noon)
	if _, err := s.Diagnosis(t.Context(), r.ID, 0); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for _, status := range []model.Status{model.Inconclusive, model.Healthy} {
		d := &model.Diagnosis{SchemaVersion: 1, Outcome: model.Outcome{Status: status, Summary: model.Verbatim("한글 'quoted'")}}
		if _, err := s.AddDiagnosis(t.Context(), r.ID, d, noon); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.Diagnosis(t.Context(), r.ID, 1)
	if err != nil || !strings.Contains(string(first), `"inconclusive"`) || !strings.Contains(string(first), "한글 'quoted'") {
		t.Error(string(first), err)
	}
	if newest, err := s.Diagnosis(t.Context(), r.ID, 0); err != nil || !strings.Contains(string(newest), `"healthy"`) {
		t.Error(string(newest), err)
	}
}

// testList: pages go back in time; what is merged or over is shown when asked for.
func testList(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	ctx := t.Context()
	var ids []string
	for i, key := range []string{"a", "b", "c", "d"} {
		ids = append(ids, mustOpen(t, s, key, after(time.Duration(i)*time.Minute)).ID)
	}
	if _, err := s.Mark(ctx, ids[0], model.StateResolved, after(time.Hour), Self, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(ctx, ids[3], ids[2], after(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		f    Filter
		want []string
	}{
		{Filter{}, []string{ids[2], ids[1], ids[0]}},
		{Filter{Merged: true}, []string{ids[3], ids[2], ids[1], ids[0]}},
		{Filter{Open: true}, []string{ids[2], ids[1]}},
		{Filter{Component: "b"}, []string{ids[1]}},
		{Filter{Limit: 1}, []string{ids[2]}},
		{Filter{Limit: 1, Before: ids[2]}, []string{ids[1]}},
		{Filter{Component: "nobody"}, nil},
	} {
		list, err := s.Incidents(ctx, c.f)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range list {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c.f, diff)
		}
	}
}

// testMerge: alerts go over, and nothing is merged into what is merged itself.
func testMerge(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	ctx := t.Context()
	a, b, c := mustOpen(t, s, "a", noon).ID, mustOpen(t, s, "b", noon).ID, mustOpen(t, s, "c", noon).ID
	alert := model.AlertRecord{Fingerprint: "f", IncidentID: a, Labels: map[string]string{"alertname": "Slow"}, StartsAt: noon}
	if err := s.PutAlert(ctx, alert); err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(ctx, a, b, noon); err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(ctx, c, a, noon); !errors.Is(err, ErrMerged) {
		t.Error(err)
	}
	if err := s.Merge(ctx, b, c, noon); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Incident(ctx, a); err != nil || r.MergedInto != c {
		t.Error(r, err)
	}
	list, err := s.Alerts(ctx, c)
	if err != nil || len(list) != 1 || list[0].IncidentID != c {
		t.Error(list, err)
	}
	for _, err := range []error{s.Merge(ctx, c, c, noon), s.Merge(ctx, c, "none", noon), s.Merge(ctx, "none", c, noon)} {
		if err == nil {
			t.Error("merged all the same")
		}
	}
}

// testUnknown: what is said of an incident that is not there is refused.
func testUnknown(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	ctx := t.Context()
	_, marked := s.Mark(ctx, "none", model.StateTold, noon, Self, "")
	_, diagnosed := s.AddDiagnosis(ctx, "none", &model.Diagnosis{}, noon)
	_, read := s.Incident(ctx, "none")
	for i, err := range []error{
		marked, diagnosed, read, s.Note(ctx, "none", model.LogEntry{}), s.Say(ctx, model.Feedback{IncidentID: "none"}),
		s.Symptom(ctx, "none", model.IncidentRecord{}, noon), s.Sent(ctx, &model.Notification{Key: "none"}, noon),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, _, err := s.Open(ctx, model.IncidentRecord{}, noon); err == nil {
		t.Error("an incident without a key")
	}
	if err := s.PutAlert(ctx, model.AlertRecord{Fingerprint: "f", IncidentID: "none", StartsAt: noon}); err == nil {
		t.Error("an alert of no incident")
	}
}

// testOpenRefused: a place that can't be is refused, and its password is not said.
func TestOpenRefused(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "no", "folder", "x.db")); err == nil {
		t.Error("no such folder")
	}
	_, err := Open(ctx, "postgres://me:geheim@127.0.0.1:1/x?sslmode=disable")
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Error(err)
	}
	notADatabase := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(notADatabase, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, notADatabase); err == nil {
		t.Error("a text was taken for a database")
	}
}
