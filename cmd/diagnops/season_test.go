package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// diary is a made-up recording of many days, a point a minute: web asks db, and every day at nine by the users' clock the
// load doubles for an hour, which makes both slower and busier. The question is asked on a Monday.
type diary struct {
	zone  string
	days  int
	sick  bool // db runs out of processor from five past nine on, today
	clock string
}

// monday is the one after the clocks in Berlin went forward.
const monday = "2026-03-30"

// write makes the bundle's folder.
func (d *diary) write(t *testing.T) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	asked, err := time.ParseInLocation("2006-01-02 15:04", monday+" "+d.clock, zone)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := asked.AddDate(0, 0, -d.days).Add(-3*time.Hour), asked.Add(20*time.Minute)
	noise := rand.New(rand.NewPCG(1, 2))
	jitter := func() float64 { return math.Exp(0.03 * noise.NormFloat64()) }
	var latency, requests, cpu strings.Builder
	for at := begin; !at.After(end); at = at.Add(time.Minute) {
		load, own := 1.0, 0.0
		if at.Hour() == 9 {
			load = 2
		}
		use := 0.25 * load * jitter()
		if d.sick && !at.Before(asked) {
			own, use = 0.8, 0.985
		}
		db := (0.02*load*load + own) * jitter()
		sec := at.Unix()
		fmt.Fprintf(&latency, "shop_latency_seconds{node=\"db\"} %.5f %d\n", db, sec)
		fmt.Fprintf(&latency, "shop_latency_seconds{node=\"web\"} %.5f %d\n", db+0.04*load*jitter(), sec)
		fmt.Fprintf(&cpu, "shop_cpu_ratio{node=\"db\"} %.4f %d\nshop_cpu_ratio{node=\"web\"} %.4f %d\n", use, sec, 0.2*load*jitter(), sec)
		fmt.Fprintf(&requests, "shop_requests{node=\"db\"} %.2f %d\nshop_requests{node=\"web\"} %.2f %d\n", 200*load*jitter(), sec, 100*load*jitter(), sec)
	}
	utc := func(at time.Time) string { return at.UTC().Format(time.RFC3339) }
	timezone := ""
	if d.zone != "" {
		timezone = "timezone: " + d.zone + "\n"
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"incident.yaml": fmt.Sprintf("version: 1\nid: morning\nstep: 1m\n%swindow: {from: %s, to: %s}\nsymptom: {component: web, signal: latency, from: %s, to: %s}\n",
			timezone, utc(begin), utc(end), utc(asked), utc(end)),
		"topology.yaml": `version: 1
components:
- {name: web, kind: app}
- {name: db, kind: db}
dependencies:
- {from: web, to: db, kind: calls}
signals:
- {name: latency_p95, kind: latency, expr: shop_latency_seconds, by: node, unit: seconds, bad: up}
- {name: requests, kind: traffic, expr: shop_requests, by: node, unit: req/s, bad: change}
- {name: cpu, kind: utilization, expr: shop_cpu_ratio, by: node, unit: ratio, bad: up}
`,
		"metrics.om": "# TYPE shop_cpu_ratio gauge\n" + cpu.String() + "# TYPE shop_latency_seconds gauge\n" + latency.String() +
			"# TYPE shop_requests gauge\n" + requests.String() + "# EOF\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestMorningRush: what comes every day at nine is no incident at five past nine, on the first Monday of another offset
// either; a fault at that time is.
func TestMorningRush(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		diary  diary
		args   []string
		status model.Status
		cause  string
		says   string
		heard  string
	}{
		{"as every day", diary{zone: "Europe/Berlin", days: 9, clock: "09:05"}, nil, model.Healthy, "", "as it usually is at this time", ""},
		{"the zone by flag", diary{days: 9, clock: "09:05"}, []string{"--timezone", "Europe/Berlin"}, model.Healthy, "", "as it usually is at this time", ""},
		{
			"asked by the users' clock",
			diary{days: 9, clock: "09:05"},
			[]string{"--timezone", "Europe/Berlin", "is web slow from 09:05 to 09:20?"},
			model.Healthy, "", "as it usually is at this time", "from 2026-03-30 09:05 CEST to 2026-03-30 09:20 CEST",
		},
		{"with a fault", diary{zone: "Europe/Berlin", days: 9, clock: "09:05", sick: true}, nil, model.Diagnosed, "db", "", ""},
		{"a fault before nine", diary{zone: "Europe/Berlin", days: 9, clock: "07:30", sick: true}, nil, model.Diagnosed, "db", "", ""},
		{"by another clock, nine has moved", diary{zone: "UTC", days: 9, clock: "09:05"}, nil, model.Diagnosed, "", "", ""},
		{"too few days to know", diary{zone: "Europe/Berlin", days: 2, clock: "09:05"}, nil, model.Diagnosed, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out, _ := diagnops(t, 0, append([]string{"why", "-o", "json", "--bundle", tc.diary.write(t)}, tc.args...)...)
			var d model.Diagnosis
			if err := json.Unmarshal([]byte(out), &d); err != nil {
				t.Fatal(err)
			}
			t.Log(d.Outcome.Status, d.Outcome.Summary)
			if d.Outcome.Status != tc.status || !strings.Contains(d.Outcome.Summary.String(), tc.says) {
				t.Errorf("%s: %s, want %s saying %q", d.Outcome.Status, d.Outcome.Summary, tc.status, tc.says)
			}
			if !strings.Contains(d.Question.Understood.String(), tc.heard) {
				t.Errorf("understood %q, want %q in it", d.Question.Understood, tc.heard)
			}
			if tc.cause != "" && (len(d.Causes) == 0 || d.Causes[0].Component != tc.cause) {
				t.Errorf("want %s as the first cause", tc.cause)
			}
		})
	}
}
