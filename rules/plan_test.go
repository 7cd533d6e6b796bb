package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// shop is three tiers with a volume below, as a small shop has them.
func shop() *model.Topology {
	return &model.Topology{
		Components: []model.Component{
			{Name: "shoppers", Kind: "external", Selector: map[string]string{"instance": "shoppers:9000"}},
			{Name: "edge-lb", Kind: "lb", Selector: map[string]string{"instance": "lb:8404"}},
			{Name: "web1", Kind: "app", Selector: map[string]string{"service": "web1"}},
			{Name: "orders-db", Kind: "db", Selector: map[string]string{"instance": "db:9187"}},
			{Name: "data-volume", Kind: "disk", Selector: map[string]string{"instance": "machine:9100", "device": "sdb"}},
			{Name: "machine", Kind: "host", Selector: map[string]string{"instance": "machine:9100"}},
			{Name: "post", Kind: "external", Selector: map[string]string{"instance": "post:9025"}},
			{Name: "elsewhere", Kind: "app"},
		},
		Signals: []model.SignalSpec{
			{
				Signal: model.Signal{Name: "latency_p95", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp},
				Expr:   `histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket[15s])))`, By: "service",
			},
			{
				Signal: model.Signal{Name: "cpu", Kind: model.KindUtilization, Unit: "cores", Bad: model.BadUp},
				Expr:   `rate(process_cpu_seconds_total[$range])`, By: "service",
			},
			{
				Signal: model.Signal{Name: "served_latency", Kind: model.KindLatency, Unit: "seconds", Bad: model.BadUp},
				Expr:   `max_over_time(served_seconds[1m:10s])`, Edge: &model.EdgeLabels{From: "client", To: "server"},
			},
		},
	}
}

func describe(plan []model.SignalQuery, missing []model.MissingSignal) string {
	var b strings.Builder
	for _, q := range plan {
		whose := q.Subject.String()
		switch {
		case q.Edge != nil:
			whose = fmt.Sprintf("%s -> %s", q.Edge.From, q.Edge.To)
		case q.By != "":
			whose = "by " + q.By
		}
		s := q.Signal
		fmt.Fprintf(&b, "%s: %s (%s, %s, bad %s, resource %q, side %q, %s), looks back %d ms\n",
			whose, s.Name, s.Kind, s.Unit, s.Bad, s.Resource, s.Side, s.Source, q.SmearMillis)
		for _, expr := range q.Candidates {
			fmt.Fprintf(&b, "    %s\n", expr)
		}
	}
	b.WriteString("\nmissing:\n")
	for _, m := range missing {
		fmt.Fprintf(&b, "%s: %s, %s\n", m.Subject, m.Signal.Name, m.Reason)
		for _, expr := range m.Tried {
			fmt.Fprintf(&b, "    %s\n", expr)
		}
	}
	return b.String()
}

