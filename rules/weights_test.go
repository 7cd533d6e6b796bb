package rules

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// TestWeightsLayOverEachOther: a later pack changes the numbers that it names, and no others.
func TestWeightsLayOverEachOther(t *testing.T) {
	none := load(t, smallPack).Weights()
	if diff := cmp.Diff(NeutralWeights(), none); diff != "" {
		t.Errorf("without a pack of weights (-want +got):\n%s", diff)
	}
	if n := none.Test(model.TestGap); n != 1 {
		t.Errorf("a test that nobody weighs counts %g times", n)
	}
	got := load(t,
		"version: 1\nname: first\nweights: {tests: {role: 0.5, gap: 2}, unmeasured: 1, temperature: 2}\n",
		"version: 1\nname: second\nweights: {tests: {gap: 0}, unmeasured: -20, diagnosed: 1}\n",
	).Weights()
	want := NeutralWeights()
	want.Tests = map[string]float64{model.TestRole: 0.5, model.TestGap: 0}
	want.Unmeasured, want.Temperature, want.Diagnosed = -20, 2, 1
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("two layers (-want +got):\n%s", diff)
	}
}

// TestBuiltInWeights: the shipped pack names tests that exist, and trusts none of them backwards.
func TestBuiltInWeights(t *testing.T) {
	w := Default().Weights()
	if len(w.Tests) == 0 {
		t.Fatal("the built-in packs weigh no test")
	}
	for _, name := range slices.Sorted(maps.Keys(w.Tests)) {
		if !slices.Contains(model.TestNames(), name) || w.Tests[name] < 0 {
			t.Errorf("test %s counts %g times", name, w.Tests[name])
		}
	}
	if w.Unsupported >= 0 || w.QuietWithSymptom >= w.Quiet || w.Temperature <= 0 {
		t.Errorf("numbers that contradict what they are for: %+v", w)
	}
}
