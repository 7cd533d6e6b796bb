package cohort_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/cohort"
	"github.com/diagnops/diagnops/engine/model"
)

// fleet is n units with labels that say what they are, and the badness of each.
func fleet(n int, labels func(i int) map[string]string, bad func(i int) float64) []cohort.Unit {
	units := make([]cohort.Unit, n)
	for i := range units {
		units[i] = cohort.Unit{Name: fmt.Sprintf("u%03d", i), Exposure: 1, Labels: model.NewLabels(labels(i)), Bad: bad(i)}
	}
	return units
}

func pick(i int, values ...string) string { return values[i%len(values)] }

func zoneAndKernel(i int) map[string]string {
	return map[string]string{"zone": pick(i, "a", "b", "c"), "kernel": pick(i/3, "6.1", "6.6"), "instance": fmt.Sprint(i)}
}

func TestPairOfLabels(t *testing.T) {
	t.Parallel()
	units := fleet(60, zoneAndKernel, func(i int) float64 {
		if i%3 == 1 && i/3%2 == 1 {
			return 5
		}
		return 0
	})
	r := quick(t, units, cohort.Events)
	if r.Found == nil {
		t.Fatal("nothing found")
	}
	want := cohort.Cohort{{Label: "kernel", Value: "6.6"}, {Label: "zone", Value: "b"}}
	if diff := cmp.Diff(want, r.Found.Cohort); diff != "" {
		t.Errorf("the cohort (-want +got):\n%s", diff)
	}
	if in := r.Found.In; in.Units != 10 || in.Bad != 50 {
		t.Errorf("it has %+v", in)
	}
}

// TestOneBadUnitIsNoZone: a single unit has labels too, and they explain nothing, however bad it is.
func TestOneBadUnitIsNoZone(t *testing.T) {
	t.Parallel()
	units := fleet(60, zoneAndKernel, func(i int) float64 {
		if i == 7 {
			return 1e6
		}
		return 1
	})
	for _, kind := range []cohort.Kind{cohort.Events, cohort.Levels} {
		if r := quick(t, units, kind); r.Found != nil {
			t.Errorf("one bad unit is %v, p %v", r.Found.Cohort, r.Found.Corrected)
		}
	}
}

// TestTrafficIsNoBadness: who has more requests has more failures.
func TestTrafficIsNoBadness(t *testing.T) {
	t.Parallel()
	named := 0
	var units []cohort.Unit
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 3))
		units = fleet(60, zoneAndKernel, func(int) float64 { return 0 })
		for i := range units {
			units[i].Exposure = 1000
			if i%3 == 0 {
				units[i].Exposure = 20_000
			}
			units[i].Bad = units[i].Exposure * (0.01 + 0.001*random.NormFloat64())
		}
		if r := quick(t, units, cohort.Events); r.Found != nil {
			named++
		}
	}
	if named > 5 {
		t.Errorf("labels of equally good units are named in %d of %d seeds", named, seeds)
	}
	for i := range units {
		if i%3 == 1 {
			units[i].Bad *= 120
		}
	}
	if r := quick(t, units, cohort.Events); r.Found == nil || r.Found.Cohort[0].Value != "b" {
		t.Errorf("the bad zone is not found: %+v", r.Found)
	}
}

// TestSlowKernel is a level, not a count.
func TestSlowKernel(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 0))
	units := fleet(24, zoneAndKernel, func(i int) float64 {
		if i/3%2 == 0 {
			return 1800 + 60*random.NormFloat64()
		}
		return 20 + random.NormFloat64()
	})
	r := quick(t, units, cohort.Levels)
	if r.Found == nil || r.Found.Cohort[0] != (cohort.Condition{Label: "kernel", Value: "6.1"}) {
		t.Fatalf("found %+v", r.Found)
	}
	if e := r.Found.Effect; e.Low < 1700 || e.High > 1860 || e.Low > e.Value || e.Value > e.High {
		t.Errorf("the difference is %+v", e)
	}
}

// TestOutcomesStayWithinTheirStratum: in each of six instances the same client fails; that some instances fail more is
// none of the clients' doing.
func TestOutcomesStayWithinTheirStratum(t *testing.T) {
	t.Parallel()
	var units []cohort.Unit
	for at := range 6 {
		for k, client := range []string{"android", "ios 15", "ios 16", "web"} {
			u := cohort.Unit{
				Name: fmt.Sprint(at, client), Stratum: fmt.Sprint(at), Exposure: 100, Bad: float64(at),
				Labels: model.NewLabels(map[string]string{"client": client, "path": pick(at+k, "/a", "/b")}),
			}
			if client == "ios 15" {
				u.Bad += 30
			}
			units = append(units, u)
		}
	}
	r := quick(t, units, cohort.Events)
	if r.Found == nil || len(r.Found.Cohort) != 1 || r.Found.Cohort[0].Value != "ios 15" {
		t.Errorf("found %+v", r.Found)
	}
}