func TestPlanOfAShop(t *testing.T) {
	series := readSeries(t, "testdata/plan/series.txt")
	plan, missing, err := Default().Plan(t.Context(), shop(), series.names, PlanOptions{Step: 5 * time.Second, ScrapeInterval: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/plan/shop.golden", describe(plan, missing))
	for _, q := range plan {
		for _, expr := range q.Candidates {
			if _, err := promql.ParseExpr(expr); err != nil {
				t.Errorf("%s: %v", q.Signal.Name, err)
			}
		}
	}
}

func TestPlanKeepsExportersOffTheirSubjects(t *testing.T) {
	series := readSeries(t, "testdata/plan/series.txt")
	plan, _, err := Default().Plan(t.Context(), shop(), series.names, PlanOptions{Step: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range plan {
		if !slices.Contains([]string{"orders-db", "edge-lb", "machine", "data-volume"}, q.Subject.Component) {
			continue
		}
		for _, expr := range q.Candidates {
			for _, own := range []string{"process_", "go_"} {
				if strings.Contains(" "+strings.NewReplacer("(", " ", "haproxy_process_", "").Replace(expr), " "+own) {
					t.Errorf("%s %s reads the exporter's own %s: %s", q.Subject, q.Signal.Name, own, expr)
				}
			}
		}
	}
}

func TestPlanNamesOneSignalOnceForAComponent(t *testing.T) {
	series := readSeries(t, "testdata/plan/series.txt")
	plan, missing, err := Default().Plan(t.Context(), shop(), series.names, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	once := func(subject model.Subject, name string) {
		if key := subject.String() + " " + name; subject.Component != "" {
			if seen[key] {
				t.Errorf("%s is planned, or missing, twice", key)
			}
			seen[key] = true
		}
	}
	for _, q := range plan {
		once(q.Subject, q.Signal.Name)
	}
	for _, m := range missing {
		once(m.Subject, m.Signal.Name)
	}
}

func TestPlanLooksEverySelectorUpOnce(t *testing.T) {
	series := readSeries(t, "testdata/plan/series.txt")
	topo := &model.Topology{}
	for i := range 300 {
		topo.Components = append(topo.Components, model.Component{
			Name: fmt.Sprintf("copy%d", i), Kind: "app", Selector: map[string]string{"service": "web1"},
		})
	}
	if _, _, err := Default().Plan(t.Context(), topo, series.names, PlanOptions{}); err != nil {
		t.Fatal(err)
	}
	if series.asked != 2 { // web1's, and all names
		t.Errorf("asked %d times, want 2", series.asked)
	}
}

func TestPlanConcurrently(t *testing.T) {
	series := readSeries(t, "testdata/plan/series.txt")
	var running, peak atomic.Int32
	names := func(ctx context.Context, selector map[string]string) ([]string, error) {
		peak.Store(max(peak.Load(), running.Add(1)))
		defer running.Add(-1)
		local := seriesFile{series: series.series}
		return local.names(ctx, selector)
	}
	one, oneMissing, err := Default().Plan(t.Context(), shop(), series.names, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	four, fourMissing, err := Default().Plan(t.Context(), shop(), names, PlanOptions{Concurrency: 4})
	if err != nil {
		t.Fatal(err)
	}
	if describe(one, oneMissing) != describe(four, fourMissing) {
		t.Error("the plan depends on how many selectors are looked up at a time")
	}
	if peak.Load() > 4 {
		t.Errorf("%d look-ups at a time, allowed 4", peak.Load())
	}
}

func TestPlanOfCallsBetweenAny(t *testing.T) {
	series := seriesFile{series: []map[string]string{
		{"__name__": "traces_service_graph_request_total", "client": "web", "server": "orders"},
		{"__name__": "traces_service_graph_request_client_seconds_bucket", "client": "web", "server": "orders"},
	}}
	topo := &model.Topology{
		Components: []model.Component{{Name: "web", Kind: "app"}, {Name: "orders", Kind: "app"}},
		Signals: []model.SignalSpec{{
			Signal: model.Signal{Name: "call_rate", Kind: model.KindTraffic, Unit: "req/s", Bad: model.BadChange},
			Expr:   "calls", Edge: &model.EdgeLabels{From: "a", To: "b"},
		}},
	}
	plan, missing, err := Default().Plan(t.Context(), topo, series.names, PlanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := `a -> b: call_rate (traffic, req/s, bad change, resource "", side "client", topology), looks back 0 ms
    calls
client -> server: call_error_ratio (errors, ratio, bad up, resource "http", side "client", catalogue), looks back 60000 ms
    (sum by (client, server) (rate(traces_service_graph_request_failed_total{}[1m])) or 0 * sum by (client, server) (rate(traces_service_graph_request_total{}[1m]))) / sum by (client, server) (rate(traces_service_graph_request_total{}[1m]))
client -> server: call_latency_p95 (latency, seconds, bad up, resource "http", side "client", catalogue), looks back 60000 ms
    histogram_quantile(0.95, sum by (client, server, le) (rate(traces_service_graph_request_client_seconds_bucket{}[1m])))

missing:
`
	if got := describe(plan, missing); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlanErrors(t *testing.T) {
	broken := errors.New("source is gone")
	_, _, err := Default().Plan(t.Context(), shop(), func(context.Context, map[string]string) ([]string, error) {
		return nil, broken
	}, PlanOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}

	topo := &model.Topology{Signals: []model.SignalSpec{
		{Signal: model.Signal{Name: "one"}, Expr: "sum("}, {Signal: model.Signal{Name: "two"}, Expr: "rate(x)"},
	}}
	_, _, err = Default().Plan(t.Context(), topo, (&seriesFile{}).names, PlanOptions{})
	for _, name := range []string{`"one"`, `"two"`} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name signal %s", err, name)
		}
	}
}

func TestRange(t *testing.T) {
	for _, c := range []struct {
		opts PlanOptions
		want time.Duration
	}{
		{PlanOptions{}, time.Minute},
		{PlanOptions{Step: 5 * time.Second, ScrapeInterval: 2 * time.Second}, 10 * time.Second},
		{PlanOptions{Step: 5 * time.Second, ScrapeInterval: 15 * time.Second}, time.Minute},
		{PlanOptions{Step: 300 * time.Millisecond, ScrapeInterval: 100 * time.Millisecond}, time.Second},
		{PlanOptions{Step: 5 * time.Minute, ScrapeInterval: time.Minute}, 10 * time.Minute},
	} {
		if got := c.opts.Range(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.opts, got, c.want)
		}
	}
}
