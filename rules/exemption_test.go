package rules

import (
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

const exemptingPack = `version: 1
name: exempting
exemptions:
- {component: warehouse, signal: cpu, reason: the nightly job, until: 2026-12-31}
- {kind: cache, signal: evictions, is: up, reason: it is small, until: 2026-06-30T12:00:00Z}
- {selector: {env: test}, signal: latency, is: absent, reason: switched off at night, until: 2026-12-31}
`

func TestExemption(t *testing.T) {
	set := load(t, exemptingPack)
	unusual := func(signal string, sign int) *model.Reading {
		return &model.Reading{State: model.StateAbnormal, Sign: sign, Series: &model.Series{Signal: &model.Signal{Name: signal}}}
	}
	stopped := &model.Reading{Reason: model.ReasonVanished, Series: &model.Series{Signal: &model.Signal{Name: "latency"}}}
	warehouse := &model.Component{Name: "dwh", Kind: "db", Aliases: []string{"Warehouse"}}
	cache := &model.Component{Name: "sessions", Kind: "Cache"}
	test := &model.Component{Name: "t", Selector: map[string]string{"env": "test", "job": "t"}}
	for _, tt := range []struct {
		name   string
		c      *model.Component
		r      *model.Reading
		at     string
		reason string
	}{
		{"by alias", warehouse, unusual("cpu", +1), "2026-12-31T23:59:59Z", "the nightly job"},
		{"the day after", warehouse, unusual("cpu", +1), "2027-01-01T00:00:00Z", ""},
		{"another signal", warehouse, unusual("memory", +1), "2026-03-01T00:00:00Z", ""},
		{"another component", cache, unusual("cpu", +1), "2026-03-01T00:00:00Z", ""},
		{"no component", nil, unusual("cpu", +1), "2026-03-01T00:00:00Z", ""},
		{"by kind", cache, unusual("evictions", +1), "2026-06-30T11:59:59Z", "it is small"},
		{"at its end", cache, unusual("evictions", +1), "2026-06-30T12:00:00Z", ""},
		{"the other way", cache, unusual("evictions", -1), "2026-03-01T00:00:00Z", ""},
		{"by selector", test, stopped, "2026-03-01T00:00:00Z", "switched off at night"},
		{"there, and slow", test, unusual("latency", +1), "2026-03-01T00:00:00Z", ""},
		{"as usual", warehouse, &model.Reading{State: model.StateNormal, Series: unusual("cpu", 0).Series}, "2026-03-01T00:00:00Z", ""},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		reason := ""
		if x, ok := set.Exemption(tt.c, tt.r, at); ok {
			reason = x.Reason.String()
		}
		if reason != tt.reason {
			t.Errorf("%s: exempt for %q, want %q", tt.name, reason, tt.reason)
		}
	}
}
