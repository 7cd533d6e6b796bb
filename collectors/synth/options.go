package synth

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Detail is how much is measured of each component.
type Detail int

const (
	// DetailFull is what true exporters show, in their names, found through the catalogue by the components' selectors.
	DetailFull Detail = iota
	// DetailLean is some ten series a component, defined as signals of the topology; for graphs of thousands.
	DetailLean
)

func (d Detail) String() string {
	if d < DetailFull || d > DetailLean {
		return fmt.Sprintf("detail %d", int(d))
	}
	return [...]string{"full", "lean"}[d]
}

// Options say what to make up. The zero value of a field means its default.
type Options struct {
	// Seed decides everything but names.
	Seed uint64
	// NameSeed decides names; 0 = Seed.
	NameSeed uint64
	// Components is how many there are, from 5 to 5,000; default 50.
	Components int
	// Faults hold at the same time, on different components; none = a quiet window.
	Faults []Kind
	// Duration is the length of the window; default 1 h.
	Duration time.Duration
	// Step is the incident's grid; default ScrapeInterval.
	Step time.Duration
	// ScrapeInterval is how often every series has a sample; default 15 s.
	ScrapeInterval time.Duration
	// Start is the first sample's time; default a fixed moment of 2026, some hours apart from seed to seed.
	Start time.Time
	// Onset is when the fault begins, as a share of Duration; default 0.6 to 0.75 by the seed.
	Onset  float64
	Detail Detail
	// Noise scales the noise of measurement; default 1, negative = none.
	Noise float64
	// Jitter moves each target's scrapes by up to this much; default none.
	Jitter time.Duration
	// Gaps is the share of scrapes that fail, 0 to 0.5; default none.
	Gaps float64
	// Resets is the chance that an instance restarts some time, its counters then begin at 0; default none.
	Resets float64
}

// Bounds of Options.
const (
	MinComponents = 5
	MaxComponents = 5000
	maxFaults     = 4
	minPoints     = 60
	maxPoints     = 20_000
	maxGapShare   = 0.5
)

func (o Options) withDefaults() Options {
	if o.NameSeed == 0 {
		o.NameSeed = o.Seed
	}
	if o.Components == 0 {
		o.Components = 50
	}
	if o.Duration == 0 {
		o.Duration = time.Hour
	}
	if o.ScrapeInterval == 0 {
		o.ScrapeInterval = 15 * time.Second
	}
	if o.Step == 0 {
		o.Step = o.ScrapeInterval
	}
	if o.Noise == 0 {
		o.Noise = 1
	}
	o.Noise = max(o.Noise, 0)
	return o
}

// Validate lists everything that is wrong.
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Components < MinComponents || o.Components > MaxComponents {
		add("components (%d) must be from %d to %d", o.Components, MinComponents, MaxComponents)
	}
	if len(o.Faults) > maxFaults {
		add("faults (%d) must be at most %d", len(o.Faults), maxFaults)
	}
	for i, k := range o.Faults {
		if k == KindNone || !slices.Contains(Kinds(), k) {
			add("faults[%d] (%q) must be one of %s", i, k, joinKinds())
		}
	}
	if o.ScrapeInterval < 0 || o.ScrapeInterval%time.Millisecond != 0 {
		add("scrape interval (%s) must be whole milliseconds and more than 0", o.ScrapeInterval)
	} else if n := o.Duration / o.ScrapeInterval; n < minPoints || n > maxPoints {
		add("duration (%s) must be from %d to %d scrape intervals", o.Duration, minPoints, maxPoints)
	}
	if o.Step < time.Millisecond || o.Step%time.Millisecond != 0 {
		add("step (%s) must be whole milliseconds and more than 0", o.Step)
	}
	if o.Onset != 0 && !(o.Onset >= 0.3 && o.Onset <= 0.9) {
		add("onset (%g) must be from 0.3 to 0.9 of the duration", o.Onset)
	}
	if o.Detail < DetailFull || o.Detail > DetailLean {
		add("detail (%d) must be %d or %d", o.Detail, DetailFull, DetailLean)
	}
	if o.Jitter < 0 || o.ScrapeInterval > 0 && o.Jitter >= o.ScrapeInterval {
		add("jitter (%s) must be less than the scrape interval", o.Jitter)
	}
	if !(o.Gaps >= 0 && o.Gaps <= maxGapShare) {
		add("gaps (%g) must be from 0 to %g", o.Gaps, maxGapShare)
	}
	if !(o.Resets >= 0 && o.Resets <= 1) {
		add("resets (%g) must be from 0 to 1", o.Resets)
	}
	return errors.Join(errs...)
}
