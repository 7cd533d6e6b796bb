package bench

import (
	"bytes"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
	"github.com/diagnops/diagnops/rules"
)

// TestWeightsComeBack: what the fit writes is a pack that says the same when it is read.
func TestWeightsComeBack(t *testing.T) {
	t.Parallel()
	want := model.Weights{
		Tests: map[string]float64{}, Unmeasured: -0.25, Unsupported: -2.5, Quiet: 3.75, QuietWithSymptom: 0, Temperature: 1.5,
		LoneSignalCap: 0.85, Diagnosed: 0.35,
	}
	for i, name := range model.TestNames() {
		want.Tests[name] = float64(i) / 4
	}
	var pack bytes.Buffer
	if err := rank.WriteWeights(&pack, "Made up.", want); err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load(fstest.MapFS{"weights.yaml": {Data: pack.Bytes()}})
	if err != nil {
		t.Fatalf("%v\n%s", err, pack.Bytes())
	}
	if diff := cmp.Diff(want, set.Weights()); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
}
