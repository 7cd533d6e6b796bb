package rules

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// changingShop has a component of each kind whose changes show in another way.
func changingShop() *model.Topology {
	return &model.Topology{Components: []model.Component{
		{Name: "web", Kind: "app", Selector: map[string]string{"service": "web"}},
		{Name: "pods", Kind: "app", Selector: map[string]string{"namespace": "shop"}},
		{Name: "db", Kind: "db", Selector: map[string]string{"instance": "db:9187"}},
		{Name: "lb", Kind: "lb", Selector: map[string]string{"instance": "lb:8404"}},
		{Name: "cache", Kind: "cache", Selector: map[string]string{"instance": "cache:9121"}},
		{Name: "box", Kind: "host", Selector: map[string]string{"instance": "box:9100"}},
		{Name: "mail", Kind: "external"},
	}}
}

func TestPlanChanges(t *testing.T) {
	series := readSeries(t, "testdata/changes/series.txt")
	qs, err := Default().PlanChanges(t.Context(), changingShop(), series.names, PlanOptions{Step: 15 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, q := range qs {
		if _, err := promql.ParseExpr(q.Expr); err != nil {
			t.Errorf("%s: %v", q.Expr, err)
		}
		fmt.Fprintf(&b, "%s: %s, %s by %s\n    %s\n", q.Component, q.Rule.Name, q.Rule.Kind, q.Rule.By, q.Expr)
	}
	golden(t, "testdata/changes/plan.golden", b.String())
}

func TestPlanChangesFails(t *testing.T) {
	broken := errors.New("source is gone")
	_, err := Default().PlanChanges(t.Context(), changingShop(), func(context.Context, map[string]string) ([]string, error) {
		return nil, broken
	}, PlanOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestRememberAsksOnce(t *testing.T) {
	series := readSeries(t, "testdata/changes/series.txt")
	names := Remember(series.names)
	for range 3 {
		if got, err := names(t.Context(), map[string]string{"service": "web"}); err != nil || len(got) == 0 {
			t.Fatalf("names %v, %v", got, err)
		}
	}
	if series.asked != 1 {
		t.Errorf("asked %d times, want once", series.asked)
	}
}

// TestChangeRulesAreComplete holds the rules that come with the program to more than the loader asks of a user's.
func TestChangeRulesAreComplete(t *testing.T) {
	seen := 0
	for _, p := range Default().Packs() {
		for _, c := range p.Changes {
			seen++
			if c.Title.Korean == "" {
				t.Errorf("%s %s has no title_ko", p.Name, c.Name)
			}
			if c.By == model.ShowsByDrop && c.Unit == "" {
				t.Errorf("%s %s: an amount must have a unit", p.Name, c.Name)
			}
			for _, raw := range c.Exprs {
				expr := strings.ReplaceAll(WithSampleRange(raw), metricPlaceholder, sampleMetric)
				if _, err := promql.ParseExpr(expr); err != nil {
					t.Errorf("%s %s: %s: %v", p.Name, c.Name, expr, err)
				}
				for _, label := range c.Labels {
					if !strings.Contains(raw, label) {
						t.Errorf("%s %s: %s does not keep the label %s", p.Name, c.Name, raw, label)
					}
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d rules of changes found", seen)
	}
}
