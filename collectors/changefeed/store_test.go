package changefeed

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

var start = time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC)

// at is some minutes after start.
func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

// told is a deployment as a source tells of it.
func told(format collectors.ChangeFormat, id string, minutes int, component, to string) collectors.ToldChange {
	return collectors.ToldChange{
		Format: format, Key: string(format) + id,
		Change: model.Change{ID: id, At: at(minutes), Kind: model.ChangeDeploy, Component: component, To: to, Title: id},
	}
}

func newStore(tb testing.TB, opts StoreOptions) *Store {
	tb.Helper()
	s, err := NewStore(opts)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// ids lists what is kept, in order.
func ids(s *Store) []string {
	var out []string
	for _, c := range s.Changes(model.Interval{}) {
		out = append(out, c.ID)
	}
	return out
}

// TestOneChangeToldTwice tells each pair to a store, in both orders, and counts what is kept.
func TestOneChangeToldTwice(t *testing.T) {
	const json, github, argo = collectors.FormatJSON, collectors.FormatGitHub, collectors.FormatArgoCD
	const commit = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
	instance := func(c collectors.ToldChange, name string) collectors.ToldChange {
		c.Instances = []string{name}
		return c
	}
	kind := func(c collectors.ToldChange, k model.ChangeKind) collectors.ToldChange {
		c.Kind = k
		return c
	}
	for name, test := range map[string]struct {
		a, b collectors.ToldChange
		want int
	}{
		"same source, same id":       {told(json, "a", 0, "web", "2"), told(json, "a", 0, "web", "2"), 1},
		"same source, other id":      {told(json, "a", 0, "web", "2"), told(json, "b", 0, "web", "2"), 2},
		"two sources":                {told(github, "a", 0, "web", "2"), told(argo, "b", 9, "web", "2"), 1},
		"a version with and without": {told(github, "a", 0, "web", "v2.1"), told(argo, "b", 9, "web", "2.1"), 1},
		"a commit and its beginning": {told(github, "a", 0, "web", commit), told(argo, "b", 1, "web", commit[:7]), 1},
		"too short a beginning":      {told(github, "a", 0, "web", commit), told(argo, "b", 1, "web", commit[:6]), 2},
		"a version that begins so":   {told(github, "a", 0, "web", "release-12"), told(argo, "b", 1, "web", "release-123"), 2},
		"too far apart":              {told(github, "a", 0, "web", "2"), told(argo, "b", 11, "web", "2"), 2},
		"another component":          {told(github, "a", 0, "web", "2"), told(argo, "b", 1, "db", "2"), 2},
		"another version":            {told(github, "a", 0, "web", "2"), told(argo, "b", 1, "web", "3"), 2},
		"another kind":               {told(github, "a", 0, "web", "2"), kind(told(argo, "b", 1, "web", "2"), model.ChangeFlag), 2},
		"no version":                 {told(github, "a", 0, "web", ""), told(argo, "b", 1, "web", ""), 2},
		"other instances":            {instance(told(github, "a", 0, "web", "2"), "1"), instance(told(argo, "b", 1, "web", "2"), "2"), 2},
		"by its alias":               {told(github, "a", 0, "storefront", "2"), told(argo, "b", 1, "web", "2"), 1},
	} {
		for _, pair := range [][]collectors.ToldChange{{test.a, test.b}, {test.b, test.a}} {
			s := newStore(t, StoreOptions{})
			s.SetMapper(newMapper(t))
			s.Add(at(20), pair[:1])
			s.Add(at(20), pair[1:])
			if got := ids(s); len(got) != test.want {
				t.Errorf("%s: %v, want %d", name, got, test.want)
			}
		}
	}
}

// TestStates tells of a deployment as it goes on, late, and once more by somebody else.
func TestStates(t *testing.T) {
	s := newStore(t, StoreOptions{})
	planned := told(collectors.FormatGitHub, "g", 0, "web", "2")
	planned.Planned = true
	running := told(collectors.FormatGitHub, "g", 5, "web", "2")
	running.Labels = map[string]string{"state": "in_progress"}
	done := told(collectors.FormatGitHub, "g", 8, "web", "2")
	done.Labels, done.Notes = map[string]string{"state": "success"}, "new cart"
	other := told(collectors.FormatArgoCD, "x", 6, "web", "2")
	other.Link = "https://argocd.example"
	want := model.Change{
		ID: "g", At: at(5), Kind: model.ChangeDeploy, Component: "web", To: "2", Title: "g", Notes: "new cart",
		Link: other.Link, Labels: map[string]string{"state": "success"},
	}
	var sum Added
	for _, c := range []collectors.ToldChange{planned, running, done, done, other, other} {
		a := s.Add(at(20), []collectors.ToldChange{c})
		sum = Added{New: sum.New + a.New, Updated: sum.Updated + a.Updated, Known: sum.Known + a.Known, Joined: sum.Joined + a.Joined}
	}
	if diff := cmp.Diff([]model.Change{want}, s.Changes(model.Interval{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Added{New: 1, Updated: 2, Known: 2, Joined: 1}, sum); diff != "" {
		t.Errorf("counted: %s", diff)
	}
	if st := s.Stats(); st.Kept != 1 || !cmp.Equal(st.Added, sum) {
		t.Errorf("%+v", st)
	}
}

func TestBounds(t *testing.T) {
	s := newStore(t, StoreOptions{Count: 3, Age: time.Hour, MaxAhead: time.Minute})
	for i, minutes := range []int{5, 1, 3, 2, 4} {
		s.Add(at(10), []collectors.ToldChange{told(collectors.FormatJSON, fmt.Sprint(minutes), minutes, "web", fmt.Sprint(i))})
	}
	if diff := cmp.Diff([]string{"3", "4", "5"}, ids(s)); diff != "" {
		t.Errorf("of five, the three latest stay: %s", diff)
	}
	a := s.Add(at(64), []collectors.ToldChange{
		told(collectors.FormatJSON, "old", 3, "web", ""), told(collectors.FormatJSON, "ahead", 66, "web", ""),
		told(collectors.FormatJSON, "now", 65, "web", ""),
	})
	if a.TooOld != 1 || a.TooFarAhead != 1 || a.New != 1 {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"4", "5", "now"}, ids(s)); diff != "" {
		t.Errorf("what grew too old goes: %s", diff)
	}
	// What was forgotten may be told again.
	if a := s.Add(at(64), []collectors.ToldChange{told(collectors.FormatJSON, "1", 62, "web", "")}); a.New != 1 {
		t.Errorf("%+v", a)
	}
	if st := s.Stats(); st.Kept != 3 || st.Evicted != 4 || len(s.byKey) != 3 || len(s.bySame) > 3 {
		t.Errorf("%+v, %d keys, %d groups", st, len(s.byKey), len(s.bySame))
	}
	if err := (StoreOptions{Count: -1, Age: -1}).Validate(); err == nil {
		t.Error("options that make no sense were taken")
	}
}

// TestLargeChanges keeps no more of a change than is bounded, and leaves what was told alone.
func TestLargeChanges(t *testing.T) {
	long := strings.Repeat("로", 100_000)
	large := told(collectors.FormatJSON, "a", 0, "web", "2")
	large.Notes, large.Title, large.Labels = long, long, map[string]string{"long": long, long: "x"}
	for i := range 1000 {
		large.Labels[fmt.Sprint(i)] = "x"
		large.Instances = append(large.Instances, fmt.Sprint(i))
	}
	s := newStore(t, StoreOptions{})
	s.Add(at(1), []collectors.ToldChange{large})
	c := s.Changes(model.Interval{})[0]
	if len(c.Notes) > maxNotesBytes || len(c.Title) > maxTextBytes || !utf8.ValidString(c.Title) || !strings.HasSuffix(c.Title, "로…") ||
		len(c.Labels) != maxLabels || len(c.Instances) != maxInstances {
		t.Errorf("%d %d %d %d", len(c.Notes), len(c.Title), len(c.Labels), len(c.Instances))
	}
	if len(large.Labels) != 1002 || len(large.Instances) != 1000 {
		t.Error("what was told was written to")
	}
	if a := s.Add(at(1), []collectors.ToldChange{large}); a.Known != 1 {
		t.Errorf("told again: %+v", a)
	}
}

// TestTogether tells, asks and maps at the same time; the race detector looks on.
func TestTogether(t *testing.T) {
	s := newStore(t, StoreOptions{Count: 50})
	mapper := newMapper(t)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 100 {
				s.Add(at(100), []collectors.ToldChange{told(collectors.FormatJSON, fmt.Sprint(i), i, "storefront", fmt.Sprint(worker))})
				s.SetMapper(mapper)
				for _, c := range s.Changes(model.Interval{From: at(i)}) {
					_ = len(c.Labels)
				}
			}
		})
	}
	wg.Wait()
	if st := s.Stats(); st.Kept != 50 || len(s.byKey) != 50 || st.Added.New != st.Kept+st.Evicted {
		t.Errorf("%+v", st)
	}
}

func TestInterval(t *testing.T) {
	s := newStore(t, StoreOptions{})
	for _, minutes := range []int{1, 2, 3} {
		s.Add(at(10), []collectors.ToldChange{told(collectors.FormatJSON, fmt.Sprint(minutes), minutes, "web", "")})
	}
	for want, in := range map[int]model.Interval{
		3: {}, 2: {From: at(2)}, 1: {To: at(1)}, 0: {From: at(1).Add(1), To: at(2).Add(-1)},
	} {
		if got := s.Changes(in); len(got) != want {
			t.Errorf("%v: %d, want %d", in, len(got), want)
		}
	}
}
