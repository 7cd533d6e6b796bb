package collectors_test

import (
	"testing"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// TestPlayer: every sample is handed on once, in the batch of its time, whatever the times asked for.
func TestPlayer(t *testing.T) {
	d := &collectors.Data{
		Series: []model.Labels{{{Name: "__name__", Value: "a"}}, {{Name: "__name__", Value: "b"}}},
		Times:  [][]int64{{1000, 2000, 3000, 9000}, {2500}},
		Values: [][]float64{{1, 2, 3, 9}, {25}},
	}
	p := d.Player()
	for _, c := range []struct {
		at   int64
		want map[string][]float64
	}{
		{500, nil},
		{2000, map[string][]float64{"a": {1, 2}}},
		{2000, nil},
		{3500, map[string][]float64{"a": {3}, "b": {25}}},
		{60_000, map[string][]float64{"a": {9}}},
		{70_000, nil},
	} {
		b := p.Until(time.UnixMilli(c.at))
		if len(b.Series) != len(c.want) {
			t.Errorf("until %d: %d series, want %d", c.at, len(b.Series), len(c.want))
		}
		for i := range b.Series {
			name, want := b.Series[i].Labels.Get("__name__"), c.want[b.Series[i].Labels.Get("__name__")]
			points := b.Of(&b.Series[i])
			if len(points) != len(want) {
				t.Fatalf("until %d: %d points of %s, want %d", c.at, len(points), name, len(want))
			}
			for k, p := range points {
				if p.Value != want[k] || p.TMillis > c.at {
					t.Errorf("until %d: %s has %+v, want %g", c.at, name, p, want[k])
				}
			}
		}
	}
}
