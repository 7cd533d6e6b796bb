package batch

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// answer builds a diagnosis from component/signal pairs in rank order; the first cause has the given probability.
func answer(status model.Status, p float64, causes ...[2]string) *model.Diagnosis {
	d := &model.Diagnosis{Outcome: model.Outcome{Status: status}}
	for i, c := range causes {
		d.Causes = append(d.Causes, model.Cause{Rank: i + 1, Component: c[0], Signal: c[1], Probability: p / float64(i+1)})
	}
	return d
}

func truth(causes ...[2]string) model.Truth {
	var t model.Truth
	for _, c := range causes {
		t.Causes = append(t.Causes, model.TrueCause{Component: c[0], Signal: c[1]})
	}
	return t
}

func every(t model.Truth) model.Truth {
	t.All = true
	return t
}

func kinds(_, signal string) (model.SignalKind, bool) {
	switch signal {
	case "latency_p95", "latency_p50":
		return model.KindLatency, true
	case "io_queue":
		return model.KindSaturation, true
	}
	return "", false
}

func TestRightAt(t *testing.T) {
	t.Parallel()
	ranked := answer(model.Diagnosed, 0.9,
		[2]string{"web", "latency_p95"}, [2]string{"web", "errors"}, [2]string{"orders", "latency_p50"},
		[2]string{"db", "cpu"}, [2]string{"db", "io_queue"})
	for _, tc := range []struct {
		name              string
		truth             model.Truth
		component, signal int
	}{
		{"first", truth([2]string{"web", ""}), 1, 0},
		{"duplicates of a component collapse", truth([2]string{"orders", ""}), 2, 0},
		{"absent", truth([2]string{"cache", "cpu"}), 0, 0},
		{"any of several", truth([2]string{"cache", ""}, [2]string{"db", ""}), 3, 0},
		{"all of two, one missing", every(truth([2]string{"web", ""}, [2]string{"cache", ""})), 0, 0},
		{"all of two in the first two", every(truth([2]string{"orders", ""}, [2]string{"web", ""})), 1, 0},
		{"all of two, the second at three", every(truth([2]string{"db", ""}, [2]string{"web", ""})), 3, 0},
		{"all, one named twice", every(truth([2]string{"web", ""}, [2]string{"web", ""})), 1, 0},
		{"signal by name", truth([2]string{"db", "io_queue"}), 3, 5},
		{"signal by kind", truth([2]string{"db", "saturation"}), 3, 5},
		{"kind of another component's signal", truth([2]string{"orders", "saturation"}), 2, 0},
		{"unknown signal never matches a kind", truth([2]string{"web", "usage"}), 1, 0},
		{"only causes with a signal count at signal level", truth([2]string{"web", ""}, [2]string{"orders", "latency"}), 1, 3},
		{"all at signal level", every(truth([2]string{"web", "latency"}, [2]string{"db", "cpu"})), 3, 4},
		{"names are exact", truth([2]string{"Web", ""}), 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &Scored{Diagnosis: ranked, Truth: tc.truth, KindOf: kinds}
			if got := (level{}).rightAt(s, level{}.wanted(tc.truth)); got != tc.component {
				t.Errorf("component level: right at %d, want %d", got, tc.component)
			}
			l := level{signal: true}
			if got := l.rightAt(s, l.wanted(tc.truth)); got != tc.signal {
				t.Errorf("signal level: right at %d, want %d", got, tc.signal)
			}
		})
	}
}

