package detect

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// maxAlike is how many stretches of the reference may be bad as the symptom is now: more of them are the usual.
	maxAlike = 4
	// sickShare of the deviation now is what makes a stretch bad: the same job hurts less at a quieter hour.
	sickShare = 0.2
	// sickPoints is how many points make a stretch, or those that a held value needs where they are fewer.
	sickPoints = 3
)

// Episodes finds the stretches of the reference in which r, a reading of the symptom, was bad as it is now, and returns
// the phases without them; nil when there are none. A job that runs by the clock hurts everybody each time it
// runs: what it did an hour ago is known trouble, as an incident that somebody wrote down is, and must not count as what is
// usual for any signal. It does not matter whether r was found abnormal: the earlier run may be what made it look usual.
//
// Signal: points that reach sickShare of what the symptom holds now and lie farSigmas off the ordinary level, sickPoints of
// them. Defaults: at most maxAlike stretches, at most rareShare of the reference; as much again on either side goes with
// each, since queues fill before and drain after.
// When it is wrong: two troubles with different causes that look alike at the symptom; then the reference is only shorter.
// What was tried: leaving out rare windows for each series by itself (withoutEpisodes) takes the run out of one signal
// and leaves it in the next, and the ranking then prefers whichever lost it.
func Episodes(r *model.Reading, grid model.Grid, phases []model.Phase) ([]model.Interval, []model.Phase) {
	if r.Reference.Seasonal() {
		return nil, nil // what comes at its time of day is no trouble that somebody forgot to write down
	}
	c, buf := candidate{reading: r}, &buffers{}
	split(r.Series.Values, stretchesOf(phases), buf)
	if len(buf.ref) == 0 || len(buf.symptom) == 0 {
		return nil, nil
	}
	c.level = measureLevel(buf.ref, make([]float64, len(buf.ref)), r.Series.Signal)
	c.sign = +1
	if r.Series.Signal.Bad == model.BadDown {
		c.sign = -1
	}
	held := float64(c.sign) * (windowStatistics(buf.symptom, c.sign).held - c.level.median)
	floor := max(farSigmas*c.level.narrow, minWidth(r.Series.Signal, c.level))
	if held < floor {
		return nil, nil
	}
	runs, covered := alikeRuns(&c, phases, max(floor, sickShare*held), min(sickPoints, heldRank(len(buf.symptom))))
	if len(runs) == 0 || len(runs) > maxAlike || float64(covered) > rareShare*float64(len(buf.ref)) {
		return nil, nil
	}
	when, out := make([]model.Interval, 0, len(runs)), slices.Clone(phases)
	for _, run := range runs {
		when = append(when, model.Interval{From: grid.Time(run.first), To: grid.Time(run.last)})
		around := run.last - run.first + 1
		for i := max(0, run.first-around); i <= min(len(out)-1, run.last+around); i++ {
			if out[i] == model.PhaseReference {
				out[i] = model.PhaseExcluded
			}
		}
	}
	return when, out
}

// run is a stretch of grid points, both ends included.
type run struct{ first, last int }

// alikeRuns finds the stretches of the reference that reach limit at no fewer than enough points, of which at most one in
// three lies lower, and counts the points that reach it.
func alikeRuns(c *candidate, phases []model.Phase, limit float64, enough int) (runs []run, covered int) {
	at, points, low := run{}, 0, 0
	flush := func() {
		if points >= enough {
			runs, covered = append(runs, at), covered+points
		}
		points, low = 0, 0
	}
	for i, v := range c.reading.Series.Values {
		if phases[i] != model.PhaseReference || !known(v) {
			continue
		}
		switch reaches := float64(c.sign)*(v-c.level.median) >= limit; {
		case reaches && points == 0:
			at, points = run{i, i}, 1
		case reaches:
			at.last, points, low = i, points+1, 0
		case points > 0:
			if low++; low > max(1, points/2) {
				flush()
			}
		}
	}
	flush()
	return runs, covered
}
