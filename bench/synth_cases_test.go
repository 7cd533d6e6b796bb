package bench

import (
	"os"
	"strconv"
	"testing"

	"github.com/diagnops/diagnops/collectors/synth"
)

// Made-up incidents test what recorded ones cannot: many graphs, every kind of fault, sizes up to thousands. They are
// never the only proof of accuracy.

// synthRun says which incidents are made up: those of seeds incidents from the seed base on.
type synthRun struct {
	seeds int
	base  uint64
	out   string // where the figures are written; "" = nowhere
}

// defaultSynthRun is small enough for every change.
var defaultSynthRun = synthRun{seeds: 60}

// heldOut is the first of the seeds on which `make eval` reports. Whoever improves the engine looks at those below; of
// these, no incident is shown on its own.
const heldOut = 1_000_000

// bounded tells whether the bounds of the suites, which were measured on the default run, apply.
func (r synthRun) bounded() bool {
	return r.seeds == defaultSynthRun.seeds && r.base == defaultSynthRun.base
}

// synthRunOf reads DIAGNOPS_SYNTH_SEEDS, DIAGNOPS_SYNTH_BASE and DIAGNOPS_SYNTH_OUT.
func synthRunOf(t *testing.T) synthRun {
	t.Helper()
	run := defaultSynthRun
	if text := os.Getenv("DIAGNOPS_SYNTH_SEEDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > seedsOfDoubles {
			t.Fatalf("DIAGNOPS_SYNTH_SEEDS (%q) must be a number from 1 to %d", text, seedsOfDoubles)
		}
		run.seeds = n
	}
	if text := os.Getenv("DIAGNOPS_SYNTH_BASE"); text != "" {
		base, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("DIAGNOPS_SYNTH_BASE (%q) must be a seed", text)
		}
		run.base = base
	}
	run.out = os.Getenv("DIAGNOPS_SYNTH_OUT")
	return run
}

// synthCase is one incident to be made up.
type synthCase struct {
	group string // whose figures it counts in: the kind of fault, or what else tells it apart
	opts  synth.Options
}

// drawer makes n cases from the seed base on; size and detail are the suite's.
type drawer func(n int, base uint64) []synthCase

// singles have one fault each, all kinds in turn.
func singles(n int, base uint64) []synthCase {
	kinds := synth.Kinds()
	cases := make([]synthCase, n)
	for i := range cases {
		k := kinds[i%len(kinds)]
		cases[i] = synthCase{string(k), synth.Options{Seed: base + uint64(i), Faults: []synth.Kind{k}}}
	}
	return cases
}

// Suites of one kind draw other graphs than those of the next: their seeds begin this far above the base.
const (
	seedsOfDoubles = 10_000
	seedsOfQuiet   = 20_000
)

// doubles have two different kinds at once: every kind in turn, with another one each time round.
func doubles(n int, base uint64) []synthCase {
	kinds := synth.Kinds()
	cases := make([]synthCase, n)
	for i := range cases {
		other := i + 1 + i/len(kinds)%(len(kinds)-1)
		cases[i] = synthCase{"two faults", synth.Options{
			Seed: base + seedsOfDoubles + uint64(i), Faults: []synth.Kind{kinds[i%len(kinds)], kinds[other%len(kinds)]},
		}}
	}
	return cases
}

// quiets have no fault.
func quiets(n int, base uint64) []synthCase {
	cases := make([]synthCase, n)
	for i := range cases {
		cases[i] = synthCase{"quiet", synth.Options{Seed: base + seedsOfQuiet + uint64(i)}}
	}
	return cases
}

// TestDoublesPairEveryKind: no fault is paired with itself, and in time every kind meets every other.
func TestDoublesPairEveryKind(t *testing.T) {
	t.Parallel()
	n := len(synth.Kinds())
	met := map[[2]synth.Kind]bool{}
	for _, c := range doubles(n*(n-1), 0) {
		a, b := c.opts.Faults[0], c.opts.Faults[1]
		if a == b {
			t.Errorf("seed %d: %s twice", c.opts.Seed, a)
		}
		met[[2]synth.Kind{a, b}] = true
	}
	if len(met) != n*(n-1) {
		t.Errorf("%d ordered pairs of %d", len(met), n*(n-1))
	}
}
