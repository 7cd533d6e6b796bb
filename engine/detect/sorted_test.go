package detect

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestSortedSlides: whatever window has slid to wherever, it holds the known points of that stretch in order.
func TestSortedSlides(t *testing.T) {
	holes := rapid.OneOf(numbers, rapid.Just(model.Gap()))
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(holes, 1, 200).Draw(t, "values")
		k := rapid.IntRange(1, len(xs)).Draw(t, "window")
		var s sorted
		for i, x := range xs {
			if i >= k {
				s.remove(xs[i-k])
			}
			s.insert(x)
			want := slices.DeleteFunc(slices.Clone(xs[max(0, i+1-k):i+1]), func(x float64) bool { return !known(x) })
			slices.Sort(want)
			if diff := cmp.Diff(want, []float64(s), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("window of %d up to point %d (-want +got):\n%s", k, i, diff)
			}
		}
	})
}

// held numbers are what a window holds: unknown ones never come into it.
var held = rapid.Float64Range(-1e9, 1e9)

// TestExchange: taking one out and putting another in at once is the same as one after the other.
func TestExchange(t *testing.T) {
	holes := rapid.OneOf(numbers, rapid.Just(model.Gap()), rapid.Just(math.Inf(1)))
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(held, 1, 40).Draw(t, "values")
		out, in := rapid.OneOf(rapid.SampledFrom(xs), rapid.Just(model.Gap())).Draw(t, "out"), holes.Draw(t, "in")
		s := sorted(slices.Sorted(slices.Values(xs)))
		want := slices.Clone(s)
		want.remove(out)
		want.insert(in)
		before := slices.Clone(s)
		changed := s.exchange(out, in)
		if !slices.Equal(s, want) {
			t.Fatalf("%v for %v: %v, want %v", in, out, s, want)
		}
		if changed == slices.Equal(s, before) {
			t.Fatalf("%v for %v in %v: changed %v", in, out, before, changed)
		}
	})
}

// TestMedianDeviation: the halves of a window in order give the deviation that selection finds.
func TestMedianDeviation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := rapid.SliceOfN(held, 1, 60).Draw(t, "values")
		if rapid.Bool().Draw(t, "whole") {
			for i := range xs {
				xs[i] = math.Round(xs[i] / 1e8)
			}
		}
		s := sorted(slices.Sorted(slices.Values(xs)))
		middle := s[rankOf(len(s), 0.5)]
		deviations := make([]float64, len(xs))
		for i, x := range xs {
			deviations[i] = math.Abs(x - middle)
		}
		if got, want := s.medianDeviation(middle), quantile(deviations, 0.5); got != want {
			t.Fatalf("of %v around %g: %g, want %g", s, middle, got, want)
		}
	})
}

// TestReferenceWindowsAreEach: the sliding window finds in each stretch what looking at that stretch alone finds.
func TestReferenceWindowsAreEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "points")
		course := anyCourse(t, n)
		phases := make([]model.Phase, n)
		for i := range phases {
			phases[i] = rapid.SampledFrom([]model.Phase{model.PhaseReference, model.PhaseReference, model.PhaseExcluded}).Draw(t, "phase")
		}
		k, sign := rapid.IntRange(1, 12).Draw(t, "window"), rapid.SampledFrom([]int{-1, 1}).Draw(t, "sign")
		extremes, held := windowsAnew(course, phases, k, sign, 1)
		if len(held) >= windowsPerEpisode {
			t.Skip("rare episodes may be left out")
		}
		gotExtremes, gotHeld := referenceWindows(course, phases, k, sign, 1, &buffers{})
		if diff := cmp.Diff(extremes, gotExtremes, cmpopts.EquateEmpty()) + cmp.Diff(held, gotHeld, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("windows of %d, looking %+d (-want +got):\n%s", k, sign, diff)
		}
	})
}

// windowsAnew takes each window's points anew.
func windowsAnew(values []float64, phases []model.Phase, k, sign int, center float64) (extremes, held []float64) {
	var reference []float64
	for i, v := range values {
		if phases[i] == model.PhaseReference {
			reference = append(reference, v)
		}
	}
	for end := k; end <= len(reference); end++ {
		var away []float64 // distances from the center, the farthest first
		for _, v := range reference[end-k : end] {
			if known(v) {
				away = append(away, math.Max(0, float64(sign)*(v-center)))
			}
		}
		if float64(len(away)) < minFilled*float64(k) {
			continue
		}
		slices.Sort(away)
		slices.Reverse(away)
		extremes, held = append(extremes, away[0]), append(held, away[heldRank(len(away))-1])
	}
	return extremes, held
}
