package triage

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// shop is what all tests here are about: a balancer in front of an application, which needs a database and somebody
// else's payment service.
func shop() *topo.Graph {
	return topo.New(&model.Topology{
		Components: []model.Component{
			{Name: "lb", Kind: "lb", Serves: []string{"shop"}},
			{Name: "web", Kind: "was", Serves: []string{"checkout", "basket"}},
			{Name: "db", Kind: "db", Serves: []string{"basket"}},
			{Name: "bank", Kind: "external"},
		},
		Dependencies: []model.Dependency{
			{From: "lb", To: "web", Kind: model.Calls}, {From: "web", To: "db", Kind: model.Calls}, {From: "web", To: "bank", Kind: model.Calls},
		},
	})
}

// reading is a bad one of the balancer.
func reading(kind model.SignalKind, unit string, bad model.Direction, observed, usual float64) *model.Reading {
	return &model.Reading{
		Series: &model.Series{
			Subject: model.Subject{Component: "lb"},
			Signal:  &model.Signal{Name: "signal", Title: "the signal", Kind: kind, Unit: unit, Bad: bad},
		},
		State: model.StateAbnormal, Bad: true, Observed: observed, Baseline: usual,
	}
}

// scene is one in which the balancer is asked about, and shows what is given.
func scene(latency, errors *model.Reading) *model.Scene {
	p := &model.Profile{Component: "lb", Latency: latency, Errors: errors}
	for _, r := range []*model.Reading{latency, errors} {
		if r != nil {
			p.Readings = append(p.Readings, r)
		}
	}
	return &model.Scene{Symptom: model.Symptom{Component: "lb"}, Profiles: map[string]*model.Profile{"lb": p}}
}

func diagnosed(causes ...string) *model.Diagnosis {
	d := &model.Diagnosis{Outcome: model.Outcome{Status: model.Diagnosed}}
	for _, c := range causes {
		d.Causes = append(d.Causes, model.Cause{Component: c})
	}
	return d
}

func TestSeverity(t *testing.T) {
	latency := func(observed, usual float64) *model.Reading {
		return reading(model.KindLatency, "seconds", model.BadUp, observed, usual)
	}
	errors := func(unit string, observed, usual float64) *model.Reading {
		return reading(model.KindErrors, unit, model.BadUp, observed, usual)
	}
	availability := func(unit string, observed, usual float64) *model.Reading {
		return reading(model.KindAvailability, unit, model.BadDown, observed, usual)
	}
	const critical, severe, other = model.SeverityCritical, model.SeveritySevere, model.SeverityOther
	for _, tc := range []struct {
		name            string
		latency, errors *model.Reading
		status          model.Status
		want            model.Severity
		reason          string
	}{
		{"healthy, whatever is read", latency(9, 0.1), errors("ratio", 1, 0), model.Healthy, other, "lb shows no user impact"},
		{"nothing users feel", nil, nil, model.Diagnosed, severe, "how users of lb are served is not measured"},
		{"a little slower", latency(0.2, 0.1), nil, model.Diagnosed, severe, "the signal at lb is 200 ms, usually 100 ms"},
		{"ten times slower", latency(1, 0.1), nil, model.Diagnosed, critical, "the signal at lb is 1 s, usually 100 ms"},
		{"slow, and nobody knows why", latency(1, 0.1), nil, model.Inconclusive, critical, "the signal at lb is 1 s, usually 100 ms"},
		{"one request in a hundred fails", nil, errors("ratio", 0.01, 0), model.Diagnosed, severe, "the signal at lb is 1 %, usually 0 %"},
		{"one request in four fails", nil, errors("ratio", 0.25, 0), model.Diagnosed, critical, "the signal at lb is 25 %, usually 0 %"},
		{"one percent fails", nil, errors("percent", 1, 0.1), model.Diagnosed, severe, "the signal at lb is 1 %, usually 0.1 %"},
		{"a quarter fails, in percent", nil, errors("percent", 25, 0.1), model.Diagnosed, critical, "the signal at lb is 25 %, usually 0.1 %"},
		{"errors where there were none", nil, errors("1/s", 3, 0), model.Diagnosed, critical, "the signal at lb is 3/s, usually 0/s"},
		{"more errors than there were", nil, errors("1/s", 3, 1), model.Diagnosed, severe, "the signal at lb is 3/s, usually 1/s"},
		{"nearly all available, in percent", nil, availability("percent", 97, 99.9), model.Diagnosed, severe, "the signal at lb is 97 %, usually 99.9 %"},
		{"half available, in percent", nil, availability("percent", 50, 99.9), model.Diagnosed, critical, "the signal at lb is 50 %, usually 99.9 %"},
		{"nearly all available", nil, availability("ratio", 0.97, 1), model.Diagnosed, severe, "the signal at lb is 97 %, usually 100 %"},
		{"half available", nil, availability("ratio", 0.5, 1), model.Diagnosed, critical, "the signal at lb is 50 %, usually 100 %"},
		{"down", nil, availability("bool", 0, 1), model.Diagnosed, critical, "the signal at lb is no, usually yes"},
		{"down, and the unit not given", nil, availability("", 0, 1), model.Diagnosed, critical, "the signal at lb is 0, usually 1"},
		{"lost its data", nil, reading(model.KindAvailability, "bool", model.BadUp, 1, 0), model.Diagnosed, critical, "the signal at lb is yes, usually no"},
		{"a restart", nil, reading(model.KindAvailability, "starts", model.BadUp, 1, 0), model.Diagnosed, severe, "the signal at lb is 1 start, usually 0 starts"},
		{"half of its servers", nil, availability("servers", 2, 4), model.Diagnosed, severe, "the signal at lb is 2 servers, usually 4 servers"},
		{"none of its servers", nil, availability("servers", 0, 4), model.Diagnosed, critical, "the signal at lb is 0 servers, usually 4 servers"},
		{"slow, and a few fail", latency(1, 0.1), errors("ratio", 0.01, 0), model.Diagnosed, critical, "the signal at lb is 1 s, usually 100 ms"},
		{"a little slower, and many fail", latency(0.2, 0.1), errors("ratio", 0.5, 0), model.Diagnosed, critical, "the signal at lb is 50 %, usually 0 %"},
		{"a little slower, and a few fail", latency(0.2, 0.1), errors("ratio", 0.01, 0), model.Diagnosed, severe, "the signal at lb is 200 ms, usually 100 ms"},
		{"a latency that was never measured before is no crawl", latency(0.002, 0), nil, model.Diagnosed, severe, "the signal at lb is 2 ms, usually 0 s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := diagnosed("db")
			d.Outcome.Status = tc.status
			got := Judge(scene(tc.latency, tc.errors), shop(), d)
			if got.Severity != tc.want || got.WakeUp != (tc.want == critical) || got.Reason.String() != tc.reason {
				t.Errorf("%s (wake up: %v) because %q, want %s because %q", got.Severity, got.WakeUp, got.Reason, tc.want, tc.reason)
			}
		})
	}
}