// TestRivalsOverlap: nearly all of kernel 6.6 is in zone c, and all of these fail.
func TestRivalsOverlap(t *testing.T) {
	t.Parallel()
	units := fleet(60, func(i int) map[string]string {
		kernel, zone := "6.1", pick(i, "a", "b")
		if i < 15 {
			kernel, zone = "6.6", "c"
		}
		if i == 0 {
			zone = "a"
		}
		return map[string]string{"kernel": kernel, "zone": zone}
	}, func(i int) float64 {
		if i < 15 && i%3 != 0 {
			return 1
		}
		return 0
	})
	r := quick(t, units, cohort.Events)
	if r.Found == nil || len(r.Found.Rivals) != 1 || len(r.Found.Same) != 0 {
		t.Fatalf("found %+v", r.Found)
	}
	if rival := r.Found.Rivals[0]; rival.OnlyThis+rival.OnlyRival != 1 {
		t.Errorf("the rival is %+v", rival)
	}
}

func TestTooFewUnits(t *testing.T) {
	t.Parallel()
	units := fleet(4, func(i int) map[string]string { return map[string]string{"zone": pick(i, "a", "b")} }, func(i int) float64 { return float64(i % 2) })
	if r := quick(t, units, cohort.Events); !r.TooFew || r.Found != nil || len(r.Labels) != 0 {
		t.Errorf("four units come to %+v", r)
	}
}

func TestNothingToCompare(t *testing.T) {
	t.Parallel()
	unique := fleet(20, func(i int) map[string]string { return map[string]string{"instance": fmt.Sprint(i), "job": "x"} }, func(int) float64 { return 1 })
	if r := quick(t, unique, cohort.Events); len(r.Labels) != 0 || r.TooFew || r.Found != nil {
		t.Errorf("unique and constant labels come to %+v", r)
	}
	well := fleet(60, zoneAndKernel, func(int) float64 { return 0 })
	if r := quick(t, well, cohort.Events); r.Found != nil {
		t.Errorf("where nothing is bad, %v is", r.Found.Cohort)
	}
	if r := quick(t, nil, cohort.Events); r.Units != 0 || r.Found != nil {
		t.Errorf("nobody comes to %+v", r)
	}
}

// TestOrderDoesNotMatter: the same units in another order give the same answer to the last digit.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 0))
	units := cluster(random)
	fail(units, 60, false, random)
	want := quick(t, units, cohort.Events)
	random.Shuffle(len(units), func(i, j int) { units[i], units[j] = units[j], units[i] })
	if diff := cmp.Diff(want, quick(t, units, cohort.Events)); diff != "" {
		t.Errorf("in another order (-want +got):\n%s", diff)
	}
}

// TestRatioOfRates is held against the bounds of Clopper and Pearson: of 10 events all in the cohort, its share is at
// least 0.025^(1/10).
func TestRatioOfRates(t *testing.T) {
	t.Parallel()
	units := fleet(40, func(i int) map[string]string { return map[string]string{"half": pick(i, "bad", "well")} }, func(i int) float64 {
		if i < 20 && i%2 == 0 {
			return 1
		}
		return 0
	})
	r := quick(t, units, cohort.Events)
	if r.Found == nil {
		t.Fatal("nothing found")
	}
	share := math.Pow(0.025, 0.1)
	if e := r.Found.Effect; math.Abs(e.Low-share/(1-share)) > 1e-9 || !math.IsInf(e.Value, 1) || !math.IsInf(e.High, 1) {
		t.Errorf("ten events to none come to %+v, want at least %v", e, share/(1-share))
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	good := fleet(10, zoneAndKernel, func(int) float64 { return 1 })
	for name, c := range map[string]struct {
		spoil func(u *cohort.Unit, o *cohort.Options)
		says  string
	}{
		"no exposure":   {func(u *cohort.Unit, _ *cohort.Options) { u.Exposure = 0 }, `unit "u003"`},
		"not a number":  {func(u *cohort.Unit, _ *cohort.Options) { u.Bad = math.NaN() }, `unit "u003"`},
		"alpha":         {func(_ *cohort.Unit, o *cohort.Options) { o.Alpha = 1 }, "alpha (1)"},
		"few exchanges": {func(_ *cohort.Unit, o *cohort.Options) { o.Exchanges = 10 }, "exchanges (10)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units, o := append([]cohort.Unit(nil), good...), cohort.Options{}
			c.spoil(&units[3], &o)
			if _, err := cohort.Compare(units, cohort.Events, o); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one with %s", err, c.says)
			}
		})
	}
}

// TestRoundingIsNoBadness: units that fare exactly alike, in numbers that no computer holds exactly.
func TestRoundingIsNoBadness(t *testing.T) {
	t.Parallel()
	units := fleet(60, zoneAndKernel, func(int) float64 { return 0 })
	for i := range units {
		units[i].Exposure = 0.1 * float64(1+i%7)
		units[i].Bad = units[i].Exposure * 0.3
	}
	if r := quick(t, units, cohort.Levels); r.Found != nil {
		t.Errorf("equal units are separated by %v", r.Found.Cohort)
	}
}
