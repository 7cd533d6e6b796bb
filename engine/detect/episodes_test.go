package detect

import (
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// A job that ran before hurts the symptom each time. Its earlier runs are found where they are few and clear, and only
// then.
func TestEpisodes(t *testing.T) {
	const n, symptom = 160, 140
	grid := model.Grid{Step: 15 * time.Second, Spans: []model.Span{{StartMillis: 0, N: n}}}
	phases := make([]model.Phase, n)
	for i := range phases {
		phases[i] = model.PhaseReference
		if i >= symptom {
			phases[i] = model.PhaseSymptom
		}
	}
	at := func(i int) time.Time { return grid.Time(i) }
	for _, c := range []struct {
		name     string
		runs     [][2]int
		earlier  []model.Interval
		excluded [][2]int
	}{
		{"one earlier run, with as much again on either side", [][2]int{{60, 70}, {symptom, n}}, []model.Interval{{From: at(60), To: at(69)}}, [][2]int{{50, 80}}},
		{"one that makes the next look usual", [][2]int{{40, 70}, {symptom, n}}, []model.Interval{{From: at(40), To: at(69)}}, [][2]int{{10, 100}}},
		{"two", [][2]int{{20, 24}, {90, 94}, {symptom, n}}, []model.Interval{{From: at(20), To: at(23)}, {From: at(90), To: at(93)}}, [][2]int{{16, 28}, {86, 98}}},
		{"at the very beginning", [][2]int{{0, 4}, {symptom, n}}, []model.Interval{{From: at(0), To: at(3)}}, [][2]int{{0, 8}}},
		{"none", [][2]int{{symptom, n}}, nil, nil},
		{"nothing is wrong now", [][2]int{{60, 70}}, nil, nil},
		{"a spike is no run", [][2]int{{60, 62}, {symptom, n}}, nil, nil},
		{"five are what is usual", [][2]int{{10, 14}, {30, 34}, {50, 54}, {70, 74}, {90, 94}, {symptom, n}}, nil, nil},
		{"a third of the time is what is usual", [][2]int{{60, 110}, {symptom, n}}, nil, nil},
	} {
		sig := &model.Signal{Name: "latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp}
		s := &model.Series{Subject: model.Subject{Component: "web"}, Signal: sig, Values: batch(n, c.runs...)}
		r := Read([]*model.Series{s}, grid, phases, model.Season{}, Options{})[0]
		earlier, without := Episodes(r, grid, phases)
		if len(earlier) != len(c.earlier) {
			t.Errorf("%s: found %v, want %v", c.name, earlier, c.earlier)
			continue
		}
		for i := range earlier {
			if earlier[i] != c.earlier[i] {
				t.Errorf("%s: found %v, want %v", c.name, earlier[i], c.earlier[i])
			}
		}
		for i, p := range without {
			want := phases[i]
			for _, x := range c.excluded {
				if i >= x[0] && i < x[1] {
					want = model.PhaseExcluded
				}
			}
			if p != want {
				t.Errorf("%s: point %d is %v, want %v", c.name, i, p, want)
			}
		}
		if len(earlier) == 0 {
			continue
		}
		if usual := c.runs[0] == [2]int{40, 70}; usual && r.Abnormal() {
			t.Errorf("%s: it does not, and the case proves nothing", c.name)
		}
		if again := Read([]*model.Series{s}, grid, without, model.Season{}, Options{})[0]; !again.Abnormal() || !again.Bad {
			t.Errorf("%s: without the earlier runs it is %v", c.name, again.State)
		}
	}
}
