package rules

import (
	"context"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

func TestInjection(t *testing.T) {
	instance := map[string]string{"instance": "db1:9100"}
	device := map[string]string{"instance": "db1:9100", "device": "nvme1n1"}
	for _, c := range []struct {
		name, expr string
		selector   map[string]string
		want       string // "" = cannot be written for the selector
	}{
		{"bare metric", `up`, instance, `up{instance="db1:9100"}`},
		{"empty selector", `up`, nil, `up{}`},
		{"beside other matchers", `x{code="5xx"}`, instance, `x{code="5xx",instance="db1:9100"}`},
		{"every selector", `rate(a[$range]) / rate(b[$range])`, instance, `rate(a{instance="db1:9100"}[1m]) / rate(b{instance="db1:9100"}[1m])`},
		{"several labels, sorted", `x`, device, `x{device="nvme1n1",instance="db1:9100"}`},
		{"own equality wins", `x{device="eth0"}`, device, `x{device="eth0",instance="db1:9100"}`},
		{"own pattern wins", `x{device=~".+"}`, device, `x{device=~".+",instance="db1:9100"}`},
		{"own negation holds as well", `x{device!~"lo|veth.*"}`, device, `x{device!~"lo|veth.*",device="nvme1n1",instance="db1:9100"}`},
		{"own not-empty holds as well", `x{device!=""}`, device, `x{device!="",device="nvme1n1",instance="db1:9100"}`},
		{"all labels owned", `x{instance="other"}`, instance, `x{instance="other"}`},
		{"own label sorted behind the marker", `x{zzzzz="1"}`, instance, `x{instance="db1:9100",zzzzz="1"}`},
		{"own label sorted behind, nothing to inject", `x{zzzzz="1"}`, nil, `x{zzzzz="1"}`},
		{"metric by pattern", `{__name__=~"a_.*"}`, instance, `{__name__=~"a_.*",instance="db1:9100"}`},
		{"offset and subquery", `max_over_time(rate(x[$range] offset 5m)[10m:1m])`, instance, `max_over_time(rate(x{instance="db1:9100"}[1m] offset 5m)[10m:1m])`},
		{"value to be quoted", `x`, map[string]string{"path": `a"b\c`}, `x{path="a\"b\\c"}`},
		{"label name to be quoted", `x`, map[string]string{"k8s.pod": "p"}, `x{"k8s.pod"="p"}`},
		{"placeholder in equality", `x{source="${device}"}`, device, `x{source="nvme1n1",device="nvme1n1",instance="db1:9100"}`},
		{"placeholder in pattern", `x{device=~"/dev/${device}(p?[0-9]+)?"}`, map[string]string{"device": "dm.0"}, `x{device=~"/dev/dm\\.0(p?[0-9]+)?"}`},
		{"placeholder without its label", `x{device=~"/dev/${device}"}`, instance, ``},
		{"placeholder with a quote", `x{a="${v}"}`, map[string]string{"v": `"`}, `x{a="\"",v="\""}`},
	} {
		tmpl, err := newTemplate(c.expr, "1m")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, ok := tmpl.render(c.selector)
		if ok != (c.want != "") || got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
			continue
		}
		if ok {
			if _, err := promql.ParseExpr(got); err != nil {
				t.Errorf("%s: %s: %v", c.name, got, err)
			}
		}
	}
}

func TestInjectionMarkerIsReserved(t *testing.T) {
	if _, err := newTemplate(`x{zzzz_selector="x"}`, "1m"); err == nil {
		t.Error("an expression that selects the marker label was taken")
	}
}

func TestCallerIsALiteral(t *testing.T) {
	got := withCaller(`x`, `web$1"`)
	if want := `label_replace(x, "diagnops_caller", "web$$1\"", "", "")`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := promql.ParseExpr(got); err != nil {
		t.Error(err)
	}
}

func TestLookback(t *testing.T) {
	for expr, want := range map[string]time.Duration{
		`x`:                                 0,
		`rate(x[5m])`:                       5 * time.Minute,
		`rate(x[1m]) / rate(y[2m])`:         2 * time.Minute,
		`max_over_time(rate(x[2m])[10m:])`:  12 * time.Minute,
		`rate(x[5m] offset 1h)`:             5 * time.Minute,
		`x + max_over_time(y[30s:5s])`:      30 * time.Second,
		`sum(max by (a) (rate(x[$range])))`: time.Minute,
	} {
		tmpl, err := newTemplate(expr, "1m")
		if err != nil {
			t.Fatal(err)
		}
		if tmpl.smear != want {
			t.Errorf("%s: %v, want %v", expr, tmpl.smear, want)
		}
	}
}

