package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine"
	"github.com/diagnops/diagnops/engine/journal"
	"github.com/diagnops/diagnops/engine/model"
)

func openJournal(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.New(journal.Options{Dir: dir, Window: 2 * window})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// TestCoreSurvivesARestart: a core that is started anew on the journal of another gives the answer of one that saw
// everything.
func TestCoreSurvivesARestart(t *testing.T) {
	t.Parallel()
	s, dir := slowVolume(t), t.TempDir()

	first := openJournal(t, dir)
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan error, 1)
	go func() { written <- first.Run(ctx, make(chan time.Time)) }()
	play(t, journalledCore(t, first), s, nil)
	stop() // what was not written yet is, when it ends
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := openJournal(t, dir)
	defer func() {
		if err := second.Close(); err != nil {
			t.Error(err)
		}
	}()
	core := journalledCore(t, second)
	replayed, err := core.Restore(t.Context(), begin)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(s.courses) * (int(window/step) + 1); core.Stats().Taken.Appended != want {
		t.Fatalf("%d points are restored, want %d: %+v", core.Stats().Taken.Appended, want, replayed)
	}
	if err := core.Observe(t.Context(), &s.topology, end.Add(step)); err != nil {
		t.Fatal(err)
	}
	if err := core.Advance(t.Context(), end.Add(step)); err != nil {
		t.Fatal(err)
	}
	got, err := core.Why(t.Context(), engine.Input{Incident: incident()})
	if err != nil {
		t.Fatal(err)
	}
	want := diagnose(t, s, incident())
	want.Engine, got.Engine = model.EngineInfo{}, model.EngineInfo{}
	if diff := cmp.Diff(marshal(t, want), marshal(t, got)); diff != "" {
		t.Errorf("after the restart the core answers otherwise (-at once +restored):\n%s", diff)
	}
}
