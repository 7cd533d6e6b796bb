package engine

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// TestPeaks: parts of a component add up, two ways of counting the same do not, and gaps are no requests.
func TestPeaks(t *testing.T) {
	t.Parallel()
	requests, sessions := &model.Signal{Name: "requests"}, &model.Signal{Name: "sessions"}
	series := func(component, peer string, sig *model.Signal, values ...float64) *model.Series {
		return &model.Series{Subject: model.Subject{Component: component, Peer: peer}, Signal: sig, Values: values}
	}
	got := peaks(&window.Frame{Series: []*model.Series{
		series("lb", "", requests, 10, 30, math.NaN()),
		series("lb", "", requests, 5, 1, 50),
		series("lb", "", sessions, 40, 2, 3),
		series("was", "db", requests, 900, 900, 900),
		series("db", "", requests, math.NaN(), 7, 3),
	}})
	if diff := cmp.Diff(map[string]float64{"lb": 50, "db": 7}, got); diff != "" {
		t.Error(diff)
	}
}
