package window

import (
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

func TestOptionsValidateListsEverything(t *testing.T) {
	_, err := New(Options{SamplesPerSeries: -1, MaxSeries: -2})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"samples per series (-1) must be", "max series (-2) must be"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}

func TestSeriesFindsAndRegisters(t *testing.T) {
	for name, mask := range map[string]uint64{"good hash": math.MaxUint64, "every hash clashes": 0} {
		t.Run(name, func(t *testing.T) {
			w := newWindow(t, Options{})
			w.hashMask = mask
			sets := []model.Labels{
				lb("__name__", "up", "job", "web"), lb("__name__", "up", "job", "db"), lb("__name__", "up"),
				{},
				// Would be the same bytes as the first one's without separators.
				lb("__name__", "upjob", "web", ""), lb("__name__", "up", "jobw", "eb"),
			}
			for i, ls := range sets {
				if ref, err := w.Series(ls); err != nil || int(ref) != i {
					t.Fatalf("Series(%s) = %d, %v, want %d", ls, ref, err, i)
				}
			}
			for i, ls := range sets {
				if ref, err := w.Series(slices.Clone(ls)); err != nil || int(ref) != i {
					t.Errorf("again: Series(%s) = %d, %v, want %d", ls, ref, err, i)
				}
			}
		})
	}
}

func TestSeriesTakesLabelsInAnyForm(t *testing.T) {
	w := newWindow(t, Options{})
	a, err := w.Series(lb("__name__", "up", "job", "web"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Series(model.Labels{{Name: "zone", Value: ""}, {Name: "job", Value: "web"}, {Name: "__name__", Value: "up"}})
	if err != nil || a != b {
		t.Errorf("unsorted with an empty value: ref %d, %v, want %d", b, err, a)
	}
	if _, err := w.Series(model.Labels{{Name: "a", Value: "1"}, {Name: "a", Value: "2"}}); err == nil {
		t.Error("a label that comes twice is taken")
	}
}

func TestSeriesOverBudget(t *testing.T) {
	w := newWindow(t, Options{MaxSeries: 1})
	if _, err := w.Series(lb("__name__", "up")); err != nil {
		t.Fatal(err)
	}
	_, err := w.Series(lb("__name__", "down", "job", "web"))
	if !errors.Is(err, ErrTooManySeries) || !strings.Contains(err.Error(), `down{job="web"}`) {
		t.Errorf("error %v does not name the series", err)
	}
	if _, err := w.Series(lb("__name__", "up")); err != nil {
		t.Errorf("a known series is refused: %v", err)
	}
	if got := w.Stats(); got.RefusedSeries != 1 || got.Series != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestAppendRefusesAndCounts(t *testing.T) {
	w := newWindow(t, Options{SamplesPerSeries: 2})
	ref := fill(t, w, lb("__name__", "up"), 10, 1, 1, 2, 3)
	w.Append(ref, 12_000, 9)
	w.Append(ref, 12_000, 3)
	w.Append(ref, 11_000, 2)
	w.Append(ref, 11_500, 9)
	w.Append(ref+1, 20_000, 9)
	want := Stats{Series: 1, Samples: 3, Live: 2, Overwritten: 1, OutOfOrder: 1, Duplicate: 2, Conflict: 1, UnknownRef: 1}
	if got := w.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	if ts := columnOf(w.Cut(at(100)), ref).ts; !slices.Equal(ts, []int64{11_000, 12_000}) {
		t.Errorf("times %v", ts)
	}
}

func TestAppendAndFindAllocateNothing(t *testing.T) {
	w := newWindow(t, Options{})
	ls := lb("__name__", "up", "instance", "web-1:8080", "job", "web")
	now := int64(0)
	if got := testing.AllocsPerRun(1000, func() {
		now++
		ref, err := w.Series(ls)
		if err != nil {
			t.Fatal(err)
		}
		w.Append(ref, now, 1)
	}); got != 0 {
		t.Errorf("%v allocations, want 0", got)
	}
}

// columnOf returns the column of a place.
func columnOf(c *Cut, ref model.SeriesRef) *column {
	p := &c.parts[0]
	return c.column(picked{p.series(ref), p})
}

func TestCutLeavesOutWhatIsLater(t *testing.T) {
	w := newWindow(t, Options{})
	a := fill(t, w, lb("__name__", "a"), 0, 10, 1, 2, 3, 4)
	c := w.Cut(at(20))
	fill(t, w, lb("__name__", "b"), 0, 10, 1, 2)
	if ts := columnOf(c, a).ts; !slices.Equal(ts, []int64{0, 10_000, 20_000}) {
		t.Errorf("times %v", ts)
	}
	w.Append(a, 15_000_000, 9)
	if ts := columnOf(c, a).ts; len(ts) != 3 {
		t.Errorf("the cut changed: times %v", ts)
	}
	if refs := c.pick([]*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+")}); len(refs) != 1 {
		t.Errorf("a series registered after the cut is in it: %v", refs)
	}
	if series, samples := c.Raw(); series != 1 || samples != 3 {
		t.Errorf("Raw = %d, %d, want 1, 3", series, samples)
	}
	if series, samples := w.Cut(at(20)).Raw(); series != 2 || samples != 5 {
		t.Errorf("Raw of a fresh cut = %d, %d, want 2, 5", series, samples)
	}
}

func TestCutCountsWhatIsLost(t *testing.T) {
	w := newWindow(t, Options{SamplesPerSeries: 4})
	ref := fill(t, w, lb("__name__", "a"), 0, 1, 1, 2, 3, 4, 5, 6)
	c := w.Cut(at(100))
	if columnOf(c, ref); c.Lost() != 2 {
		t.Errorf("Lost = %d, want 2", c.Lost())
	}
}

// TestSelect holds the postings against a scan with every matcher.
func TestSelect(t *testing.T) {
	values := rapid.SampledFrom([]string{"", "a", "b", "ab", "c"})
	matcher := rapid.Custom(func(t *rapid.T) *labels.Matcher {
		typ := rapid.SampledFrom([]labels.MatchType{
			labels.MatchEqual, labels.MatchNotEqual, labels.MatchRegexp, labels.MatchNotRegexp,
		}).Draw(t, "type")
		value := rapid.SampledFrom([]string{"", "a", "b", "a|b", "a|a|ab", "a.*", ".*", ".+", "a?"}).Draw(t, "value")
		return labels.MustNewMatcher(typ, rapid.SampledFrom([]string{"__name__", "x", "y"}).Draw(t, "label"), value)
	})
	rapid.Check(t, func(t *rapid.T) {
		w, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(0, 30).Draw(t, "series") {
			if _, err := w.Series(lb("__name__", values.Draw(t, "name"), "x", values.Draw(t, "x"), "y", values.Draw(t, "y"))); err != nil {
				t.Fatal(err)
			}
		}
		c := w.Cut(at(0))
		ms := rapid.SliceOfN(matcher, 0, 3).Draw(t, "matchers")
		var want []model.SeriesRef
		for ref := range model.SeriesRef(c.parts[0].size) {
			if matches(c.parts[0].series(ref).labels, ms) {
				want = append(want, ref)
			}
		}
		var got []model.SeriesRef
		for _, s := range c.pick(ms) {
			got = append(got, s.ref)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v selects %v, want %v", ms, got, want)
		}
	})
}

// TestReadersBesideTheOwner lets readers cut and select while series are registered and samples appended: under the
// race detector it shows that nothing is shared without care, and without it that a cut is whole.
func TestReadersBesideTheOwner(t *testing.T) {
	w := newWindow(t, Options{SamplesPerSeries: 8})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			ms := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "__name__", "m")}
			for {
				select {
				case <-done:
					return
				default:
				}
				c := w.Cut(at(1 << 30))
				for _, s := range c.pick(ms) {
					col := c.column(s)
					for i, ts := range col.ts {
						if col.vs[i] != float64(ts) || i > 0 && ts <= col.ts[i-1] {
							t.Errorf("series %d: %v at %d", s.ref, col.vs[i], ts)
							return
						}
					}
				}
				w.Stats()
			}
		})
	}
	for i := range 300 {
		ref, err := w.Series(lb("__name__", "m", "i", strings.Repeat("x", i%50), "j", strings.Repeat("y", i/50)))
		if err != nil {
			t.Fatal(err)
		}
		for r := range ref + 1 {
			w.Append(r, int64(1000*i), float64(1000*i))
		}
	}
	close(done)
	wg.Wait()
	if got := w.Stats(); got.Series != 300 || got.Samples != 300*301/2 {
		t.Errorf("stats %+v", got)
	}
}
