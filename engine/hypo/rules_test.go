package hypo_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/correlate"
	"github.com/diagnops/diagnops/engine/hypo"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// TestRecordedChanges supposes of a component what a change did that would be on record only where it is.
func TestRecordedChanges(t *testing.T) {
	t.Parallel()
	switched := faults()[4] // deployed
	switched.Name, switched.Changes, switched.Recorded = "switched", []model.ChangeKind{model.ChangeFlag}, true
	for _, tc := range []struct {
		name    string
		changes []model.Change
		want    []string
	}{
		{"nothing is known", nil, nil},
		{"another kind of change", []model.Change{{Component: "db", Kind: model.ChangeDeploy}}, nil},
		{"of another component", []model.Change{{Component: "mail", Kind: model.ChangeFlag}}, nil},
		{"of the component", []model.Change{{Component: "db", Kind: model.ChangeFlag}}, []string{"db switched: db latency x1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g := topo.New(shop())
			s := correlate.Build(correlate.Input{
				Symptom: model.Symptom{Component: "web", Signal: model.KindLatency}, Grid: model.Grid{Step: 5 * time.Second}, Graph: g, Changes: tc.changes,
				Readings: append(everythingMeasured(), bad("db", latency, 5)),
			})
			var got []string
			for _, h := range hypo.Generate(s, g, hypo.NewLexicon([]model.Fault{switched}, s.Readings)) {
				got = append(got, print(h))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("raised (-want +got):\n%s", diff)
			}
		})
	}
}

// TestForetoldMarks counts what a rule predicts of the component among its marks, once the fault has a sign of its own.
func TestForetoldMarks(t *testing.T) {
	t.Parallel()
	foretells := func(sig *model.Signal, shape model.Shape, on model.Place) model.Expectation {
		return model.Expectation{
			Name: sig.Name, Matches: func(s *model.Signal) bool { return s == sig }, Weight: 0.6, Shape: shape, On: on,
		}
	}
	starved := faults()[5] // busy
	starved.Predicts = []model.Expectation{
		foretells(latency, model.ShapeUp, model.OnComponent), foretells(requests, model.ShapeDown, model.OnComponent),
		foretells(outgoing, model.ShapeUp, model.OnCallers), foretells(cpu, model.ShapeUp, model.OnComponent),
	}
	for _, tc := range []struct {
		name     string
		readings []*model.Reading
		want     []string
	}{
		{"its own sign alone", []*model.Reading{bad("db", waiting, 5)}, []string{"db busy: db waiting x1"}},
		{"what is foretold, without a sign", []*model.Reading{bad("db", latency, 9)}, nil},
		{"both: its own sign goes first", []*model.Reading{bad("db", latency, 9), bad("db", waiting, 5)}, []string{"db busy: db waiting x1, db latency x0.6"}},
		{"the other way than foretold", []*model.Reading{bad("db", waiting, 5), bad("db", requests, 9)}, []string{"db busy: db waiting x1"}},
		{"foretold of its callers, not of it", []*model.Reading{bad("db", waiting, 5), bad("db", outgoing, 9)}, []string{"db busy: db waiting x1"}},
		{"a sign that is foretold too counts once", []*model.Reading{bad("db", waiting, 5), bad("db", cpu, 5)}, []string{"db busy: db waiting x1, db cpu x0.6"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, h := range generate([]model.Fault{starved}, append(everythingMeasured(), tc.readings...)...) {
				got = append(got, print(h))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("raised (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSilenceIsNoSign of a fault that says which sign of the component it must have.
func TestSilenceIsNoSign(t *testing.T) {
	t.Parallel()
	fs := faults()
	gone := fs[3]
	must := func(on model.Place) []model.Expectation {
		return []model.Expectation{{Name: "up", Matches: func(sig *model.Signal) bool { return sig == up }, Shape: model.ShapeDown, Necessary: true, On: on}}
	}
	raised := func(predicts []model.Expectation) int {
		gone.Predicts = predicts
		return len(generate([]model.Fault{gone}, append(everythingMeasured(), stopped("db", latency))...))
	}
	if got := raised(nil); got != 1 {
		t.Errorf("samples that stopped raise it %d times, want once", got)
	}
	if got := raised(must(model.OnComponent)); got != 0 {
		t.Errorf("raised %d times without the sign that it must have", got)
	}
	if got := raised(must(model.OnHost)); got != 1 {
		t.Errorf("raised %d times where the sign is the host's, want once", got)
	}
}
