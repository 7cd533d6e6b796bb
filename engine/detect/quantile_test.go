package detect

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// numbers draws any number but NaN, many of them alike: ties are where selections go wrong.
var numbers = rapid.OneOf(
	rapid.Float64(),
	rapid.Map(rapid.IntRange(-3, 3), func(i int) float64 { return float64(i) }),
	rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), 0, math.Copysign(0, -1)}),
)

func TestSelectNthIsSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(numbers, 1, 200).Draw(t, "values")
		sorted := slices.Clone(xs)
		slices.Sort(sorted)
		k := rapid.IntRange(0, len(xs)-1).Draw(t, "k")
		work := slices.Clone(xs)
		if got := selectNth(work, k); got != sorted[k] {
			t.Fatalf("selectNth(%v, %d) = %v, sorted it is %v", xs, k, got, sorted[k])
		}
		slices.Sort(work)
		if diff := cmp.Diff(sorted, work); diff != "" {
			t.Fatalf("selecting lost values (-want +got):\n%s", diff)
		}
	})
}

func TestOrderIsSort(t *testing.T) {
	crowd := rapid.OneOf(numbers, rapid.Float64Range(0.1, 0.1001)) // crowded on few shelves where there is an outlier
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(crowd, 0, 700).Draw(t, "values")
		want := slices.Clone(xs)
		slices.Sort(want)
		if diff := cmp.Diff(want, []float64(order(slices.Clone(xs), make([]float64, len(xs))))); diff != "" {
			t.Fatalf("order (-sorted +got):\n%s", diff)
		}
	})
}

func TestQuantileIsAnOrderStatistic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(numbers, 1, 100).Draw(t, "values")
		sorted := slices.Clone(xs)
		slices.Sort(sorted)
		last := len(xs) - 1
		a, b := rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b")
		lower, upper := quantile(slices.Clone(xs), min(a, b)), quantile(slices.Clone(xs), max(a, b))
		if lower > upper {
			t.Fatalf("quantile %g is %v, quantile %g only %v", min(a, b), lower, max(a, b), upper)
		}
		near := []float64{sorted[int(math.Floor(a*float64(last)))], sorted[int(math.Ceil(a*float64(last)))]}
		if got := quantile(slices.Clone(xs), a); !slices.Contains(near, got) {
			t.Fatalf("quantile %g of %v is %v, want one of %v", a, sorted, got, near)
		}
		if quantile(slices.Clone(xs), 0) != sorted[0] || quantile(slices.Clone(xs), 1) != sorted[last] {
			t.Fatalf("the outermost quantiles of %v are not its ends", sorted)
		}
	})
}

// TestWindowStatistics: what is held is reached by heldRank points of the window, and looking down is looking up at the
// mirror image.
func TestWindowStatistics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 40).Draw(t, "window")
		slices.Sort(xs)
		mirror := make([]float64, len(xs))
		for i, x := range xs {
			mirror[len(xs)-1-i] = -x
		}
		up, down := windowStatistics(xs, +1), windowStatistics(mirror, -1)
		if up.extreme != -down.extreme || up.held != -down.held {
			t.Fatalf("upward %+v, mirrored downward %+v", up, down)
		}
		reach := 0
		for _, x := range xs {
			if x >= up.held {
				reach++
			}
		}
		if up.extreme != slices.Max(xs) || reach < heldRank(len(xs)) {
			t.Fatalf("%v holds %v by %d points, extreme %v", xs, up.held, reach, up.extreme)
		}
	})
}

// TestHeldRank: one wild point holds nothing where there are three or more.
func TestHeldRank(t *testing.T) {
	last := 0
	for n := 1; n <= 500; n++ {
		r := heldRank(n)
		switch {
		case n < 3 && r != 1, n >= 3 && r < 2, r > n, r < last:
			t.Errorf("of %d points the %d-th counts, of %d the %d-th", n, r, n-1, last)
		}
		last = r
	}
}

// TestFloors: whatever the signal and its level, scale and width are positive, so that nothing is ever divided by zero.
func TestFloors(t *testing.T) {
	for _, sig := range append(slices.Clone(signals), &model.Signal{}, anyUse) {
		for _, v := range []float64{0, 1e-9, -1, 1, 1e12} {
			ref := slices.Repeat([]float64{v}, 30)
			l := measureLevel(ref, make([]float64, len(ref)), sig)
			if !(l.scale > 0) || !(floorWidth(sig, l) > 0) || l.median != v {
				t.Errorf("%s at a constant %g: level %g, scale %g, width %g", sig.Name, v, l.median, l.scale, floorWidth(sig, l))
			}
		}
	}
}

func BenchmarkQuantile600(b *testing.B) {
	xs := families[1].course(seeded(1), 600)
	work := make([]float64, len(xs))
	b.ReportAllocs()
	for b.Loop() {
		copy(work, xs)
		quantile(work, 0.99)
	}
}
