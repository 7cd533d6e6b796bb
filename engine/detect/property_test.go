package detect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// signals are one of each sort that has its own floors.
var signals = []*model.Signal{
	{Name: "latency_p95", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp},
	{Name: "latency_ms", Kind: model.KindLatency, Unit: "ms", Bad: model.BadUp},
	{Name: "errors", Kind: model.KindErrors, Unit: "ratio", Bad: model.BadUp},
	{Name: "error_rate", Kind: model.KindErrors, Unit: "1/s", Bad: model.BadUp},
	{Name: "success", Kind: model.KindAvailability, Unit: "percent", Bad: model.BadDown},
	{Name: "up", Kind: model.KindAvailability, Unit: "bool", Bad: model.BadDown},
	{Name: "cpu", Kind: model.KindUtilization, Unit: "percent", Bad: model.BadUp},
	{Name: "cores", Kind: model.KindUsage, Unit: "cores", Bad: model.BadUp},
	{Name: "depth", Kind: model.KindSaturation, Unit: "messages", Bad: model.BadUp},
	{Name: "traffic", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange},
	{Name: "threads", Kind: model.KindUsage, Unit: "threads", Bad: model.BadBoth},
}

// anyLane draws a lane of any phases in any order, jumps included, with several series that have gaps, steps, spikes
// and infinities.
func anyLane(t *rapid.T) *lane {
	l := straight(0, 0, 0)
	for range rapid.IntRange(1, 6).Draw(t, "runs") {
		p := model.Phase(rapid.IntRange(int(model.PhaseOther), int(model.PhaseSymptom)).Draw(t, "phase"))
		l.run(p, rapid.IntRange(1, 40).Draw(t, "points"))
		if rapid.IntRange(0, 4).Draw(t, "jump") == 0 {
			l.jump(24 * time.Hour)
		}
	}
	if rapid.Bool().Draw(t, "season") {
		l.season = anySeason(t, len(l.phases))
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "series") {
		sig := rapid.SampledFrom(signals).Draw(t, "signal")
		l.add(string(rune('a'+i)), sig, anyCourse(t, len(l.phases)))
	}
	return l
}

// anySeason draws days that lie anywhere, and overlap what they should not.
func anySeason(t *rapid.T, n int) model.Season {
	stretch := func(label string) model.Stretch {
		first := rapid.IntRange(0, n-1).Draw(t, label)
		return model.Stretch{First: first, End: rapid.IntRange(first+1, min(n, first+20)).Draw(t, label+" end")}
	}
	day := func() model.TimeOfDay {
		return model.TimeOfDay{
			Weekday: time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday")),
			Lead:    stretch("lead"), At: stretch("at"), Near: stretch("near"),
		}
	}
	s := model.Season{Today: day()}
	for range rapid.IntRange(0, 12).Draw(t, "days") {
		s.Days = append(s.Days, day())
	}
	return s
}

// anyCourse draws a course of n points. Its noise is seeded, because rapid is slow at drawing many numbers.
func anyCourse(t *rapid.T, n int) []float64 {
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	level := rapid.SampledFrom([]float64{0, 0.001, 0.2, 1, 50, 1e6}).Draw(t, "level")
	spread := rapid.SampledFrom([]float64{0, 0.05, 0.5}).Draw(t, "spread")
	holes := rapid.SampledFrom([]float64{0, 0.1, 0.9, 1}).Draw(t, "gaps")
	whole := rapid.Bool().Draw(t, "whole numbers")
	stepAt, stepBy := rapid.IntRange(0, n).Draw(t, "step at"), rapid.SampledFrom([]float64{0.1, 1, 1, 8}).Draw(t, "step by")
	infinite := rapid.IntRange(0, 5).Draw(t, "infinities") == 0
	out := make([]float64, n)
	for i := range out {
		v := level * (1 + spread*rng.NormFloat64())
		if i >= stepAt {
			v *= stepBy
		}
		if whole {
			v = math.Round(v)
		}
		switch {
		case rng.Float64() < holes:
			v = model.Gap()
		case infinite && rng.IntN(20) == 0:
			v = math.Inf(1)
		}
		out[i] = v
	}
	return out
}

