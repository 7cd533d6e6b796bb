package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/engine/model"
)

// TestEveryExpressionStaysPromQL renders each expression for the kinds of selectors there are.
func TestEveryExpressionStaysPromQL(t *testing.T) {
	for _, selector := range []map[string]string{
		nil,
		{"instance": "a:1"},
		{"instance": "a:1", "device": "sd+a"},
		{"namespace": "n", "pod": `p"q`, "code": "x"},
	} {
		for _, p := range Default().Packs() {
			for _, sig := range p.Signals {
				for _, raw := range sig.Exprs {
					tmpl, err := newTemplate(raw, "1m")
					if err != nil {
						t.Fatalf("%s %s: %v", p.Name, sig.Name, err)
					}
					expr, ok := tmpl.render(selector)
					if !ok {
						continue
					}
					if _, err := promql.ParseExpr(expr); err != nil {
						t.Errorf("%s %s for %v: %s: %v", p.Name, sig.Name, selector, expr, err)
					}
					if strings.Contains(expr, markerLabel) || strings.Contains(expr, "$") {
						t.Errorf("%s %s: left over in %s", p.Name, sig.Name, expr)
					}
				}
			}
		}
	}
}

// TestPacksAreComplete holds the packs that come with the program to more than the loader asks of a user's.
func TestPacksAreComplete(t *testing.T) {
	for _, p := range Default().Packs() {
		for _, sig := range p.Signals {
			where := p.Name + " " + sig.Name
			if sig.TitleKo == "" {
				t.Errorf("%s has no title_ko", where)
			}
			if sig.Kind == model.KindTraffic && sig.Bad != model.BadChange {
				t.Errorf("%s: traffic is bad %s, but more or less of it accuses nobody by itself", where, sig.Bad)
			}
			if (sig.Kind == model.KindErrors || sig.Kind == model.KindLatency) && sig.Bad != model.BadUp {
				t.Errorf("%s: %s must be bad up", where, sig.Kind)
			}
			if sig.Kind == model.KindLatency && (sig.Unit != "seconds" || sig.Side == model.SideUnknown) {
				t.Errorf("%s: a latency must be in seconds and say its side", where)
			}
			for _, expr := range sig.Exprs {
				if strings.Contains(expr, "vector(0)") {
					t.Errorf("%s makes a zero of what is not known: %s", where, expr)
				}
			}
		}
	}
}

// TestSameNameMeansTheSame: one name on one kind of component must not be two different things.
func TestSameNameMeansTheSame(t *testing.T) {
	type seenIn struct {
		pack string
		sig  PackSignal
	}
	seen := map[string][]seenIn{}
	for _, p := range Default().Packs() {
		for _, sig := range p.Signals {
			for _, before := range seen[sig.Name] {
				b := before.sig
				if b.Kind != sig.Kind || b.Bad != sig.Bad || (b.Resource == "") != (sig.Resource == "") || (b.Edge == nil) != (sig.Edge == nil) {
					t.Errorf("%s is %s/%s/%q in %s and %s/%s/%q in %s", sig.Name,
						b.Kind, b.Bad, b.Resource, before.pack, sig.Kind, sig.Bad, sig.Resource, p.Name)
				}
			}
			seen[sig.Name] = append(seen[sig.Name], seenIn{p.Name, sig})
		}
	}
}

// TestProcessMetricsNeedTheirOwner: behind an exporter, process_ and go_ series are the exporter's.
func TestProcessMetricsNeedTheirOwner(t *testing.T) {
	foreign := []string{"db", "database", "cache", "queue", "broker", "lb", "proxy", "disk", "host", "node", "volume"}
	for _, p := range Default().Packs() {
		for _, sig := range p.Signals {
			for _, expr := range sig.Exprs {
				own := strings.Contains(expr, "(process_") || strings.Contains(expr, "(go_")
				servesItself := slices.Contains([]string{"traefik", "etcd"}, p.Name)
				if !own || servesItself {
					continue
				}
				for _, kind := range foreign {
					if p.Fits(kind) {
						t.Errorf("%s %s reads process metrics for kind %s, whose exporter they describe", p.Name, sig.Name, kind)
					}
				}
			}
		}
	}
}