// TestOutageBehindARestart: the most unusual is not always what keeps users from working.
func TestOutageBehindARestart(t *testing.T) {
	restart := reading(model.KindAvailability, "starts", model.BadUp, 1, 0)
	restart.Severity = 30
	failing := reading(model.KindErrors, "ratio", model.BadUp, 0.5, 0)
	failing.Severity = 20
	s := scene(nil, restart)
	s.Profiles["lb"].Readings = append(s.Profiles["lb"].Readings, failing)
	got := Judge(s, shop(), diagnosed("web"))
	if !got.WakeUp || got.Reason.String() != "the signal at lb is 50 %, usually 0 %" {
		t.Errorf("%s because %q", got.Severity, got.Reason)
	}
	failing.State = model.StateNormal
	if got := Judge(s, shop(), diagnosed("web")); got.WakeUp {
		t.Errorf("woken up because %q", got.Reason)
	}
	failing.State, failing.Series.Signal.Side = model.StateAbnormal, model.SideClient
	if got := Judge(s, shop(), diagnosed("web")); got.WakeUp {
		t.Errorf("woken up by what others answered: %q", got.Reason)
	}
}

func TestUnknownSymptom(t *testing.T) {
	s := scene(nil, nil)
	s.Symptom.Component = "nobody"
	got := Judge(s, shop(), diagnosed())
	if got.Severity != model.SeveritySevere || got.WakeUp || got.Scope.Users.String() != "not measured" {
		t.Errorf("triage of a component that is none: %+v", got)
	}
}

