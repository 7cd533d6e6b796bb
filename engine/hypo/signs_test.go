package hypo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// TestSignsBesideOthers: a sign that other faults have as well does not show the fault alone, and counts with one that does.
func TestSignsBesideOthers(t *testing.T) {
	t.Parallel()
	fs := faults()
	busy := fs[len(fs)-1]
	busy.Beside = func(sig *model.Signal) bool { return sig == waiting }
	for _, tc := range []struct {
		name     string
		readings []*model.Reading
		want     []string
	}{
		{"alone", []*model.Reading{bad("db", waiting, 5)}, nil},
		{"beside the one that shows it", []*model.Reading{bad("db", waiting, 5), bad("db", cpu, 5)}, []string{"db busy: db cpu x0.6, db waiting x1"}},
		{"beside the one that would show it, and is quiet", []*model.Reading{bad("db", waiting, 5), normal("db", cpu)}, []string{"db busy / db cpu"}},
	} {
		var got []string
		for _, h := range generate([]model.Fault{busy}, append(everythingMeasured(), tc.readings...)...) {
			got = append(got, print(h))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: raised (-want +got):\n%s", tc.name, diff)
		}
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