func TestNeed(t *testing.T) {
	names := nameSet{"a": {}, "b": {}, "requests_total": {}}
	elsewhere := nameSet{"c": {}}
	for expr, want := range map[string]bool{
		`a`:                         true,
		`c`:                         false,
		`rate(a[1m]) / rate(b[1m])`: true,
		`a / c`:                     false,
		`c or a`:                    true,
		`c or vector(0)`:            false,
		`a unless c`:                true,
		`c unless a`:                false,
		`a and c`:                   false,
		`time() - a`:                true,
		`{__name__=~"requests_.*"}`: true,
		`{__name__=~"missing_.*"}`:  false,
		`c{device="x"}`:             true, // looked for without the component's device
		`a{device="x"}`:             false,
		`a{device!="x"}`:            true,
	} {
		parsed, err := promql.ParseExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		got, err := needOf(parsed).met(func(owns []string) (nameSet, error) {
			if len(owns) > 0 {
				return elsewhere, nil
			}
			return names, nil
		})
		if err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", expr, got, err, want)
		}
	}
}

func TestNamesWithoutOwnedLabels(t *testing.T) {
	var asked []string
	cache := newNameCache(func(_ context.Context, selector map[string]string) ([]string, error) {
		asked = append(asked, selectorKey(selector))
		return nil, nil
	}, 1)
	selector := map[string]string{"a": "1", "b": "2"}
	for _, except := range [][]string{nil, {"b"}, {"c"}, {"b"}} {
		if _, err := cache.of(t.Context(), selector, except); err != nil {
			t.Fatal(err)
		}
	}
	if len(asked) != 2 || asked[0] != `"a""1""b""2"` || asked[1] != `"a""1"` {
		t.Errorf("asked %q", asked)
	}
	if len(selector) != 2 {
		t.Error("the component's selector was changed")
	}
}

func TestResourceOf(t *testing.T) {
	for _, c := range []struct {
		name string
		kind model.SignalKind
		unit string
		want string
	}{
		{"cpu", model.KindUtilization, "cores", "cpu"},
		{"cpu_usage_percent", model.KindUtilization, "percent", "cpu"},
		{"node_cpu_usage_percent", model.KindUtilization, "percent", "host_cpu"},
		{"hostMemoryUsed", model.KindUsage, "bytes", "host_memory"},
		{"memory_usage_mebibytes", model.KindUsage, "mebibytes", "memory"},
		{"jvm_memory_pool_used", model.KindUsage, "bytes", "memory"},
		{"network_receive_bytes", model.KindTraffic, "bytes", "network"},
		{"io_queue_length", model.KindSaturation, "requests", "disk"},
		{"network_io", model.KindTraffic, "bytes/s", "network"},
		{"volume_read_ops", model.KindTraffic, "ops", "disk"},
		{"db_pool_acquired", model.KindUsage, "connections", "pool"},
		{"worker_pool_waiting", model.KindSaturation, "requests", "workers"},
		{"connections", model.KindUsage, "", "connections"},
		{"lock_waiters", model.KindSaturation, "sessions", "locks"},
		{"consumer_lag", model.KindSaturation, "messages", "queue"},
		{"gc-pause", model.KindSaturation, "seconds", "gc"},
		{"busy", model.KindSaturation, "workers", "workers"},
		{"thread_pool_active", model.KindUsage, "", "threads"},
		{"used", model.KindUtilization, "millicores", "cpu"},
		{"latency_p95", model.KindLatency, "seconds", ""},
		{"db_call_latency", model.KindLatency, "seconds", ""},
		{"error_ratio", model.KindErrors, "ratio", ""},
		{"requests", model.KindTraffic, "requests/s", ""},
		{"", model.KindUsage, "", ""},
	} {
		if got := ResourceOf(c.name, c.kind, c.unit); got != c.want {
			t.Errorf("%s (%s, %s): %q, want %q", c.name, c.kind, c.unit, got, c.want)
		}
	}
}

func TestSideOf(t *testing.T) {
	for name, want := range map[string]model.Side{
		"client_latency_p99": model.SideClient, "call_errors": model.SideClient, "server_latency_p99": model.SideServer,
		"served_latency_p50": model.SideServer, "latency": model.SideUnknown, "client_server_latency": model.SideUnknown,
	} {
		if got := SideOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
