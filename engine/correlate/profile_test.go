package correlate

import (
	"math"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// id names a reading, or says that there is none.
func id(r *model.Reading) string {
	if r == nil {
		return "none"
	}
	return r.Series.ID()
}

func TestProfiles(t *testing.T) {
	w := having("web calls db; idle")
	w.sick("web", "latency", 0.6, 0.1, 20, 29).Severity = 3
	w.sick("web", "client_latency", 0.9, 0.1, 20, 29).Severity = 30
	w.sick("web", "errors", 0.2, 0, 20, 29).Severity = 4
	w.sick("web", "availability", 80, 100, 20, 29).Severity = 5
	w.sick("web", "cpu", 0.9, 0.2, 20, 29).Severity = 2
	w.sick("web", "cpu_waiting", 9, 1, 20, 29).Severity = 6
	w.sick("web", "requests", 9, 100, 20, 29).Severity = 7
	w.sick("db", "latency", 0.01, 0.1, 20, 29) // Unusual, but not bad.
	w.add("db", "errors", model.StateUnknown, math.NaN(), math.NaN())
	w.well("db", "cpu", 0.1)
	w.well("ghost", "cpu", 0.1)
	s := w.build()
	if len(s.Profiles) != 3 || s.Profiles["ghost"] != nil {
		t.Errorf("profiles of %d components, want one of each of the topology", len(s.Profiles))
	}
	web, db, idle := s.Profiles["web"], s.Profiles["db"], s.Profiles["idle"]
	for what, got := range map[string][2]string{
		"latency":  {id(web.Latency), "web latency"},
		"errors":   {id(web.Errors), "web availability"},
		"client":   {id(web.Client), "web client_latency"},
		"resource": {id(web.Resource), "web cpu_waiting"},
		"traffic":  {id(web.Traffic), "web requests"},
		"better":   {id(db.Latency), "none"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %s, want %s", what, got[0], got[1])
		}
	}
	if len(web.Readings) != 7 || len(db.Readings) != 3 || len(idle.Readings) != 0 {
		t.Errorf("readings: %d, %d, %d", len(web.Readings), len(db.Readings), len(idle.Readings))
	}
	if db.Measured[model.KindErrors] != 0 || db.Measured[model.KindLatency] != 1 || db.Measures(model.FamilyErrors) {
		t.Errorf("the database measures %v; what is unknown is not measured", db.Measured)
	}
}

func TestCalls(t *testing.T) {
	w := having("web calls db")
	w.sick("web>db", "client_latency", 0.5, 0.1, 20, 29).Severity = 3
	w.sick("web>db", "errors", 0.5, 0, 20, 29).Severity = 8 // It says not who measured it: the caller did.
	w.well("web>db", "served_latency", 0.1)
	w.sick("web>db", "requests", 900, 100, 20, 29) // Users feel no traffic.
	w.add("db>web", "client_latency", model.StateUnknown, math.NaN(), math.NaN())
	s := w.build()
	c := s.Calls[model.Subject{Component: "web", Peer: "db"}]
	if id(c.Client) != "web -> db errors" || id(c.Server) != "none" {
		t.Errorf("the caller's worst is %s, the callee's %s", id(c.Client), id(c.Server))
	}
	if !c.SeenByCaller(model.FamilyLatency) || !c.SeenByCaller(model.FamilyErrors) || !c.SeenByCallee(model.FamilyLatency) || c.SeenByCallee(model.FamilyErrors) {
		t.Errorf("measured by the caller %v, by the callee %v", c.ClientMeasured, c.ServerMeasured)
	}
	back := s.Calls[model.Subject{Component: "db", Peer: "web"}]
	if back == nil || back.SeenByCaller(model.FamilyNone) || back.SeenByCallee(model.FamilyNone) {
		t.Errorf("of calls whose signals are unknown: %+v", back)
	}
	if readings := s.Profiles["web"].Readings; len(readings) != 0 {
		t.Errorf("calls stand among the caller's own readings: %v", readings)
	}
}

func TestBuildHandsOn(t *testing.T) {
	w := slowDatabase()
	s := w.build()
	if s.Symptom.Component != "web" || s.Step != 10_000 || len(s.Readings) != len(w.readings) {
		t.Errorf("symptom %v, step %d, %d readings", s.Symptom, s.Step, len(s.Readings))
	}
}
