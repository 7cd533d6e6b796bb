package topology

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestUpdateForgets: an edge keeps its confidence for an hour, then it halves, is no edge any more, and is dropped; the other
// way round it is back at once.
func TestUpdateForgets(t *testing.T) {
	t.Parallel()
	age := AgeOptions{Fresh: time.Hour, HalfLife: 2 * time.Hour, Forget: 6 * time.Hour}
	full, less := shop("db", "lb", "web"), shop("lb", "web")
	known := full
	for _, tc := range []struct {
		hours      int
		edges      int // known
		confidence float64
	}{
		{1, 2, 0.7},
		{2, 2, 0.495},
		{5, 2, 0.175},
		{6, 1, 0},
	} {
		at := noon.Add(time.Duration(tc.hours) * time.Hour)
		known = Update(known, seenAt(less, at), at, age)
		if len(known.Edges) != tc.edges {
			t.Fatalf("after %d hours %d edges, want %d", tc.hours, len(known.Edges), tc.edges)
		}
		if tc.edges == 2 {
			if got := age.Confidence(known.Edges[1], at); got < tc.confidence-0.001 || got > tc.confidence+0.001 {
				t.Errorf("after %d hours the confidence is %g, want %g", tc.hours, got, tc.confidence)
			}
		}
		want := 1
		if tc.confidence >= Likely {
			want = 2
		}
		if got := len(known.Topology(at, age).Dependencies); got != want {
			t.Errorf("after %d hours %d dependencies, want %d", tc.hours, got, want)
		}
	}
	if known.has("db") {
		t.Error("the component was not forgotten")
	}
	at := noon.Add(7 * time.Hour)
	if diff := cmp.Diff(seenAt(full, at), Update(known, seenAt(full, at), at, age)); diff != "" {
		t.Errorf("what is back: %s", diff)
	}
	if diff := cmp.Diff(shop("db", "lb", "web"), full); diff != "" {
		t.Errorf("Update changed what was known: %s", diff)
	}
}

func seenAt(d *Discovered, at time.Time) *Discovered {
	out := &Discovered{}
	for _, c := range d.Components {
		c.Seen = at
		out.Components = append(out.Components, c)
	}
	for _, e := range d.Edges {
		e.Seen = at
		out.Edges = append(out.Edges, e)
	}
	return out
}
