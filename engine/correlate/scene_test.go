package correlate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// TestAlterAsBuilt: a scene that was altered is the one that the altered readings would have made, and the scene that it
// was made from stays as it is.
func TestAlterAsBuilt(t *testing.T) {
	w := having("web calls db; web calls cart; db stored_on disk")
	for _, name := range []string{"web", "db"} {
		w.sick(name, "latency", 0.6, 0.1, 20, 29).Severity = 3
		w.sick(name, "cpu", 0.9, 0.2, 20, 29).Severity = 2
	}
	w.well("cart", "latency", 0.1)
	w.well("cart", "requests", 100)
	w.sick("disk", "cpu", 0.9, 0.2, 20, 29).Severity = 9
	w.sick("web>db", "client_latency", 0.6, 0.1, 20, 29).Severity = 4
	before, same := w.build(), cmp.Options{
		cmpopts.IgnoreUnexported(model.Scene{}), cmpopts.EquateNaNs(),
		cmp.Comparer(func(a, b *model.Series) bool { return a == b }),
	}
	graph, bad := topo.New(&w.top), before.Profiles["web"].Latency
	for _, r := range before.Readings {
		other := r.AsUsual()
		if !r.Abnormal() {
			other = r.AsBadAs(bad)
		}
		got := Alter(before, graph, r.Series.Subject, map[*model.Reading]*model.Reading{r: other})
		var altered []*model.Reading
		for _, o := range before.Readings {
			if o == r {
				o = other
			}
			altered = append(altered, o)
		}
		want := Build(Input{Symptom: before.Symptom, Grid: before.Grid, Graph: graph, Readings: altered})
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s otherwise (-built +altered):\n%s", r.Series.ID(), diff)
		}
		if diff := cmp.Diff(before, got, same); diff == "" {
			t.Errorf("%s otherwise changes nothing", r.Series.ID())
		}
		if diff := cmp.Diff(w.build(), before, same); diff != "" {
			t.Fatalf("%s: the scene was changed that another was made from:\n%s", r.Series.ID(), diff)
		}
	}
}
