package cohort_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/cohort"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	machines = 250
	old      = 20
	seeds    = 100
)

// cluster is 250 machines with what one would know of them, 20 of them of old hardware. The old ones came together, so
// that they stand in few racks; kernels, zones and versions have nothing to do with it.
func cluster(random *rand.Rand) []cohort.Unit {
	units := make([]cohort.Unit, machines)
	for i := range units {
		hardware := "new"
		if i < old {
			hardware = "old"
		}
		kernel, version := "6.1", "2.3"
		if random.Float64() < 0.4 {
			kernel = "6.6"
		}
		if random.Float64() < 0.3 {
			version = "2.4"
		}
		units[i] = cohort.Unit{
			Name: fmt.Sprintf("m%03d", i), Exposure: 1,
			Labels: model.NewLabels(map[string]string{
				"hardware": hardware, "kernel": kernel, "version": version,
				"instance": fmt.Sprintf("m%03d:9100", i),
				"rack":     fmt.Sprintf("r%02d", i/20),
				"zone":     []string{"a", "b", "c"}[random.IntN(3)],
			}),
		}
	}
	return units
}

// fail powers machines off at random, the old ones never; fresh: first those that have not failed yet.
func fail(units []cohort.Unit, events int, fresh bool, random *rand.Rand) {
	for range events {
		for {
			u := &units[old+random.IntN(machines-old)]
			if !fresh || u.Bad == 0 {
				u.Bad++
				break
			}
		}
	}
}

// shuffle gives the labels to other machines.
func shuffle(units []cohort.Unit, random *rand.Rand) {
	random.Shuffle(len(units), func(i, j int) { units[i].Labels, units[j].Labels = units[j].Labels, units[i].Labels })
}

// quick is enough exchanges to tell 4 % from 5 %.
func quick(t *testing.T, units []cohort.Unit, kind cohort.Kind) cohort.Result {
	t.Helper()
	r, err := cohort.Compare(units, kind, cohort.Options{Exchanges: 1999})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func namesTheNewOnes(r cohort.Result) bool {
	return r.Found != nil && len(r.Found.Cohort) == 1 && r.Found.Cohort[0] == cohort.Condition{Label: "hardware", Value: "new"}
}

// TestOldMachinesAreSpared is the case of power-offs that hit "never the same ones, in the end nearly all", but never an
// old machine: at the 50th the hardware is named, and where labels mean nothing none is.
func TestOldMachinesAreSpared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fresh bool
		named int // of 100, at least
	}{
		"never the same": {true, 95},
		"also the same":  {false, 85},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			named, silent := 0, 0
			for seed := range uint64(seeds) {
				random := rand.New(rand.NewPCG(seed, 0))
				units := cluster(random)
				fail(units, 50, c.fresh, random)
				r := quick(t, units, cohort.Events)
				if namesTheNewOnes(r) {
					named++
					if r.Found.In.Bad != 50 || r.Found.Out.Units != old || r.Found.Corrected < r.Found.P {
						t.Errorf("seed %d: found %+v", seed, r.Found)
					}
				}
				shuffle(units, random)
				if r := quick(t, units, cohort.Events); r.Found == nil && !r.TooFew && len(r.Labels) == 5 {
					silent++
				}
			}
			t.Logf("of %d seeds: the hardware named in %d, none where shuffled in %d", seeds, named, silent)
			if named < c.named || silent < 95 {
				t.Errorf("the hardware is named in %d of %d, want %d; silent where shuffled in %d, want 95", named, seeds, c.named, silent)
			}
		})
	}
}

// TestOldRackIsTheOldHardware holds two labels against each other that are one fact: the rack of the old ones.
func TestOldRackIsTheOldHardware(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	units := cluster(random)
	fail(units, 60, true, random)
	r := quick(t, units, cohort.Events)
	if !namesTheNewOnes(r) {
		t.Fatalf("found %+v", r.Found)
	}
	want := []cohort.Cohort{{{Label: "rack", Value: "r00", Not: true}}}
	if diff := cmp.Diff(want, r.Found.Same); diff != "" {
		t.Errorf("cohorts of the same units (-want +got):\n%s", diff)
	}
}
