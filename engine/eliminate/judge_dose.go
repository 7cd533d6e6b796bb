package eliminate

import (
	"math"
	"slices"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// beyondShare is how many times the changed share of instances may fail: above, the changed alone cannot do it.
	beyondShare = 1.5
	// leastStepPoints must be known on each step of a rollout to compare it with the next.
	leastStepPoints = 2
)

// doseOf asks whether the trouble is as large as the share of the instances that have the change.
func (j *judge) doseOf(c *model.Change) (model.Verdict, model.Message) {
	if c.Seen == nil || c.Seen.Verdict != model.Supports || len(c.Instances) == 0 || c.Seen.Instances < len(c.Instances) {
		return model.VerdictUnknown, model.Message{}
	}
	p := j.s.Profiles[c.Component]
	share := float64(len(c.Instances)) / float64(c.Seen.Instances)
	if r := p.Errors; r != nil && share < 1 {
		failing, ok := shareFailing(r)
		if ok && failing > beyondShare*share {
			return model.Refutes, model.Say("only %d of %d instances have it, but %s of %s is %s: more than their share",
				len(c.Instances), c.Seen.Instances, r.Series.Signal.Said(), c.Component, model.FormatValue(r.Observed, r.Series.Signal.Unit))
		}
	}
	if r := p.Bad(model.FamilyNone); r != nil {
		return j.growsWith(c, r)
	}
	return model.VerdictUnknown, model.Message{}
}

// shareFailing is how much more than usual fails of what is asked, 0 to 1; ok is false where the signal is no share.
func shareFailing(r *model.Reading) (failing float64, ok bool) {
	switch r.Series.Signal.Unit {
	case "ratio":
		return math.Abs(r.Delta()), true
	case "percent":
		return math.Abs(r.Delta()) / 100, true
	}
	return 0, false
}

// growsWith tells whether a reading became worse with every step of a rollout.
func (j *judge) growsWith(c *model.Change, r *model.Reading) (model.Verdict, model.Message) {
	steps := c.Seen.Steps
	if len(steps) < 2 || steps[0].Share == steps[len(steps)-1].Share {
		return model.VerdictUnknown, model.Message{}
	}
	last := 0.0
	var first, final float64
	for i, s := range steps {
		if i > 0 && steps[i-1].From.Equal(s.From) {
			continue
		}
		end := j.s.Symptom.Interval.To
		for _, next := range steps[i+1:] {
			if next.From.After(s.From) {
				end = next.From
				break
			}
		}
		level, ok := j.levelIn(r, s.From, end)
		if !ok || level <= last {
			return model.VerdictUnknown, model.Message{}
		}
		if last == 0 {
			first = level
		}
		last, final = level, level
	}
	if first == final {
		return model.VerdictUnknown, model.Message{}
	}
	value := func(away float64) string {
		return model.FormatValue(r.Baseline+float64(r.Sign)*away, r.Series.Signal.Unit)
	}
	return model.Supports, model.Say("it grew as more instances got it: %s of %s went from %s to %s",
		r.Series.Signal.Said(), c.Component, value(first), value(final))
}

// levelIn is how far the median of a stretch of time lies from the baseline, the bad way.
func (j *judge) levelIn(r *model.Reading, from, to time.Time) (float64, bool) {
	var away []float64
	for i, v := range r.Series.Values {
		if at := j.s.Grid.Time(i); !model.IsGap(v) && !at.Before(from) && at.Before(to) {
			away = append(away, (v-r.Baseline)*float64(r.Sign))
		}
	}
	if len(away) < leastStepPoints {
		return 0, false
	}
	slices.Sort(away)
	return away[len(away)/2], true
}
