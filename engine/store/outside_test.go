package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// testAlerts: an alert is kept as it is now, and each time that it fires apart.
func testAlerts(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	ctx := t.Context()
	id := mustOpen(t, s, "lb", noon).ID
	a := model.AlertRecord{Fingerprint: "f", IncidentID: id, Component: "lb", Labels: map[string]string{"alertname": "Slow"}, StartsAt: noon}
	ended := a
	ended.EndsAt, ended.Annotations = after(time.Minute), map[string]string{"summary": "it was slow"}
	again := a
	again.StartsAt = after(time.Hour)
	for _, one := range []model.AlertRecord{a, a, ended} {
		if err := s.PutAlert(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Firing(ctx, "f"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.PutAlert(ctx, again); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Firing(ctx, "f"); err != nil || !got.StartsAt.Equal(again.StartsAt) {
		t.Error(got, err)
	}
	got, err := s.Alerts(ctx, id)
	if diff := cmp.Diff([]model.AlertRecord{ended, again}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// testChanges: a change is kept once.
func testChanges(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	ctx := t.Context()
	var list []model.Change
	for i := range 4 {
		list = append(list, model.Change{ID: fmt.Sprint("c", i), At: after(time.Duration(i) * time.Minute), Kind: model.ChangeDeploy, Component: "lb", Notes: "한글"})
	}
	if n, err := s.PutChanges(ctx, list, noon); err != nil || n != 4 {
		t.Fatal(n, err)
	}
	if n, err := s.PutChanges(ctx, list[1:], noon); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	got, err := s.Changes(ctx, model.Interval{From: after(time.Minute), To: after(2 * time.Minute)})
	if diff := cmp.Diff(list[1:3], got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// testOutbox: word is put in once, given to one at a time, tried again when it fails or its holder died, and sent once.
func testOutbox(t *testing.T, s *Store, reopen func() *Store) {
	t.Helper()
	ctx := t.Context()
	id := mustOpen(t, s, "lb", noon).ID
	n := model.Notification{Key: "k", IncidentID: id, Receiver: "pager", Payload: `{"a": 1}`, Created: noon, Due: noon}
	other := reopen()
	for i, store := range []*Store{s, other} {
		if added, err := store.Enqueue(ctx, []model.Notification{n}); err != nil || added != 1-i {
			t.Fatal(added, err)
		}
	}
	claim := func(store *Store, who string, at time.Time, want int) []model.Notification {
		t.Helper()
		list, err := store.Claim(ctx, who, at, time.Minute, 10)
		if err != nil || len(list) != want {
			t.Fatal(list, err)
		}
		return list
	}
	claim(s, "one", after(-time.Second), 0) // not due yet
	claim(s, "one", noon, 1)
	claim(other, "two", after(30*time.Second), 0)      // is held
	held := claim(other, "two", after(time.Minute), 1) // whoever had it died
	if held[0].Attempts != 2 || held[0].Payload != n.Payload {
		t.Errorf("%+v", held[0])
	}
	if err := other.Failed(ctx, &held[0], "refused", after(time.Minute), after(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	claim(s, "one", after(90*time.Second), 0)
	held = claim(s, "one", after(2*time.Minute), 1)
	if left, err := s.Waiting(ctx); err != nil || left != 1 || held[0].LastError != "refused" {
		t.Error(left, held[0].LastError, err)
	}
	if err := s.Sent(ctx, &held[0], after(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := s.Sent(ctx, &held[0], after(3*time.Minute)); !errors.Is(err, ErrNotFound) {
		t.Error("sent twice", err)
	}
	claim(s, "one", after(time.Hour), 0)
	r, err := s.Incident(ctx, id)
	if err != nil || !r.Times[model.StateTold].Equal(after(2*time.Minute)) {
		t.Error(r.Times, err)
	}

	n.Key = "k2"
	if _, err := s.Enqueue(ctx, []model.Notification{n}); err != nil {
		t.Fatal(err)
	}
	held = claim(s, "one", noon, 1)
	if err := s.Failed(ctx, &held[0], "unknown receiver", noon, time.Time{}); err != nil {
		t.Fatal(err)
	}
	claim(s, "one", after(time.Hour), 0)
	told, err := s.Outbox(ctx, id)
	if err != nil || len(told) != 2 || told[0].Sent.IsZero() || told[1].Abandoned.IsZero() {
		t.Error(told, err)
	}
}

// testReplicas: of many that detect, tell and lead at the same time, one each does it, and the log has no hole.
func testReplicas(t *testing.T, s *Store, reopen func() *Store) {
	t.Helper()
	const replicas, rounds = 4, 8
	ctx := t.Context()
	stores := []*Store{s}
	for len(stores) < replicas {
		stores = append(stores, reopen())
	}
	var mu sync.Mutex
	opened, added, claimed, leading := 0, 0, 0, 0
	var wg sync.WaitGroup
	for i, store := range stores {
		wg.Go(func() {
			for round := range rounds {
				r, isNew, err := store.Open(ctx, model.IncidentRecord{Key: fmt.Sprint("k", round), Title: "x"}, noon)
				if err != nil {
					t.Error(err)
					return
				}
				n, err := store.Enqueue(ctx, []model.Notification{{Key: "n" + r.Key, IncidentID: r.ID, Receiver: "pager", Created: noon, Due: noon}})
				if err != nil {
					t.Error(err)
				}
				if err := store.Note(ctx, r.ID, model.LogEntry{At: noon, Author: fmt.Sprint(i), Kind: model.LogNote, Text: "here"}); err != nil {
					t.Error(err)
				}
				got, err := store.Claim(ctx, fmt.Sprint(i), noon, time.Hour, 100)
				if err != nil {
					t.Error(err)
				}
				leads, err := store.Lease(ctx, fmt.Sprint("tick", round), fmt.Sprint(i), noon, time.Minute)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				added += n
				claimed += len(got)
				if isNew {
					opened++
				}
				if leads {
					leading++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if opened != rounds || added != rounds || claimed != rounds || leading != rounds {
		t.Errorf("of %d: %d opened, %d put in, %d claimed, %d led", rounds, opened, added, claimed, leading)
	}
	list, err := s.Incidents(ctx, Filter{})
	if err != nil || len(list) != rounds {
		t.Fatal(len(list), err)
	}
	for _, r := range list {
		entries, err := s.Log(ctx, r.ID)
		if err != nil || len(entries) != replicas+1 || entries[replicas].Seq != replicas+1 {
			t.Errorf("%d lines: %v", len(entries), err)
		}
	}
}

// testLease: a lease goes to another when it is over, not before.
func testLease(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	for i, c := range []struct {
		who  string
		at   time.Duration
		want bool
	}{{"a", 0, true}, {"b", 30 * time.Second, false}, {"a", 40 * time.Second, true}, {"b", 70 * time.Second, false}, {"b", 100 * time.Second, true}, {"a", 100 * time.Second, false}} {
		if got, err := s.Lease(t.Context(), "tick", c.who, after(c.at), time.Minute); err != nil || got != c.want {
			t.Errorf("%d: %v %v", i, got, err)
		}
	}
}

// testPruneExport: what is old and over goes, with all of its parts; what is exported is whole.
func testPruneExport(t *testing.T, s *Store, _ func() *Store) {
	t.Helper()
	ctx := t.Context()
	old, open, explained := mustOpen(t, s, "old", noon).ID, mustOpen(t, s, "open", noon).ID, mustOpen(t, s, "explained", noon).ID
	if _, err := s.Mark(ctx, old, model.StateResolved, after(time.Minute), Self, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(ctx, explained, open, noon); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAlert(ctx, model.AlertRecord{Fingerprint: "f", IncidentID: old, StartsAt: noon}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutChanges(ctx, []model.Change{{ID: "c", At: noon}}, noon); err != nil {
		t.Fatal(err)
	}
	exported := func() (ids []string) {
		var b bytes.Buffer
		if err := s.Export(ctx, &b); err != nil {
			t.Fatal(err)
		}
		for in := json.NewDecoder(&b); in.More(); {
			var e Exported
			if err := in.Decode(&e); err != nil {
				t.Fatal(err)
			}
			if len(e.Log) == 0 || (e.ID == old) != (len(e.Alerts) == 1) {
				t.Errorf("%+v", e)
			}
			ids = append(ids, e.Key)
		}
		return ids
	}
	if n := len(exported()); n != 3 {
		t.Errorf("%d exported", n)
	}
	if n, err := s.Prune(ctx, after(time.Hour)); err != nil || n != 1 {
		t.Error(n, err)
	}
	if left := exported(); len(left) != 2 {
		t.Error(left)
	}
	if _, err := s.Firing(ctx, "f"); !errors.Is(err, ErrNotFound) {
		t.Error("its alert is still there", err)
	}
	if left, err := s.Changes(ctx, model.Interval{From: noon, To: noon}); err != nil || len(left) != 0 {
		t.Error(left, err)
	}
}