// TestReadingsHold: whatever the series, a reading says nothing that it cannot.
func TestReadingsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLane(t)
		before := make([][]float64, len(l.series))
		for i, s := range l.series {
			before[i] = slices.Clone(s.Values)
		}
		readings := l.read()
		if len(readings) != len(l.series) {
			t.Fatalf("%d readings of %d series", len(readings), len(l.series))
		}
		for i, r := range readings {
			if r.Series != l.series[i] {
				t.Fatalf("reading %d is of another series", i)
			}
			if diff := cmp.Diff(before[i], r.Series.Values, cmpopts.EquateNaNs()); diff != "" {
				t.Fatalf("the values of %s were changed: %s", r.Series.ID(), diff)
			}
			holds(t, r, l)
		}
	})
}

func holds(t *rapid.T, r *model.Reading, l *lane) {
	t.Helper()
	id := r.Series.ID()
	if (r.State == model.StateUnknown) != (r.Reason != model.ReasonNone) {
		t.Fatalf("%s is %s for reason %q", id, r.State, r.Reason)
	}
	if r.State == model.StateUnknown {
		if r.Sign != 0 || r.Bad || len(r.Hits) > 0 || r.Severity != 0 {
			t.Fatalf("%s is unknown, and yet %+v", id, r)
		}
		return
	}
	for name, v := range map[string]float64{
		"observed": r.Observed, "baseline": r.Baseline, "scale": r.Scale, "low": r.Low, "high": r.High,
		"sigma": r.Sigma, "severity": r.Severity, "confidence": r.Confidence,
	} {
		if !finite(v) {
			t.Fatalf("%s: %s is %v", id, name, v)
		}
	}
	if !(r.Scale > 0) || r.Low > r.High || r.Baseline < r.Low || r.Baseline > r.High {
		t.Fatalf("%s: level %v is not between %v and %v, or its scale %v is not positive", id, r.Baseline, r.Low, r.High, r.Scale)
	}
	if r.State == model.StateNormal {
		if r.Sign != 0 || r.Bad || len(r.Hits) > 0 || r.Onset != (model.Onset{}) || r.Severity >= 1 {
			t.Fatalf("%s is normal, and yet %+v", id, r)
		}
		return
	}
	if r.Severity < 1 || r.Sign*r.Sign != 1 || r.Bad != r.Series.Signal.Bad.Judges(r.Sign) || r.Confidence < 0 || r.Confidence > 1 {
		t.Fatalf("%s is abnormal, and yet %+v", id, r)
	}
	if len(r.Hits) == 0 || !slices.IsSorted(r.Hits) || r.Onset.Latest.IsZero() {
		t.Fatalf("%s is abnormal, but nobody knows when: %v, %v", id, r.Hits, r.Onset)
	}
	for _, h := range r.Hits {
		if p := l.phases[h]; p != model.PhaseSymptom && p != model.PhaseBefore {
			t.Fatalf("%s: unusual point %d is %s", id, h, p)
		}
	}
	if r.Onset.Known() && !r.Onset.Earliest.Before(r.Onset.Latest) {
		t.Fatalf("%s: onset from %s to %s", id, r.Onset.Earliest, r.Onset.Latest)
	}
}

// same tells readings apart but for their series.
func same(a, b *model.Reading) string {
	return cmp.Diff(a, b, cmpopts.EquateNaNs(), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(model.Reading{}, "Series"))
}

func TestOrderOfSeriesDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLane(t)
		want := map[*model.Series]*model.Reading{}
		for _, r := range l.read() {
			want[r.Series] = r
		}
		l.series = rapid.Permutation(l.series).Draw(t, "order")
		for _, r := range l.read() {
			if diff := same(want[r.Series], r); diff != "" {
				t.Fatalf("%s reads otherwise in another order:\n%s", r.Series.ID(), diff)
			}
		}
	})
}

