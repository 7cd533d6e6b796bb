package collectors

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

const goodTopology = `version: 1
components:
- name: web
  kind: app
  aliases: [shop, "web shop"]
  selector: {instance: "web:9100", job: app}
  domain: {zone: a, rack: r12}
  replicas: 2
  capacity: {rps: 4000, cores: 1.5}
  owner: shop-team
  serves: [checkout]
- {name: db, kind: db}
- {name: db-volume, kind: disk}
dependencies:
- {from: Web Shop, to: db}
- {from: db, to: db-volume, kind: stored_on, source: service-graph, confidence: 0.5}
signals:
- {name: latency_p90, kind: latency, expr: 'web_latency_seconds{stat="p90"}', by: node, unit: seconds, bad: up}
- {name: call_errors, kind: errors, expr: 'rate(call_errors_total[1m])', edge: {from: client, to: server}, title: failed calls, resource: network}
`

func TestParseTopology(t *testing.T) {
	got, err := ParseTopology("topology.yaml", []byte(goodTopology))
	if err != nil {
		t.Fatal(err)
	}
	want := &model.Topology{
		Components: []model.Component{
			{
				Name: "web", Kind: "app", Aliases: []string{"shop", "web shop"},
				Selector: map[string]string{"instance": "web:9100", "job": "app"},
				Domain:   map[string]string{"zone": "a", "rack": "r12"}, Replicas: 2,
				Capacity: map[string]float64{"rps": 4000, "cores": 1.5}, Owner: "shop-team", Serves: []string{"checkout"},
			},
			{Name: "db", Kind: "db"},
			{Name: "db-volume", Kind: "disk"},
		},
		Dependencies: []model.Dependency{
			{From: "web", To: "db", Kind: model.Calls, Source: "topology", Confidence: 1},
			{From: "db", To: "db-volume", Kind: model.StoredOn, Source: "service-graph", Confidence: 0.5},
		},
		Signals: []model.SignalSpec{
			{
				Signal: model.Signal{Name: "latency_p90", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp, Source: "topology"},
				Expr:   `web_latency_seconds{stat="p90"}`, By: "node",
			},
			{
				Signal: model.Signal{
					Name: "call_errors", Kind: model.KindErrors, Bad: model.BadBoth, Source: "topology",
					Title: "failed calls", Resource: "network",
				},
				Expr: "rate(call_errors_total[1m])", Edge: &model.EdgeLabels{From: "client", To: "server"},
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamesMayDifferInCaseAlone(t *testing.T) {
	text := "version: 1\ncomponents:\n- {name: web, kind: app}\n- {name: Web, kind: lb}\ndependencies:\n- {from: Web, to: web}\n"
	topo, err := ParseTopology("t", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if d := topo.Dependencies[0]; d.From != "Web" || d.To != "web" {
		t.Errorf("got %+v", d)
	}
}

func TestPromQLPositions(t *testing.T) {
	for _, test := range []struct{ name, expr, marked string }{
		{"plain", "expr: (a b)", "b)"},
		{"single quotes", `expr: 'x{a=''1''} + (a b)'`, "b)"},
		{"double quotes", `expr: "x{a=\"1\"} + (a b)"`, "b)"},
		{"block", "expr: |\n    (\n      a b)", "b)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := "version: 1\ncomponents: [{name: web}]\nsignals:\n- name: s\n  kind: usage\n  by: job\n  " + test.expr + "\n"
			_, err := ParseTopology("t", []byte(text))
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v", err)
			}
			p := problems[0]
			line := strings.Split(text, "\n")[p.Line-1]
			if !strings.HasPrefix(line[p.Column-1:], test.marked) {
				t.Errorf("%v points at %q", p, line[p.Column-1:])
			}
		})
	}
}

func TestProblemsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("version: 1\ncomponents: [{name: web}]\ndependencies:\n")
	for i := range 3 * maxProblems {
		fmt.Fprintf(&b, "- {from: web, to: gone%d}\n", i)
	}
	_, err := ParseTopology("t", []byte(b.String()))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != maxProblems+1 {
		t.Fatalf("%d problems", len(problems))
	}
	if last := problems[maxProblems].String(); last != "t: 200 more problems" {
		t.Errorf("ends with %q", last)
	}
}

func TestFileBounds(t *testing.T) {
	for name, parse := range map[string]func() error{
		"topology": func() error { _, err := ParseTopology("t", make([]byte, maxFileBytes+1)); return err },
		"line": func() error {
			_, err := ParseChanges("t", []byte(strings.Repeat("x", maxLineBytes+1)))
			return err
		},
		"depth": func() error {
			_, err := ParseChanges("t", []byte(`{"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`}`))
			return err
		},
	} {
		if err := parse(); err == nil || !strings.Contains(err.Error(), "at most") && !strings.Contains(err.Error(), "deeper") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

const goodChanges = `{"at": "2026-03-01T11:00:00+01:00", "kind": "deploy", "component": "web", "instances": ["web-1"], "id": "d-2", "title": "web 2", "from": "1", "to": "2", "author_team": "shop", "link": "https://ci.example/2", "notes": "", "labels": {"env": "prod"}, "severity": 3}

{"at": "2026-03-01T09:00:00.5Z", "kind": "flag", "labels": {"flag": "cart"}, "title": "new cart \ud83d\ude00"}
{"at": 1772359200, "kind": "config", "component": "db", "id": "a-1", "component_version": null}
`

func TestParseChanges(t *testing.T) {
	got, err := ParseChanges("changes.jsonl", []byte(goodChanges))
	if err != nil {
		t.Fatal(err)
	}
	ten := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	want := []model.Change{
		{
			At: time.Date(2026, 3, 1, 9, 0, 0, 5e8, time.UTC), Kind: model.ChangeFlag, Title: "new cart \U0001F600",
			Labels: map[string]string{"flag": "cart"}, ID: got[0].ID,
		},
		{At: ten, Kind: model.ChangeConfig, Component: "db", ID: "a-1"},
		{
			At: ten, Kind: model.ChangeDeploy, Component: "web", Instances: []string{"web-1"}, ID: "d-2", Title: "web 2",
			From: "1", To: "2", AuthorTeam: "shop", Link: "https://ci.example/2", Labels: map[string]string{"env": "prod"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestChangeWithoutID(t *testing.T) {
	line := `{"at": "2026-03-01T10:00:00Z", "kind": "deploy", "component": "web", "title": "web 2", "labels": {"b": "1", "a": "2"}}`
	same := `{"labels": {"a": "2", "b": "1"}, "title": "web 2", "component": "web", "kind": "deploy", "at": 1772359200}`
	other := strings.Replace(line, "web 2", "web 3", 1)
	got, err := ParseChanges("c", []byte(line+"\n"+same+"\n"+other+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].ID == got[1].ID || !strings.HasPrefix(got[0].ID, "deploy-") {
		t.Errorf("the same event twice, and another: %+v", got)
	}
}

const goodIncidentLine = `{"id": "i-1", "title": "slow", "window": {"from": "2026-03-01T10:00:00Z", "to": "2026-03-01T11:00:00Z"}, "symptom": {"component": "web", "signal": "latency", "from": "2026-03-01T10:30:00Z"}, "baseline": {"from": 1772272800, "to": 1772276400}, "exclude": [{"from": 1772359200, "to": 1772359260}], "truth": {"causes": [{"component": "db", "fault": "lock"}]}, "changes": [{"at": 1772359300, "kind": "deploy", "component": "db", "id": "d"}, {"at": 1772359250, "kind": "config", "component": "db", "id": "c"}], "reported_by": "somebody"}
`

func TestParseIncidentLines(t *testing.T) {
	got, err := ParseIncidentLines("i", []byte(goodIncidentLine+`{"id": "i-2", "step": "5s", "window": {"from": 0, "to": 60}, "symptom": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[1].Line != 2 || got[1].Incident.Step != 5*time.Second || got[1].Truth != nil {
		t.Fatalf("got %+v", got)
	}
	first := got[0]
	if first.Incident.Step != defaultStep || len(first.Incident.Exclude) != 1 || first.Incident.Baseline.IsZero() {
		t.Errorf("incident %+v", first.Incident)
	}
	if !first.Incident.Symptom.Interval.To.Equal(first.Incident.Window.To) {
		t.Errorf("symptom %+v", first.Incident.Symptom)
	}
	if first.Truth == nil || first.Truth.Causes[0].Component != "db" {
		t.Errorf("truth %+v", first.Truth)
	}
	if len(first.Changes) != 2 || first.Changes[0].ID != "c" {
		t.Errorf("changes %+v", first.Changes)
	}
}

func TestCheckIncident(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	iv := func(from, to int) model.Interval {
		return model.Interval{From: day.Add(time.Duration(from) * time.Minute), To: day.Add(time.Duration(to) * time.Minute)}
	}
	good := model.Incident{ID: "i", Step: time.Minute, Window: iv(0, 60), Symptom: model.Symptom{Interval: iv(30, 40)}}
	for _, test := range []struct {
		name, field string
		change      func(*model.Incident)
	}{
		{"sound", "", func(*model.Incident) {}},
		{"open symptom", "", func(in *model.Incident) { in.Symptom.Interval.From = time.Time{} }},
		{"late baseline", "", func(in *model.Incident) { in.Baseline = iv(1000, 2000) }},
		{"no id", "id", func(in *model.Incident) { in.ID = "" }},
		{"no step", "step", func(in *model.Incident) { in.Step = 0 }},
		{"too many points", "step", func(in *model.Incident) { in.Window, in.Step = iv(0, 60*24*365), time.Second }},
		{"open window", "window.from", func(in *model.Incident) { in.Window.From = time.Time{} }},
		{"empty window", "window.to", func(in *model.Incident) { in.Window = iv(60, 60) }},
		{"symptom reversed", "symptom.to", func(in *model.Incident) { in.Symptom.Interval = iv(40, 30) }},
		{"symptom too early", "symptom.from", func(in *model.Incident) { in.Symptom.Interval = iv(-1, 30) }},
		{"symptom too late", "symptom.to", func(in *model.Incident) { in.Symptom.Interval = iv(30, 61) }},
		{"baseline in symptom", "baseline", func(in *model.Incident) { in.Baseline = iv(35, 36) }},
		{"open exclusion", "exclude[0].to", func(in *model.Incident) { in.Exclude = []model.Interval{{From: day}} }},
	} {
		in := good
		test.change(&in)
		problems := CheckIncident(in)
		if test.field == "" && len(problems) == 0 {
			continue
		}
		if len(problems) != 1 || problems[0].Field != test.field {
			t.Errorf("%s: %v", test.name, problems)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"orders", "orders-db", "web", "cache", "deploy"}
	for name, want := range map[string]string{
		"order-db": "orders-db", "ordres": "orders", "WEB": "web", "deployment": "deploy", "mailer": "", "x": "", "": "",
		"cahce": "cache", "wbe": "web",
	} {
		if got, _ := Nearest(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got, _ := Nearest("ab1", []string{"ab3", "ab2"}); got != "ab2" {
		t.Errorf("ties must go to the first by name, got %q", got)
	}
}

func TestLocate(t *testing.T) {
	text := []byte("a: 1\nb:\n  c: {d: 2}\n")
	if line, column := Locate(text, "b.c.d"); line != 3 || column != 10 {
		t.Errorf("%d:%d", line, column)
	}
	if line, column := Locate(text, "b.x.d"); line != 0 || column != 0 {
		t.Errorf("%d:%d", line, column)
	}
}

func TestParseTruth(t *testing.T) {
	got, err := ParseTruth("truth.yaml", []byte("causes:\n- {component: db, change: d-1}\n- {component: web}\nall: true\n"))
	if err != nil || len(got.Causes) != 2 || !got.All || got.None || got.Causes[0].Change != "d-1" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := ParseTruth("truth.yaml", []byte("onset: 2026-03-01T10:00:00Z\n")); err == nil {
		t.Error("a truth with neither causes nor none says nothing")
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5m": 5 * time.Minute, "1d": 24 * time.Hour, "1.5s": 1500 * time.Millisecond, "30": 30 * time.Second, "1h30m": 90 * time.Minute,
	} {
		if got, err := parseSpan(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "five", "NaN", "1e300"} {
		if got, err := parseSpan(text); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
}
