package scenarios

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
)

// instance is one of many that do the same.
type instance struct {
	synth.Requests
	labels []string // of its requests, beside the usual
}

// web is what a service shows of its requests, by Micrometer as it is set up at first: counted and timed, not by histogram.
func web(t *synth.Target, in instance) {
	failed := in.Failing
	if failed == nil {
		failed = synth.Always(0)
	}
	for _, part := range []struct {
		status, outcome string
		share           synth.Course
	}{
		{"200", "SUCCESS", synth.Of(func(v ...float64) float64 { return 1 - v[0] }, failed)},
		{"500", "SERVER_ERROR", failed},
	} {
		labels := append([]string{"method", "GET", "uri", "/order", "status", part.status, "outcome", part.outcome}, in.labels...)
		rate := times(in.Rate, part.share)
		t.Events("http_server_requests_seconds_count", rate, labels...)
		t.Amount("http_server_requests_seconds_sum", 0.03, times(rate, in.Latency), labels...)
	}
}

const fleetTopology = `version: 1
components:
- {name: lb, kind: lb, selector: {instance: "lb1:8404"}, owner: edge-team, serves: [order]}
- {name: shop, kind: app, selector: {job: shop}, owner: shop-team}
dependencies:
- {from: lb, to: shop, kind: calls}
`

// balanced is a balancer before a fleet.
func balanced(st *synth.Stage, q synth.Requests) {
	st.Target(nil, "job", "haproxy", "instance", "lb1:8404").HAProxy("shop", q, 0.06)
}

// canary: the new version runs on three instances of 24, and fails a third of its requests.
func canary() synth.Script {
	const deployed, n, canaries = 40 * time.Minute, 24, 3
	bad := synth.From(deployed, synth.Always(0.0005), synth.Always(0.34))
	return synth.Script{
		ID: "canary", Title: "Some orders fail", Seed: 41, Start: start, Duration: 58 * time.Minute, Scrape: scrape,
		Topology:  fleetTopology,
		Component: "lb", Signal: model.KindErrors, From: deployed, To: 57 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: deployed, Change: model.Change{ID: "d-700", Kind: model.ChangeDeploy, Component: "shop", Instances: []string{"shop1:8080", "shop2:8080", "shop3:8080"}, Title: "shop 7.0.0, canary", From: "6.4.1", To: "7.0.0", AuthorTeam: "shop-team", Notes: "new price engine"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "shop", Change: "d-700"}}},
		Onset: deployed,
		Show: func(st *synth.Stage) {
			balanced(st, synth.Requests{Rate: synth.Always(480), Latency: synth.Always(0.03), Failing: synth.From(deployed, synth.Always(0.0005), synth.Always(0.34*canaries/n))})
			for i := range n {
				instance, failing, version := fmt.Sprintf("shop%d:8080", i+1), synth.Always(0.0005), synth.Always(0)
				if i < canaries {
					failing, version = bad, synth.From(deployed, synth.Always(0), synth.Always(1))
				}
				t := st.Target(nil, "job", "shop", "instance", instance)
				web(t, instanceOf(480.0/n, 0.03, failing))
				t.Gauge("process_cpu_usage", 0.05, synth.Always(0.21))
				t.Marked("target_info", present(version, 0), "service_name", "shop", "service_version", "6.4.1")
				t.Marked("target_info", present(version, 1), "service_name", "shop", "service_version", "7.0.0")
			}
		},
	}
}

func instanceOf(rate, latency float64, failing synth.Course) instance {
	return instance{Requests: synth.Requests{Rate: synth.Always(rate), Latency: synth.Always(latency), Failing: failing}}
}

// present is 1 while a course has a value, and no sample else.
func present(c synth.Course, value float64) synth.Course {
	return synth.Of(func(v ...float64) float64 {
		if v[0] == value {
			return 1
		}
		return synth.Absent
	}, c)
}

