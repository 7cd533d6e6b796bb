package collectors

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/histogram"

	"github.com/diagnops/diagnops/engine/model"
)

func TestNativeHistogramBecomesClassic(t *testing.T) {
	t.Parallel()
	fine := &histogram.FloatHistogram{ // (1, sqrt 2], (sqrt 2, 2], and (2, 2 sqrt 2] which is empty
		Schema: 1, Count: 5, Sum: 7, ZeroThreshold: 0.001, ZeroCount: 1,
		PositiveSpans: []histogram.Span{{Offset: 1, Length: 3}}, PositiveBuckets: []float64{3, 1, 0},
	}
	coarse := &histogram.FloatHistogram{ // (1, 2], (2, 4]
		Count: 6, Sum: 9, PositiveSpans: []histogram.Span{{Offset: 1, Length: 2}}, PositiveBuckets: []float64{4, 2},
	}
	bounds := AddBounds(nil, fine)
	if d := cmp.Diff([]float64{0.001, math.Sqrt2, 2}, bounds, cmpopts.EquateApprox(1e-12, 0)); d != "" {
		t.Fatalf("bounds of the fine one: %s", d)
	}
	bounds = AddBounds(bounds, coarse)
	if d := cmp.Diff([]float64{0.001, math.Sqrt2, 2, 4}, bounds, cmpopts.EquateApprox(1e-12, 0)); d != "" {
		t.Fatalf("bounds of both: %s", d)
	}
	if again := AddBounds(bounds, fine); &again[0] != &bounds[0] || len(again) != len(bounds) {
		t.Errorf("nothing new changed the bounds to %v", again)
	}
	cumulated := func(h *histogram.FloatHistogram) map[int]float64 {
		got := map[int]float64{}
		Cumulate(h, bounds, func(i int, below float64) { got[i] = below })
		return got
	}
	if d := cmp.Diff(map[int]float64{0: 1, 1: 4, 2: 5, 3: 5}, cumulated(fine)); d != "" {
		t.Errorf("fine: %s", d)
	}
	// sqrt 2 lies inside of the coarse one's first bucket.
	if d := cmp.Diff(map[int]float64{0: 0, 2: 4, 3: 6}, cumulated(coarse)); d != "" {
		t.Errorf("coarse: %s", d)
	}
	if StaleHistogram(fine) || !StaleHistogram(&histogram.FloatHistogram{Sum: model.StaleMarker()}) {
		t.Error("the stale marker is not told from a histogram")
	}
}

// TestClassicNames has labels on both sides of the added ones.
func TestClassicNames(t *testing.T) {
	t.Parallel()
	own := model.NewLabels(map[string]string{"__name__": "lag", "A": "1", "job": "j", "le": "own", "z": "2"})
	names := NewClassicNames(own)
	want := func(suffix, le string) model.Labels {
		m := map[string]string{"__name__": "lag" + suffix, "A": "1", "job": "j", "z": "2"}
		if le != "" {
			m["le"] = le
		}
		return model.NewLabels(m)
	}
	if d := cmp.Diff(want("_count", ""), names.Count); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want("_sum", ""), names.Sum); d != "" {
		t.Error(d)
	}
	arena := names.Bucket(nil, BoundText(0.25))
	arena = names.Bucket(arena, InfiniteBound)
	if d := cmp.Diff(append(want("_bucket", "0.25"), want("_bucket", "+Inf")...), arena); d != "" {
		t.Error(d)
	}
}

// TestCumulateZero: observations of exactly 0 are at most 0, whether the histogram has a zero threshold or none.
func TestCumulateZero(t *testing.T) {
	for name, c := range map[string]struct {
		threshold float64
		bounds    []float64
		want      map[float64]float64
	}{
		"no threshold":   {0, []float64{-1, 0, 1, 2}, map[float64]float64{-1: 0, 0: 3, 1: 3, 2: 5}},
		"with threshold": {0.5, []float64{-1, 0, 0.5, 1, 2}, map[float64]float64{-1: 0, 0.5: 3, 1: 3, 2: 5}},
	} {
		h := &histogram.FloatHistogram{
			ZeroThreshold: c.threshold, ZeroCount: 3, Count: 5,
			PositiveSpans: []histogram.Span{{Offset: 1, Length: 1}}, PositiveBuckets: []float64{2}, // (1, 2]
		}
		got := map[float64]float64{}
		Cumulate(h, c.bounds, func(i int, below float64) { got[c.bounds[i]] = below })
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
