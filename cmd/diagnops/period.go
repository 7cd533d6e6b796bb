package main

import (
	"fmt"
	"time"

	"github.com/diagnops/diagnops/engine/ask"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	// marginShare of a recording is looked at to either side of a moment, where that is less than ask.AtMargin: of a
	// recording of three minutes five on either side would leave no quiet time.
	marginShare = 0.1
	// marginSteps is the least margin, in steps: fewer points around a moment would show no symptom.
	marginSteps = 3
	// quietSteps before the symptom are the least to compare it with.
	quietSteps = 2
)

// fitRecording holds the time asked about against what is recorded: it is cut to that, and refused where there is nothing
// to answer from. A time that contains the whole recording says no more than that: the symptom's own time is then kept.
func fitRecording(a *ask.Asked, inc model.Incident) error {
	rec, asked := inc.Window, &a.Symptom.Interval
	if a.Relative {
		a.Note(ask.FormatNow, rec.To)
	}
	if !a.Moment.IsZero() {
		margin := min(ask.AtMargin, max(time.Duration(marginShare*float64(rec.Duration())), marginSteps*inc.Step)).Truncate(time.Second)
		*asked = model.Interval{From: a.Moment.Add(-margin), To: a.Moment.Add(margin)}
		if !rec.Contains(a.Moment) {
			return outside(*asked, rec)
		}
	}
	if asked.IsZero() {
		return nil
	}
	whole := model.Interval{From: later(asked.From, rec.From), To: asked.To}
	if whole.To.IsZero() || whole.To.After(rec.To) {
		whole.To = rec.To
	}
	switch {
	case !whole.From.Before(whole.To):
		return outside(*asked, rec)
	case asked.From.IsZero(): // its beginning is found
		asked.To = whole.To
		return nil
	case !asked.From.After(rec.From) && a.Moment.IsZero() && whole.To.Equal(rec.To):
		*asked = model.Interval{}
		a.Note(ask.FormatPartly, rec.From, rec.To)
		return nil
	}
	if quiet := whole.From.Sub(rec.From); inc.Baseline.IsZero() && quiet < quietSteps*inc.Step {
		return fmt.Errorf("asked about %s, but the recording begins at %s: there is no quiet time before to compare with",
			period(*asked), rec.From.UTC().Format(time.RFC3339))
	}
	*asked = whole
	return nil
}

// fitLive refuses what has not been yet, and cuts the rest to what has.
func fitLive(a *ask.Asked, now time.Time) error {
	iv := &a.Symptom.Interval
	if a.Moment.After(now) || iv.From.After(now) {
		return fmt.Errorf("asked about %s, but that is in the future: now is %s", period(*iv), now.UTC().Format(time.RFC3339))
	}
	if iv.To.IsZero() || iv.To.After(now) {
		iv.To = now.UTC()
	}
	return nil
}

func outside(asked, recorded model.Interval) error {
	return fmt.Errorf("asked about %s, but the recording runs from %s", period(asked), period(recorded))
}

// period writes an interval in UTC, "... to ...".
func period(iv model.Interval) string {
	from, to := iv.From.UTC().Format(time.RFC3339), iv.To.UTC().Format(time.RFC3339)
	switch {
	case iv.From.IsZero():
		return "the time until " + to
	case iv.To.IsZero():
		return "the time since " + from
	}
	return from + " to " + to
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
