package detect

import (
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// batch is a machine that idles at 20 % and is full in the given runs of points.
func batch(n int, runs ...[2]int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = 0.20 + 0.01*float64(i%3)
		for _, r := range runs {
			if i >= r[0] && i < r[1] {
				values[i] = 0.99
			}
		}
	}
	return values
}

func TestRecurrence(t *testing.T) {
	const n, symptom = 160, 140
	grid := model.Grid{Step: 15 * time.Second, Spans: []model.Span{{StartMillis: 0, N: n}}}
	phases := make([]model.Phase, n)
	for i := range phases {
		phases[i] = model.PhaseReference
		if i >= symptom {
			phases[i] = model.PhaseSymptom
		}
	}
	for _, c := range []struct {
		name     string
		kind     model.SignalKind
		runs     [][2]int
		abnormal bool
		recurs   bool
	}{
		{"an earlier run does not make the next one usual", model.KindUtilization, [][2]int{{40, 70}, {symptom, n}}, true, true},
		{"without an earlier run it is no recurrence", model.KindUtilization, [][2]int{{symptom, n}}, true, false},
		{"what is so most of the time is usual", model.KindUtilization, [][2]int{{10, 130}, {symptom, n}}, false, false},
		{"an earlier run and none now", model.KindUtilization, [][2]int{{40, 70}}, false, false},
		{"a latency with a tail is not asked", model.KindLatency, [][2]int{{40, 70}, {symptom, n}}, false, false},
	} {
		sig := &model.Signal{Name: "busy", Kind: c.kind, Unit: "ratio", Bad: model.BadUp}
		s := &model.Series{Subject: model.Subject{Component: "host"}, Signal: sig, Values: batch(n, c.runs...)}
		r := Read([]*model.Series{s}, grid, phases, model.Season{}, Options{})[0]
		if r.Abnormal() != c.abnormal || r.Recurs != c.recurs {
			t.Errorf("%s: abnormal %v, recurs %v, severity %.2f; want %v and %v", c.name, r.Abnormal(), r.Recurs, r.Severity, c.abnormal, c.recurs)
		}
		if r.Recurs && r.Severity > recurSeverity {
			t.Errorf("%s: severity %.2f is above the cap", c.name, r.Severity)
		}
	}
}
