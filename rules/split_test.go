package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/diagnops/diagnops/rules"
)

func TestSplitHoldsUnitsApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expr, by, dividend, divisor string }{
		{`sum(rate(a[1m]))`, `sum by (pod, zone) (rate(a[1m]))`, "", ""},
		{`avg(up{job="x"})`, `avg by (pod, zone) (up{job="x"})`, "", ""},
		{
			`histogram_quantile(0.95, sum by (svc, le) (rate(b_bucket[1m])))`,
			`histogram_quantile(0.95, sum by (svc, le, pod, zone) (rate(b_bucket[1m])))`, "", "",
		},
		{`sum without (pod, cpu) (c)`, `sum without (cpu) (c)`, "", ""},
		{
			`sum(rate(e{code=~"5.."}[1m])) / sum(rate(e[1m]))`, `sum by (pod, zone) (rate(e{code=~"5.."}[1m])) / sum by (pod, zone) (rate(e[1m]))`,
			`sum by (pod, zone) (rate(e{code=~"5.."}[1m]))`, `sum by (pod, zone) (rate(e[1m]))`,
		},
		{`sum(a) / on (job) sum(b)`, `sum by (pod, zone) (a) / on (job, pod, zone) sum by (pod, zone) (b)`, "", ""},
		{`d`, `d`, "", ""},
	} {
		s, err := rules.NewSplit(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"pod", "zone"}
		if diff := cmp.Diff(c.by, s.By(names)); diff != "" {
			t.Errorf("%s by pod and zone (-want +got):\n%s", c.expr, diff)
		}
		dividend, divisor, ok := s.Quotient(names)
		if dividend != c.dividend || divisor != c.divisor || ok != (c.divisor != "") {
			t.Errorf("%s divides %q by %q (%t)", c.expr, dividend, divisor, ok)
		}
	}
}

func TestSplitKnowsWhatMeasures(t *testing.T) {
	t.Parallel()
	s, err := rules.NewSplit(`sum(rate(e{job="x",code=~"5.."}[1m] offset 5m)) / sum(rate(e{job="x"}[1m]))`)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Chosen(); !slices.Contains(got, "code") || !slices.Contains(got, "le") || slices.Contains(got, "job") {
		t.Errorf("labels that explain nothing: %v", got)
	}
	if diff := cmp.Diff([]string{`e{code=~"5..",job="x"}`, `e{job="x"}`}, s.Selectors()); diff != "" {
		t.Errorf("selectors (-want +got):\n%s", diff)
	}
}

func TestSplitRefusesWhatMixes(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{"topk(3, a)", "sum(a) / scalar(sum(b))", "sum("} {
		if _, err := rules.NewSplit(expr); err == nil || !strings.Contains(err.Error(), "splitting") {
			t.Errorf("%s is split: %v", expr, err)
		}
	}
}

// TestTheCatalogueCanBeSplit insists that what users feel can be asked for unit by unit in every built-in pack.
func TestTheCatalogueCanBeSplit(t *testing.T) {
	t.Parallel()
	packs := rules.Default().Packs()
	for i := range packs {
		for k := range packs[i].Signals {
			sig := &packs[i].Signals[k]
			for _, expr := range sig.Exprs {
				if _, err := rules.NewSplit(rules.WithSampleRange(expr)); err != nil && sig.Kind.UserFacing() {
					t.Errorf("%s of %s: %v", sig.Name, packs[i].Name, err)
				}
			}
		}
	}
}
