package batch

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// set builds figures with every compared number known.
func set(name string, change func(*Figures)) Figures {
	f := Figures{
		Set:              name,
		Component:        Accuracy{N: 10, AC: [maxK]Ratio{0.6, 0.7, 0.8, 0.9, 0.9}, Avg5: 0.78},
		Signal:           Accuracy{AC: [maxK]Ratio{Ratio(math.NaN())}},
		Specificity:      Share{Share: 0.75},
		FalseAccusations: Share{Share: 0.1},
		Calibration:      Calibration{Brier: 0.2},
	}
	if change != nil {
		change(&f)
	}
	return f
}

func TestCompare(t *testing.T) {
	t.Parallel()
	was := []Figures{set("day", nil), set("night", nil), set(Overall, nil)}
	for _, tc := range []struct {
		name    string
		now     []Figures
		want    []string
		missing []string
	}{
		{"equal", was, nil, nil},
		{"below the tolerance", []Figures{
			set("day", func(f *Figures) { f.Component.AC[0] = 0.59995; f.Calibration.Brier = 0.204 }), was[1], was[2],
		}, nil, nil},
		{
			"less accurate",
			[]Figures{set("day", func(f *Figures) { f.Component.AC[0] = 0.5 }), was[1], was[2]},
			[]string{"day: AC@1 was 0.600, is 0.500 (worse)"},
			nil,
		},
		{"more accusations and a better Brier score", []Figures{was[0], set("night", func(f *Figures) {
			f.FalseAccusations.Share, f.Calibration.Brier = 0.2, 0.1
		}), was[2]}, []string{
			"night: false accusations was 0.100, is 0.200 (worse)", "night: Brier score was 0.200, is 0.100 (better)",
		}, nil},
		{
			"a figure got lost",
			[]Figures{set("day", func(f *Figures) { f.Specificity.Share = Ratio(math.NaN()) }), was[1], was[2]},
			[]string{"day: specificity was 0.750, is - (worse)"},
			nil,
		},
		{
			"a figure is new",
			[]Figures{set("day", func(f *Figures) { f.Signal.AC[0] = 0.3 }), was[1], was[2]},
			[]string{"day: AC@1 with signal was -, is 0.300 (better)"},
			nil,
		},
		{
			"errors",
			[]Figures{set("day", func(f *Figures) { f.Errors = 1 }), was[1], was[2]},
			[]string{"day: errors was 0.000, is 1.000 (worse)"},
			nil,
		},
		{
			"one set only, its overall means something else",
			[]Figures{set("night", func(f *Figures) { f.Component.Avg5 = 0.7 })},
			[]string{"night: Avg@5 was 0.780, is 0.700 (worse)"},
			[]string{"day"},
		},
		{"a further set", []Figures{was[0], was[1], set("dusk", nil), set(Overall, func(f *Figures) { f.Component.Avg5 = 0 })}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			changes, missing := Compare(NewBaseline(was), NewBaseline(tc.now))
			var got []string
			for _, c := range changes {
				got = append(got, c.String())
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.missing, missing); d != "" {
				t.Errorf("missing (-want +got):\n%s", d)
			}
		})
	}
}

// TestCompareHeldOut: a cross-validation is compared with its like, over the same sets.
func TestCompareHeldOut(t *testing.T) {
	t.Parallel()
	figures := func(avg5 Ratio) []Figures {
		return []Figures{set("day", func(f *Figures) { f.Component.Avg5 = avg5 }), set("night", nil), set(Overall, nil)}
	}
	of := func(sets []Figures, held ...HeldOut) Baseline {
		b := NewBaseline(sets)
		b.HeldOut = held
		return b
	}
	was := of(figures(0.8), HeldOut{"cause", figures(0.7)}, HeldOut{"day", figures(0.7)})
	for _, tc := range []struct {
		name string
		now  Baseline
		want []string
	}{
		{"the same", was, nil},
		{"not cross-validated", of(figures(0.8)), nil},
		{"worse where it was held out", of(figures(0.8), HeldOut{"cause", figures(0.6)}), []string{
			"day without its cause: Avg@5 was 0.700, is 0.600 (worse)",
		}},
		{"better, and by another way new", of(figures(0.9), HeldOut{"day", figures(0.75)}, HeldOut{"set", figures(0.1)}), []string{
			"day: Avg@5 was 0.800, is 0.900 (better)", "day without its day: Avg@5 was 0.700, is 0.750 (better)",
		}},
		{"fitted on fewer sets", of(figures(0.8)[:1], HeldOut{"cause", figures(0.1)[:1]}), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			changes, _ := Compare(was, tc.now)
			var got []string
			for _, c := range changes {
				got = append(got, c.String())
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
		})
	}
}

func TestBaselineSurvivesItsFile(t *testing.T) {
	t.Parallel()
	before := []Figures{Score("day", nil, 1), set("night", nil)}
	b := NewBaseline(before)
	b.HeldOut = []HeldOut{{By: "cause", Sets: []Figures{set("night", nil)}}}
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	after, err := DecodeBaseline(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b, after, cmp.Comparer(sameRatio)); d != "" {
		t.Errorf("read back (-want +got):\n%s", d)
	}
	again, err := after.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(data) {
		t.Errorf("written again it differs:\n%s\n%s", data, again)
	}
}

func TestDecodeBaselineErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ data, want string }{
		{"", "reading figures: EOF"},
		{`{"version": 1, "sets": [{"sett": "a"}]}`, `unknown field "sett"`},
		{`{"version": 2, "sets": [{"set": "a"}]}`, "version (2) must be 1"},
		{`{"version": 1}`, "sets must not be empty"},
	} {
		_, err := DecodeBaseline([]byte(tc.data))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("decoding %q gives %v, want %q", tc.data, err, tc.want)
		}
	}
}