// TestServedNearlyAsUsual: what is measured, and not bad, is not "not measured".
func TestServedNearlyAsUsual(t *testing.T) {
	availability := reading(model.KindAvailability, "percent", model.BadDown, 97.7, 100)
	latency := reading(model.KindLatency, "seconds", model.BadUp, 0.11, 0.1)
	seen := reading(model.KindErrors, "ratio", model.BadUp, 0.4, 0.4)
	seen.Series.Signal.Side = model.SideClient
	unread := reading(model.KindLatency, "seconds", model.BadUp, 0, 0)
	unread.State = model.StateUnknown
	better := reading(model.KindLatency, "seconds", model.BadUp, 0.02, 0.1)
	better.Severity = 3
	for _, r := range []*model.Reading{availability, latency, seen, better} {
		r.State, r.Bad = model.StateNormal, false
	}
	availability.Severity, latency.Severity, seen.Severity = 0.9, 0.2, 0.95
	const hardly = "users of lb, hardly so far"
	for _, tc := range []struct {
		name          string
		asked         model.SignalKind
		readings      []*model.Reading
		reason, users string
	}{
		{"what was asked about", model.KindLatency, []*model.Reading{availability, latency, seen}, "users of lb are served nearly as usual (the signal 110 ms, usually 100 ms)", hardly},
		{"what got better says the least", model.KindLatency, []*model.Reading{better, latency}, "users of lb are served nearly as usual (the signal 110 ms, usually 100 ms)", hardly},
		{"all got better", model.KindLatency, []*model.Reading{better}, "users of lb are served nearly as usual (the signal 20 ms, usually 100 ms)", hardly},
		{"nothing in particular was asked", "", []*model.Reading{latency, availability, seen}, "users of lb are served nearly as usual (the signal 97.7 %, usually 100 %)", hardly},
		{"what was asked about is not measured", model.KindLatency, []*model.Reading{availability, unread}, "users of lb are served nearly as usual (the signal 97.7 %, usually 100 %)", hardly},
		{"what others answer it", model.KindErrors, []*model.Reading{seen}, "how users of lb are served is not measured", "not measured"},
		{"nothing could be read", model.KindLatency, []*model.Reading{unread}, "how users of lb are served cannot be told", "cannot be told"},
	} {
		s := scene(nil, nil)
		s.Symptom.Signal = tc.asked
		s.Profiles["lb"].Readings = tc.readings
		got := Judge(s, shop(), diagnosed("db"))
		if got.Reason.String() != tc.reason || got.Scope.Users.String() != tc.users || got.Severity != model.SeveritySevere || got.WakeUp {
			t.Errorf("%s: %s (wake up: %v) for %q because %q, want %q because %q", tc.name, got.Severity, got.WakeUp, got.Scope.Users, got.Reason, tc.users, tc.reason)
		}
	}
}

func TestControl(t *testing.T) {
	suspect := model.JudgedChange{Relation: model.RelationSuspect}
	cleared := model.JudgedChange{Relation: model.RelationCleared}
	for _, tc := range []struct {
		name    string
		d       *model.Diagnosis
		changes []model.JudgedChange
		want    model.Control
	}{
		{"nobody accused", diagnosed(), nil, model.ControlTechnical},
		{"a component of ours", diagnosed("db", "bank"), nil, model.ControlTechnical},
		{"somebody else's", diagnosed("bank", "db"), nil, model.ControlExternal},
		{"a change of ours", diagnosed("db"), []model.JudgedChange{cleared, suspect}, model.ControlHuman},
		{"a change that is cleared", diagnosed("db"), []model.JudgedChange{cleared}, model.ControlTechnical},
		{"somebody else's, and a change", diagnosed("bank"), []model.JudgedChange{suspect}, model.ControlExternal},
	} {
		tc.d.Changes = tc.changes
		if got := Judge(scene(nil, nil), shop(), tc.d).Control; got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestScope(t *testing.T) {
	slow := reading(model.KindLatency, "seconds", model.BadUp, 1, 0.1)
	chain := []model.Link{{Component: "lb"}, {Component: "web"}, {Component: "db"}, {Component: "nobody"}}
	for _, tc := range []struct {
		name      string
		status    model.Status
		chain     []model.Link
		latency   *model.Reading
		users     string
		functions []string
	}{
		{"the symptom alone", model.Inconclusive, nil, slow, "users of lb", []string{"shop"}},
		{"all on the chain, once each", model.Diagnosed, chain, slow, "users of lb", []string{"basket", "checkout", "shop"}},
		{"not measured", model.Diagnosed, nil, nil, "not measured", []string{"shop"}},
		{"healthy", model.Healthy, nil, slow, "none", []string{"shop"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := diagnosed("db")
			d.Outcome.Status, d.Chain = tc.status, tc.chain
			got := Judge(scene(tc.latency, nil), shop(), d).Scope
			if diff := cmp.Diff(tc.functions, got.Functions); diff != "" || got.Users.String() != tc.users {
				t.Errorf("users %q, want %q; functions (-want +got):\n%s", got.Users, tc.users, diff)
			}
		})
	}
}

// TestAtLeast: a rule may call for more haste than users feel, and never for less.
func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		was, least, want model.Severity
		wake             bool
		reason           string
	}{
		{model.SeverityOther, "", model.SeverityOther, false, "r"},
		{model.SeverityOther, model.SeveritySevere, model.SeveritySevere, false, "this fault is severe by its rule, whatever users feel so far: r"},
		{model.SeveritySevere, model.SeverityCritical, model.SeverityCritical, true, "this fault is critical by its rule, whatever users feel so far: r"},
		{model.SeverityCritical, model.SeverityOther, model.SeverityCritical, true, "r"},
		{model.SeveritySevere, model.SeveritySevere, model.SeveritySevere, false, "r"},
	} {
		was := model.Triage{Severity: tt.was, WakeUp: tt.was == model.SeverityCritical, Reason: model.Verbatim("r")}
		got := AtLeast(was, tt.least)
		if got.Severity != tt.want || got.WakeUp != tt.wake || got.Reason.String() != tt.reason {
			t.Errorf("%s, at least %q: %+v", tt.was, tt.least, got)
		}
	}
}