// TestScaleDoesNotMatter: a latency in units half as large is the same latency. Powers of two keep every rounding.
func TestScaleDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := straight(rapid.IntRange(4, 300).Draw(t, "reference"), 12, rapid.IntRange(1, 12).Draw(t, "symptom"))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2))
		factor := math.Ldexp(1, rapid.IntRange(1, 8).Draw(t, "doublings"))
		harm := rapid.Float64Range(1, 6).Draw(t, "harm")
		small, large := make([]float64, len(l.phases)), make([]float64, len(l.phases))
		for i, p := range l.phases {
			small[i] = 0.5 + 0.4*rng.Float64() // Far above half a millisecond, below which all latencies are alike.
			if p == model.PhaseSymptom {
				small[i] *= harm
			}
			large[i] = factor * small[i]
		}
		l.add("web", signals[0], small)
		l.add("web", signals[0], large)
		rs := l.read()
		want := *rs[0]
		want.Observed, want.Baseline, want.Scale = want.Observed*factor, want.Baseline*factor, want.Scale*factor
		want.Low, want.High = want.Low*factor, want.High*factor
		if diff := same(&want, rs[1]); diff != "" {
			t.Fatalf("%g times the latency reads otherwise:\n%s", factor, diff)
		}
	})
}

func TestOtherSignalsDoNotMatter(t *testing.T) {
	stranger := &model.Signal{Name: "something_else", Kind: model.KindUsage, Unit: "things", Bad: model.BadBoth}
	rapid.Check(t, func(t *rapid.T) {
		l := anyLane(t)
		want := l.read()
		at := rapid.IntRange(0, len(l.series)).Draw(t, "place")
		other := &model.Series{Subject: model.Subject{Component: "z"}, Signal: stranger, Values: anyCourse(t, len(l.phases))}
		l.series = slices.Insert(l.series, at, other)
		got := slices.Delete(l.read(), at, at+1)
		for i := range want {
			if diff := same(want[i], got[i]); diff != "" {
				t.Fatalf("%s reads otherwise beside another signal:\n%s", want[i].Series.ID(), diff)
			}
		}
	})
}

// TestPeersDoNotMatterToALongPast: the same signal on other components changes no verdict on a series that has a long
// reference of its own.
func TestPeersDoNotMatterToALongPast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := straight(400, 20, rapid.IntRange(1, 12).Draw(t, "symptom"))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		course := func(harm float64) []float64 {
			out := make([]float64, len(l.phases))
			for i, p := range l.phases {
				out[i] = 0.2 + 0.02*rng.NormFloat64()
				if p == model.PhaseSymptom {
					out[i] *= harm
				}
			}
			return out
		}
		harm := rapid.SampledFrom([]float64{1, 1, 3, 10}).Draw(t, "harm")
		l.add("web", signals[0], course(harm))
		alone := l.read()[0]
		for i := range rapid.IntRange(1, 12).Draw(t, "peers") {
			l.add(string(rune('a'+i)), signals[0], course(rapid.SampledFrom([]float64{1, 5}).Draw(t, "harm of a peer")))
		}
		among := l.read()[0]
		if alone.State != among.State || alone.Sign != among.Sign || alone.Onset != among.Onset {
			t.Fatalf("alone %s (severity %.2f), among peers %s (severity %.2f)", alone.State, alone.Severity, among.State, among.Severity)
		}
	})
}

func TestTimeOfDayDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLane(t)
		want := l.read()
		shift := time.Duration(rapid.Int64Range(-1e9, 1e9).Draw(t, "seconds")) * time.Second
		for i := range l.grid.Spans {
			l.grid.Spans[i].StartMillis += shift.Milliseconds()
		}
		for i, r := range l.read() {
			moved := *want[i]
			for _, end := range []*time.Time{&moved.Onset.Earliest, &moved.Onset.Latest} {
				if !end.IsZero() {
					*end = end.Add(shift)
				}
			}
			if diff := same(&moved, r); diff != "" {
				t.Fatalf("%s reads otherwise %s later:\n%s", r.Series.ID(), shift, diff)
			}
		}
	})
}