func TestFaultsNameKnownSignals(t *testing.T) {
	for _, s := range Default().Strangers() {
		t.Errorf("%s: no pack has a signal %q", s.Where, s.Signal)
	}
	resources := map[string]bool{"": true, NoResource: true}
	for _, p := range Default().Packs() {
		for _, sig := range p.Signals {
			resources[sig.Resource] = true
		}
	}
	for _, r := range hostResources {
		resources["host_"+r] = true
	}
	for _, f := range Default().Faults() {
		for m := range f.marks() {
			if !resources[m.Resource] {
				t.Errorf("%s: no signal is about %q", f.Name, m.Resource)
			}
		}
	}
}

func TestStrangers(t *testing.T) {
	set := load(t, smallPack, `version: 1
name: strange
faults:
- fault: odd
  kinds: [app]
  title: it is odd
  control: technical
  shows: [{signal: jobs}, {resource: cpu}]
  excludes: [{signal: jobz}]
  predicts: [{signal: jobs, is: up, lag: {after: onset}}, {signal: job_time, is: up, lag: {after: job_timer}}]
  refutes: [{signal: jobs_done, is: up}]
exemptions: [{kind: app, signal: jbs, reason: r, until: 2026-12-31}]
`)
	want := []Stranger{
		{"fault odd", "jobz"}, {"fault odd", "job_timer"}, {"fault odd", "jobs_done"}, {"exemption", "jbs"},
	}
	if diff := cmp.Diff(want, set.Strangers()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsAreComplete(t *testing.T) {
	for _, name := range []string{model.FaultUnclassified, model.FaultUnmeasured} {
		if f, ok := Default().Fault(name); !ok || len(f.Shows) != 0 || !f.Befalls("anything") {
			t.Errorf("%s must be there for every kind and show nothing: %+v", name, f)
		}
	}
	for _, f := range Default().Faults() {
		for what, m := range map[string]model.Message{"title": f.Title, "how_to_get": f.HowToGet} {
			if m.Format == "" || m.Korean == "" {
				t.Errorf("%s: %s must be said in both languages", f.Name, what)
			}
		}
		if (f.Interacts.Format == "") != (f.Interacts.Korean == "") {
			t.Errorf("%s: interacts must be said in both languages", f.Name)
		}
		if len(f.Mitigate) == 0 || len(f.Permanent) == 0 {
			t.Errorf("%s: must have advice for now and for good", f.Name)
		}
		for _, a := range slices.Concat(f.Mitigate, f.Permanent, f.Experiments, f.Runbook) {
			if a.Text.Korean == "" || (a.Risk.Format == "") != (a.Risk.Korean == "") {
				t.Errorf("%s: %q must be said in both languages", f.Name, a.Text.Format)
			}
		}
		for _, m := range f.Excludes {
			if !slices.ContainsFunc(f.Shows, func(s Mark) bool { return covers(s, m) }) {
				t.Errorf("%s: %+v refutes it, but does not show it", f.Name, m)
			}
		}
	}
}

// covers tells whether a mark of shows speaks of what a mark of excludes speaks of.
func covers(show, exclude Mark) bool {
	if show.Signal != "" {
		return show.Signal == exclude.Signal || signalMatches(show.Signal, exclude)
	}
	if exclude.Signal != "" {
		return signalMatchesMark(exclude.Signal, show)
	}
	return (show.Kind == "" || show.Kind == exclude.Kind) && (show.Resource == "" || show.Resource == exclude.Resource)
}

func signalMatches(name string, m Mark) bool { return m.Signal == "" && signalMatchesMark(name, m) }

func signalMatchesMark(name string, m Mark) bool {
	for _, p := range Default().Packs() {
		for _, sig := range p.Signals {
			if sig.Name == name && m.Matches(&sig.Signal) {
				return true
			}
		}
	}
	return false
}

func TestMarks(t *testing.T) {
	fault := func(name string) Fault {
		f, ok := Default().Fault(name)
		if !ok {
			t.Fatalf("no fault %q", name)
		}
		return f
	}
	for _, c := range []struct {
		fault    string
		sig      model.Signal
		strength float64
	}{
		{"disk-io-saturation", model.Signal{Name: "io_queue_length", Kind: model.KindSaturation, Resource: "disk"}, Strong},
		{"disk-io-saturation", model.Signal{Name: "iops", Kind: model.KindTraffic, Resource: "disk"}, Weak},
		{"disk-io-saturation", model.Signal{Name: "latency_p95", Kind: model.KindLatency}, 0},
		{"cpu-saturation", model.Signal{Name: "cpu_usage_percent", Kind: model.KindUtilization, Resource: "cpu"}, Strong},
		{"cpu-saturation", model.Signal{Name: "node_cpu_percent", Kind: model.KindUtilization, Resource: "host_cpu"}, 0},
		{"cpu-saturation", model.Signal{Name: "memory_used", Kind: model.KindUtilization, Resource: "memory"}, 0},
		{"latency-unexplained", model.Signal{Name: "latency_p95", Kind: model.KindLatency}, Strong},
		{"latency-unexplained", model.Signal{Name: "latency_p95", Kind: model.KindLatency, Resource: "http"}, Strong},
		{"latency-unexplained", model.Signal{Name: "write_await", Kind: model.KindLatency, Resource: "disk"}, 0},
		{"lock-contention", model.Signal{Name: "lock_waiters", Kind: model.KindSaturation, Resource: "locks"}, Strong},
	} {
		got, ok := fault(c.fault).Marks(&c.sig)
		if got != c.strength || ok != (c.strength > 0) {
			t.Errorf("%s, %s: %v, %v; want %v", c.fault, c.sig.Name, got, ok, c.strength)
		}
	}
	queue := model.Signal{Name: "io_queue_length", Kind: model.KindSaturation, Resource: "disk"}
	if f := fault("disk-io-saturation"); !f.Refutes(&queue) || !f.Befalls("Disk") || f.Befalls("db") {
		t.Error("disk-io-saturation must befall disks, and be refuted by a normal queue")
	}
}

func TestAdviceIsFilled(t *testing.T) {
	a := Advice{
		Text:    model.Message{Format: "look at {{component}} of {{owner}}", Korean: "{{component}} 확인"},
		Command: "ssh {{host}} 'iostat -x {{device}}' # {{instance}}",
	}
	c := &model.Component{Name: "vol 100%d", Selector: map[string]string{"instance": "db1:9100", "device": "sdb"}}
	got := a.For(Facts{Component: c})
	if got.Component != c.Name || got.Text.String() != "look at vol 100%d of <owner>" || got.Text.Korean != "vol 100%d 확인" {
		t.Errorf("text %+v", got)
	}
	if want := "ssh db1 'iostat -x sdb' # db1:9100"; got.Command != want {
		t.Errorf("command %q, want %q", got.Command, want)
	}
	if !got.Risk.IsZero() {
		t.Errorf("risk %q out of nothing", got.Risk)
	}
}

func BenchmarkPlanThousandComponents(b *testing.B) {
	topo := &model.Topology{}
	for i := range 1000 {
		topo.Components = append(topo.Components, model.Component{
			Name: fmt.Sprintf("copy%d", i), Kind: "app", Selector: map[string]string{"service": fmt.Sprintf("copy%d", i)},
		})
	}
	metrics := []string{
		"http_requests_total", "http_request_duration_seconds_bucket", "process_cpu_seconds_total", "go_goroutines",
		"go_memstats_heap_inuse_bytes", "up", "db_pool_acquired", "db_pool_max",
	}
	series := seriesFile{}
	for _, m := range metrics {
		series.series = append(series.series, map[string]string{"__name__": m})
	}
	names := func(ctx context.Context, _ map[string]string) ([]string, error) { return series.names(ctx, nil) }
	for b.Loop() {
		if _, _, err := Default().Plan(b.Context(), topo, names, PlanOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
