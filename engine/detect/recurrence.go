package detect

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

// A batch job, a backup, a cron run saturates a resource now and then. Its earlier runs lie in the reference and make the
// next one look usual, although most of the time nothing is used. What is rare and far from the ordinary level is then
// held against the ordinary level alone.
//
// Signal: utilization and saturation only; latencies with long tails would never be quiet. Defaults: rare is at most
// rareShare of the reference's points, far is farSigmas; the severity is capped, because it did happen before without
// anybody calling. When it is wrong: a job that runs every night and never hurt; then callers do not suffer either.
const (
	rareShare     = 0.3
	farSigmas     = 8.0
	recurSeverity = 3.0
	// alikeShare of the deviation now is what an earlier run must have reached to count as one.
	alikeShare = 0.5
)

// recurrence is the severity against the ordinary level, 0 when the deviation is none that comes back.
func (c *candidate) recurrence(phases []model.Phase, held float64) float64 {
	sig, l := c.reading.Series.Signal, c.level
	if !mayRecur(sig, c.sign) || held < farSigmas*l.narrow {
		return 0
	}
	alike, n, ordinary := 0, 0, 0.0
	for i, v := range c.reading.Series.Values {
		if phases[i] != model.PhaseReference || !known(v) {
			continue
		}
		n++
		d := float64(c.sign) * (v - l.median)
		if d >= alikeShare*held {
			alike++
		} else {
			ordinary = math.Max(ordinary, d)
		}
	}
	if alike == 0 || float64(alike) > rareShare*float64(n) {
		return 0
	}
	return math.Min(recurSeverity, held/math.Max(ordinary, math.Max(minSigmas*l.narrow, minWidth(sig, l))))
}

// mayRecur tells whether a deviation of a signal in a direction is of the kind that comes back.
func mayRecur(sig *model.Signal, sign int) bool {
	return (sig.Kind == model.KindUtilization || sig.Kind == model.KindSaturation) && sig.Bad.Judges(sign)
}
