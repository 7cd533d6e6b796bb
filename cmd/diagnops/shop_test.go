package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// shop is a made-up incident: web asks orders, orders asks db, and the one of them called Culprit runs out of
// processor. Everything is computed, from a seed, so that scripts need no recorded data.
type shop struct {
	ID      string
	Culprit string // web, orders or db; "" = a quiet window
	Truth   string // what truth.yaml says: a component, "none", or "" for no such file
	Deploy  string // of which component another version is to be seen, a minute before the onset; "" = of none
	Seed    uint64
}

const (
	shopStep  = 10 * time.Second
	shopSteps = 120
	shopOnset = 96 // the step from which the culprit is sick
	// shopDeploy is the step from which another version is to be seen.
	shopDeploy = shopOnset - 6
)

var shopBegin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// parseShop reads NAME=VALUE words of a script.
func parseShop(words []string) (*shop, error) {
	s := &shop{ID: "shop", Culprit: "db", Truth: "db", Seed: 1}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "id":
			s.ID = value
		case "culprit":
			s.Culprit = value
		case "truth":
			s.Truth = value
		case "deploy":
			s.Deploy = value
		case "seed":
			if _, err := fmt.Sscan(value, &s.Seed); err != nil {
				return nil, fmt.Errorf("seed (%q) must be a number: %w", value, err)
			}
		default:
			return nil, fmt.Errorf("%q must be one of id, culprit, truth, deploy, seed", name)
		}
	}
	return s, nil
}

// write makes the bundle's folder.
func (s *shop) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	at := func(step int) string { return shopBegin.Add(time.Duration(step) * shopStep).Format(time.RFC3339) }
	files := map[string]string{
		"incident.yaml": fmt.Sprintf(`version: 1
id: %s
title: a made-up shop
step: %s
window: {from: %s, to: %s}
symptom: {component: web, signal: latency, from: %s, to: %s}
`, s.ID, shopStep, at(0), at(shopSteps-1), at(shopOnset), at(shopSteps-1)),
		"topology.yaml": `version: 1
components:
- {name: web, kind: app, aliases: [storefront]}
- {name: orders, kind: app}
- {name: db, kind: db}
- {name: mail, kind: external}
dependencies:
- {from: web, to: orders, kind: calls}
- {from: orders, to: db, kind: calls}
- {from: web, to: mail, kind: calls}
signals:
- {name: latency_p95, kind: latency, expr: shop_latency_seconds, by: node, unit: seconds, bad: up}
- {name: requests, kind: traffic, expr: shop_requests, by: node, unit: req/s, bad: change}
- {name: cpu, kind: utilization, expr: shop_cpu_ratio, by: node, unit: ratio, bad: up}
`,
		"metrics.om": s.metrics(),
	}
	switch s.Truth {
	case "":
	case "none":
		files["truth.yaml"] = "none: true\n"
	default:
		files["truth.yaml"] = fmt.Sprintf("causes:\n- {component: %s, signal: cpu, fault: cpu-saturation}\nonset: %s\n",
			s.Truth, at(shopOnset))
	}
	if s.Deploy != "" {
		plain := fmt.Sprintf("{name: %s, ", s.Deploy)
		files["topology.yaml"] = strings.Replace(files["topology.yaml"], plain, plain+fmt.Sprintf("selector: {node: %s}, ", s.Deploy), 1)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// metrics is OpenMetrics text: latency adds up from the callee to its callers, processor use does not.
func (s *shop) metrics() string {
	noise := rand.New(rand.NewPCG(s.Seed, 0))
	nodes := []string{"web", "orders", "db", "mail"}
	own := map[string]float64{"web": 0.020, "orders": 0.015, "db": 0.005, "mail": 0.050}
	callee := map[string]string{"web": "orders", "orders": "db"}
	var latency, cpu, requests strings.Builder
	for step := range shopSteps {
		seconds := shopBegin.Add(time.Duration(step) * shopStep).Unix()
		sick := s.Culprit != "" && step >= shopOnset
		self := map[string]float64{}
		for _, n := range nodes {
			self[n] = own[n] * math.Exp(0.05*noise.NormFloat64())
			use := 0.30 + 0.02*noise.NormFloat64()
			if sick && n == s.Culprit {
				self[n] += 0.4 + 0.05*noise.NormFloat64()
				use = 0.98 + 0.005*noise.NormFloat64()
			}
			fmt.Fprintf(&cpu, "shop_cpu_ratio{node=%q} %.4f %d\n", n, use, seconds)
			fmt.Fprintf(&requests, "shop_requests{node=%q} %.2f %d\n", n, 100+2*noise.NormFloat64(), seconds)
		}
		for _, n := range nodes {
			total := self[n]
			for c := callee[n]; c != ""; c = callee[c] {
				total += self[c]
			}
			fmt.Fprintf(&latency, "shop_latency_seconds{node=%q} %.5f %d\n", n, total, seconds)
		}
	}
	return "# TYPE shop_cpu_ratio gauge\n" + cpu.String() + "# TYPE shop_latency_seconds gauge\n" + latency.String() +
		"# TYPE shop_requests gauge\n" + requests.String() + s.versions() + "# EOF\n"
}

// versions are the info series of the component that is deployed.
func (s *shop) versions() string {
	if s.Deploy == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("# TYPE shop_build_info gauge\n")
	for _, v := range []struct {
		version  string
		from, to int
	}{{"6", 0, shopDeploy}, {"7", shopDeploy, shopSteps}} {
		for step := v.from; step < v.to; step++ {
			fmt.Fprintf(&b, "shop_build_info{node=%q,instance=%q,version=%q} 1 %d\n", s.Deploy, s.Deploy+":80", v.version,
				shopBegin.Add(time.Duration(step)*shopStep).Unix())
		}
	}
	return b.String()
}
