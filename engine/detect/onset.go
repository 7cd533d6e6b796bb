package detect

import (
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// onsetFraction of the held deviation is where an ordinary point ends and an unusual one begins, when searching back: a
// rate's window smears a step into a ramp, and half way up is its middle.
const onsetFraction = 0.5

// findSilence sets the onset of samples that stopped: between the last one before the symptom's end, less the smear of the
// signal's own range, and the point after it. A reference after the symptom may have samples again.
func findSilence(r *model.Reading, grid model.Grid, phases []model.Phase) {
	end := len(phases) - 1
	for end >= 0 && phases[end] != model.PhaseSymptom {
		end--
	}
	for i := end - 1; i >= 0; i-- {
		if known(r.Series.Values[i]) {
			smear := time.Duration(r.Series.SmearMillis) * time.Millisecond // a rate outlives its samples by its range
			r.Onset = model.Onset{Earliest: grid.Time(i).Add(-smear), Latest: grid.Time(i + 1)}
			return
		}
	}
}

// findOnset marks the unusual points and sets the onset to the first of the symptom, or to the first of the run that
// leads into it. The interval opens at the last ordinary point before that, less the smear of the signal's own range; it
// stays open where another incident, a jump in time, or a time of day with another level, comes between.
func findOnset(c *candidate, w width, grid model.Grid, phases []model.Phase) {
	r := c.reading
	values, sign := r.Series.Values, float64(c.sign)
	limit := min(w.held, max(onsetFraction*sign*(r.Observed-c.center), minSigmas/2*c.level.scale))
	unusual := func(i int) bool {
		v := values[i]
		return known(v) && sign*(v-c.center) >= limit
	}
	// A season whose day begins after the symptom is none of it; then the whole course counts.
	since := c.since
	if at := slices.Index(phases, model.PhaseSymptom); at < since {
		since = 0
	}
	first := -1
	for i := since; i < len(values); i++ {
		if phases[i] != model.PhaseSymptom && phases[i] != model.PhaseBefore {
			continue
		}
		if unusual(i) {
			r.Hits = append(r.Hits, i)
			if first < 0 && phases[i] == model.PhaseSymptom {
				first = i
			}
		}
	}
	if first < 0 {
		return
	}
	last := -1 // the last ordinary point before the run
	for i := first - 1; i >= since; i-- {
		if phases[i] == model.PhaseExcluded || phases[i] == model.PhaseOther || jumps(grid, i+1) {
			break
		}
		if !known(values[i]) {
			continue
		}
		if !unusual(i) {
			last = i
			break
		}
		first = i
	}
	r.Onset.Latest = grid.Time(first)
	if last >= 0 {
		smear := time.Duration(r.Series.SmearMillis) * time.Millisecond
		r.Onset.Earliest = grid.Time(last).Add(-smear)
	}
}
