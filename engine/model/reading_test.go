package model

import (
	"testing"
	"time"
)

// queueAndShare are readings of a queue that has grown, and of a share that is as usual.
func queueAndShare(bad Direction) (queue, share *Reading) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	queue = &Reading{
		Series: &Series{Signal: &Signal{Name: "queue", Unit: "requests", Bad: BadUp}}, State: StateAbnormal, Sign: 1, Bad: true,
		Baseline: 1, Observed: 40, Scale: 0.5, Low: 0, High: 2, Sigma: 78, Severity: 9, Recurs: true, Hits: []int{4, 5}, Confidence: 0.99,
		Onset: Onset{Earliest: at, Latest: at.Add(time.Minute)}, ReferenceN: 100, SymptomN: 5,
	}
	share = &Reading{
		Series: &Series{Signal: &Signal{Name: "share", Unit: "ratio", Bad: bad}}, State: StateNormal,
		Baseline: 0.5, Observed: 0.51, Scale: 0.01, Low: 0.45, High: 0.56, Severity: 0.2,
	}
	return queue, share
}

func TestAsUsual(t *testing.T) {
	queue, _ := queueAndShare(BadUp)
	before := *queue
	u := queue.AsUsual()
	if u.State != StateNormal || u.Observed != 1 || u.Delta() != 0 || u.Bad || u.Severity != 0 || u.Hits != nil || u.Onset.Known() || u.Recurs {
		t.Errorf("as usual it is %+v", u)
	}
	if u.Series != queue.Series || u.High != 2 || StrengthOf(u) != 0 {
		t.Errorf("as usual it is of something else: %+v", u)
	}
	if queue.Observed != before.Observed || queue.State != before.State || len(queue.Hits) != 2 {
		t.Error("what was read has changed")
	}
	gone := &Reading{Series: queue.Series, State: StateUnknown, Reason: ReasonVanished, Baseline: Gap(), Observed: Gap()}
	if u := gone.AsUsual(); u.State != StateNormal || u.Reason != ReasonNone {
		t.Errorf("samples that had not stopped are %s (%s)", u.State, u.Reason)
	}
}

func TestAsBadAs(t *testing.T) {
	for _, tc := range []struct {
		bad  Direction
		want float64 // 9 times as far as is usual, and no share is more than whole or less than nothing
		sign int
	}{{BadUp, 1, +1}, {BadBoth, 1, +1}, {BadDown, 0.05, -1}} {
		queue, share := queueAndShare(tc.bad)
		b := share.AsBadAs(queue)
		if !b.Abnormal() || !b.Bad || b.Sign != tc.sign || b.Severity != 9 || b.Onset != queue.Onset || len(b.Hits) != 2 {
			t.Errorf("bad is %s: %+v", tc.bad, b)
		}
		if d := b.Observed - tc.want; d > 1e-9 || d < -1e-9 || b.Sigma*float64(tc.sign) <= 0 {
			t.Errorf("bad is %s: it goes to %g (%g sigma), want %g", tc.bad, b.Observed, b.Sigma, tc.want)
		}
		if share.State != StateNormal || share.Observed != 0.51 {
			t.Error("what was read has changed")
		}
	}
}