// countryFlag: a function is switched on for one country, where half of the requests fail with it.
func countryFlag() synth.Script {
	const switched = 40 * time.Minute
	shares := []struct {
		country string
		rate    float64
	}{{"at", 9}, {"de", 31}, {"fr", 20}, {"it", 12}, {"kr", 14}, {"pl", 12}, {"se", 8}, {"us", 24}}
	return synth.Script{
		ID: "country-flag", Title: "Some orders fail", Seed: 42, Start: start, Duration: 58 * time.Minute, Scrape: scrape,
		Topology:  fleetTopology,
		Component: "lb", Signal: model.KindErrors, From: switched, To: 57 * time.Minute,
		Changes: []synth.ScriptChange{
			{At: switched, Change: model.Change{ID: "f-12", Kind: model.ChangeFlag, Component: "shop", Title: "vat-2026 on for pl", From: "off", To: "on", AuthorTeam: "shop-team", Labels: map[string]string{"country": "pl"}}},
			{At: 18 * time.Minute, Change: model.Change{ID: "c-71", Kind: model.ChangeConfig, Component: "lb", Title: "log format", AuthorTeam: "edge-team"}},
		},
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "shop", Change: "f-12"}}},
		Onset: switched,
		Show: func(st *synth.Stage) {
			balanced(st, synth.Requests{Rate: synth.Always(130), Latency: synth.Always(0.03), Failing: synth.From(switched, synth.Always(0.0005), synth.Always(0.52*12/130))})
			for i := range 4 {
				t := st.Target(nil, "job", "shop", "instance", fmt.Sprintf("shop%d:8080", i+1))
				for _, s := range shares {
					failing := synth.Always(0.0005)
					if s.country == "pl" {
						failing = synth.From(switched, failing, synth.Always(0.52))
					}
					in := instanceOf(s.rate/4, 0.03, failing)
					in.labels = []string{"country", s.country}
					web(t, in)
				}
				t.Gauge("process_cpu_usage", 0.05, synth.Always(0.21))
			}
		},
	}
}

// kernelOption: half of the machines that compute pictures run another kernel, and take six times as long, as ever since
// they were bought.
func kernelOption() synth.Script {
	const n = 24
	return synth.Script{
		ID: "kernel-option", Title: "Pictures take long, on some machines", Seed: 43, Start: start, Duration: 60 * time.Minute, Scrape: scrape,
		Topology: `version: 1
components:
- {name: render, kind: app, selector: {job: render}, owner: media-team, serves: [pictures]}
`,
		Component: "render", Signal: model.KindLatency, From: 40 * time.Minute, To: 59 * time.Minute,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "render"}}},
		Show: func(st *synth.Stage) {
			r := rand.New(rand.NewPCG(43, 0))
			for i := range n {
				name := fmt.Sprintf("render%02d", i+1)
				release, took := "5.14.0-503.el9.x86_64", 5.1
				if r.IntN(2) == 0 {
					release, took = "5.14.0-427.el9.x86_64", 31.0
				}
				t := st.Target(nil, "job", "render", "instance", name+":8080")
				web(t, instanceOf(0.4, took*(0.97+0.06*r.Float64()), nil))
				node := st.Target(nil, "job", "node", "instance", name+":9100")
				node.Gauge("node_uname_info", 0, synth.Always(1), "sysname", "Linux", "release", release, "machine", "x86_64", "nodename", name)
				product := []string{"PowerEdge R650", "ProLiant DL360"}[r.IntN(2)]
				node.Gauge("node_dmi_info", 0, synth.Always(1), "product_name", product, "system_vendor", "any")
			}
		},
	}
}

// badLot: of 250 machines 20 are older; under load some of the newer power off, never the same ones.
func badLot() synth.Script {
	const n, old, perHour, story = 250, 20, 6.0, 8 * time.Hour
	return synth.Script{
		ID: "bad-lot", Title: "Machines power off now and then", Seed: 44, Start: start, Duration: story, Scrape: 10 * time.Minute,
		Topology: `version: 1
components:
- {name: farm, kind: host, selector: {job: node}, owner: platform-team}
`,
		Component: "farm", Signal: model.KindAvailability, From: story - 2*time.Hour, To: story,
		Truth: model.Truth{Causes: []model.TrueCause{{Component: "farm"}}},
		Show: func(st *synth.Stage) {
			r := rand.New(rand.NewPCG(44, 0))
			down := map[int]time.Duration{}
			for at := time.Duration(0); ; {
				at += time.Duration(r.ExpFloat64() / perHour * float64(time.Hour))
				if at >= story-30*time.Minute {
					break
				}
				down[old+r.IntN(n-old)] = at
			}
			for i := range n {
				at, fails := down[i]
				const off = 25 * time.Minute // until somebody presses the button
				alive := func(t time.Duration) bool { return !fails || t < at || t >= at+off }
				product := "ProLiant DL325 Gen10"
				if i < old {
					product = "ProLiant DL360 Gen9"
				}
				t := st.Target(alive, "job", "node", "instance", fmt.Sprintf("farm%03d:9100", i+1), "rack", fmt.Sprintf("r%02d", r.IntN(8)))
				boot := float64(start.Add(-time.Duration(i+30) * time.Hour).Unix())
				booted := synth.Always(boot)
				if fails {
					booted = synth.From(at, booted, synth.Always(float64(start.Add(at+off-time.Minute).Unix())))
				}
				t.Gauge("node_boot_time_seconds", 0, booted)
				t.Gauge("node_dmi_info", 0, synth.Always(1), "product_name", product, "system_vendor", "HPE")
			}
		},
	}
}
