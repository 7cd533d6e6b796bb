package correlate

import "testing"

// TestUnmeasuredCaller: the trouble of a component that measures nothing is what its own callers see of it.
func TestUnmeasuredCaller(t *testing.T) {
	w := having("lb calls web; web calls db")
	w.sick("lb>web", "client_latency", 0.6, 0.1, 20, 29)
	w.sick("db", "latency", 0.5, 0.05, 20, 29)
	inf := w.influence("web", "db")
	if inf.Caller == nil || inf.Caller.Series.ID() != "lb -> web client_latency" || inf.Explained != 1 {
		t.Errorf("found %+v", inf)
	}
}

// TestUnmeasuredBehindABalancer: the answers of a balancer are those of its only backend. With two backends they are
// neither's, and a component that measures itself speaks for itself.
func TestUnmeasuredBehindABalancer(t *testing.T) {
	for _, tc := range []struct {
		name, graph string
		alsoWell    string // a component that measures its latency, and finds nothing
		want        float64
	}{
		{"one backend", "lb calls web; web calls db", "", 1},
		{"two backends", "lb calls web; lb calls cart; web calls db", "", 0},
		{"the backend is measured and well", "lb calls web; web calls db", "web", 0},
		{"no balancer", "shop calls web; web calls db", "", 0},
	} {
		w := having(tc.graph)
		w.sick(w.top.Components[0].Name, "latency", 0.6, 0.1, 20, 29)
		w.sick("db", "latency", 0.5, 0.05, 20, 29)
		if tc.alsoWell != "" {
			w.well(tc.alsoWell, "latency", 0.08)
		}
		if got := w.explains("web", "db"); got != tc.want {
			t.Errorf("%s: db explains %g of web's trouble, want %g", tc.name, got, tc.want)
		}
	}
}