// TestScore computes by hand what Score must find for five faults and three quiet windows.
func TestScore(t *testing.T) {
	t.Parallel()
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	scored := []Scored{
		// Right at 1, with signal. (0.9, right): adds 0.01.
		{Diagnosis: answer(model.Diagnosed, 0.9, [2]string{"db", "io_queue"}, [2]string{"web", "errors"}), Truth: truth([2]string{"db", "saturation"}), Took: ms(10)},
		// Right at 2; first cause wrong at 0.7: a false accusation. (0.7, wrong): adds 0.49. Signal never right.
		{Diagnosis: answer(model.Diagnosed, 0.7, [2]string{"web", "errors"}, [2]string{"db", "cpu"}), Truth: truth([2]string{"db", "latency"}), Took: ms(20)},
		// Right at 3, inconclusive. (0.4, wrong): adds 0.16.
		{Diagnosis: answer(model.Inconclusive, 0.4, [2]string{"web", ""}, [2]string{"lb", ""}, [2]string{"db", ""}), Truth: truth([2]string{"db", ""}), Took: ms(30)},
		// Answered healthy, without causes: never right, overlooked.
		{Diagnosis: answer(model.Healthy, 0), Truth: truth([2]string{"db", ""}), Took: ms(40)},
		// Right at 6 only: never within five. (0.5, wrong): adds 0.25.
		{Diagnosis: answer(model.Diagnosed, 0.5, [2]string{"a", ""}, [2]string{"b", ""}, [2]string{"c", ""}, [2]string{"d", ""}, [2]string{"e", ""}, [2]string{"f", ""}), Truth: truth([2]string{"f", ""}), Took: ms(50)},
		// Quiet: healthy, inconclusive with a weak suspect (0.2, wrong: 0.04), accused at 1.0 (1, wrong: 1).
		{Diagnosis: answer(model.Healthy, 0), Truth: model.Truth{None: true}, Took: ms(60)},
		{Diagnosis: answer(model.Inconclusive, 0.2, [2]string{"web", ""}), Truth: model.Truth{None: true}, Took: ms(70)},
		{Diagnosis: answer(model.Diagnosed, 1, [2]string{"web", ""}), Truth: model.Truth{None: true}, Took: ms(80)},
	}
	for i := range scored {
		scored[i].KindOf = kinds
	}
	f := Score("shop", scored, 2)

	nan := Ratio(math.NaN())
	want := Figures{
		Set: "shop", Incidents: 8, Faults: 5, Quiet: 3, Errors: 2,
		Component:        Accuracy{N: 5, AC: [maxK]Ratio{0.2, 0.4, 0.6, 0.6, 0.6}, Avg5: 0.48},
		Signal:           Accuracy{N: 2, AC: [maxK]Ratio{0.5, 0.5, 0.5, 0.5, 0.5}, Avg5: 0.5},
		Precision:        Share{Count: 1, N: 4, Share: 0.25},
		Specificity:      Share{Count: 2, N: 3, Share: 2. / 3},
		FalseAccusations: Share{Count: 2, N: 8, Share: 0.25},
		Abstentions:      Share{Count: 1, N: 5, Share: 0.2},
		Overlooked:       Share{Count: 1, N: 5, Share: 0.2},
		Calibration:      Calibration{N: 6, Brier: (0.01 + 0.49 + 0.16 + 0.25 + 0.04 + 1) / 6, BaseRate: 5. / 36},
		Time:             Timing{MeanMS: 45, P50MS: 40, P99MS: 80, PerSecond: nan},
	}
	for i := range reliabilityBins {
		want.Calibration.Bins = append(want.Calibration.Bins,
			Bin{From: float64(i) / 10, To: float64(i+1) / 10, Mean: nan, Right: nan})
	}
	for _, b := range []struct {
		bin         int
		mean, right Ratio
		n           int
	}{{2, 0.2, 0, 1}, {4, 0.4, 0, 1}, {5, 0.5, 0, 1}, {7, 0.7, 0, 1}, {9, 0.95, 0.5, 2}} {
		bin := &want.Calibration.Bins[b.bin]
		bin.N, bin.Mean, bin.Right = b.n, b.mean, b.right
	}
	if d := cmp.Diff(want, f, cmp.Comparer(sameRatio)); d != "" {
		t.Errorf("figures (-want +got):\n%s", d)
	}
}

func sameRatio(a, b Ratio) bool {
	return a.Known() == b.Known() && (!a.Known() || math.Abs(float64(a-b)) < 1e-12)
}

func TestScoreOfNothingIsUnknown(t *testing.T) {
	t.Parallel()
	f := Score("empty", nil, 0)
	for name, r := range map[string]Ratio{
		"AC@1": f.Component.AC[0], "Avg@5": f.Component.Avg5, "specificity": f.Specificity.Share,
		"false accusations": f.FalseAccusations.Share, "Brier": f.Calibration.Brier, "base rate": f.Calibration.BaseRate, "mean": f.Time.MeanMS,
	} {
		if r.Known() {
			t.Errorf("%s of no incident is %v, want unknown", name, r)
		}
	}
	out, err := json.Marshal(f.Specificity)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), `{"count":0,"n":0,"share":null}`; got != want {
		t.Errorf("JSON is %s, want %s", got, want)
	}
}

func TestSets(t *testing.T) {
	t.Parallel()
	right := answer(model.Diagnosed, 0.9, [2]string{"db", ""})
	scored := []Scored{
		{Set: "night", Diagnosis: right, Truth: truth([2]string{"db", ""})},
		{Set: "day", Diagnosis: right, Truth: truth([2]string{"web", ""})},
		{Set: "night", Diagnosis: right, Truth: truth([2]string{"db", ""})},
	}
	type row struct {
		Set               string
		Incidents, Errors int
		AC1, PerSecond    Ratio
	}
	rows := func(figures []Figures) []row {
		out := make([]row, 0, len(figures))
		for _, f := range figures {
			out = append(out, row{f.Set, f.Incidents, f.Errors, f.Component.AC[0], f.Time.PerSecond})
		}
		return out
	}
	nan := Ratio(math.NaN())
	got := rows(Sets(scored, map[string]int{"dusk": 1}, 2*time.Second))
	want := []row{
		{"day", 1, 0, 0, nan}, {"dusk", 0, 1, nan, nan}, {"night", 2, 0, 1, nan}, {Overall, 3, 1, 2. / 3, 1.5},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(sameRatio)); d != "" {
		t.Errorf("sets (-want +got):\n%s", d)
	}
	got = rows(Sets(scored[:1], nil, time.Second))
	if d := cmp.Diff([]row{{"night", 1, 0, 1, 1}}, got, cmp.Comparer(sameRatio)); d != "" {
		t.Errorf("a single set needs no overall row (-want +got):\n%s", d)
	}
}

func TestNearestRank(t *testing.T) {
	t.Parallel()
	sorted := make([]time.Duration, 200)
	for i := range sorted {
		sorted[i] = time.Duration(i + 1)
	}
	for _, tc := range []struct{ n, percent, want int }{
		{1, 50, 1}, {1, 99, 1}, {2, 50, 1}, {3, 50, 2}, {100, 99, 99}, {101, 99, 100}, {200, 99, 198}, {200, 100, 200},
	} {
		if got := nearestRank(sorted[:tc.n], tc.percent); int(got) != tc.want {
			t.Errorf("p%d of 1..%d is %d, want %d", tc.percent, tc.n, got, tc.want)
		}
	}
}
