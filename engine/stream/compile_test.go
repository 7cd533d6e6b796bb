package stream

import (
	"strings"
	"testing"

	"github.com/diagnops/diagnops/rules"
)

func TestExplain(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`sum by (host) (rate(x{code=~"5.."}[1m])) / on(host) group_left(zone) y`, "incremental"},
		{`histogram_quantile(0.9, sum by (le) (rate(x_bucket[1m] offset 1m)))`, "incremental"},
		{`label_replace(x, "a", "$1", "b", "(.*)") or vector(time() - 1)`, "incremental"},
		{`max(deriv(x[5m]))`, "by Prometheus' engine: no incremental function deriv (offset 4)"},
		{`topk(3, x)`, "by Prometheus' engine: no incremental topk aggregation (offset 0)"},
		{`1 + max_over_time(rate(x[1m])[5m:10s])`, "by Prometheus' engine: no incremental range of max_over_time but a selector's (offset 18)"},
		{`x @ 5`, "by Prometheus' engine: no incremental @ modifier (offset 0)"},
		{`rate(x[1m] offset -1m)`, "by Prometheus' engine: no incremental offset into the future (offset 5)"},
		{`"text"`, "by Prometheus' engine: no incremental string expression (offset 0)"},
	} {
		got, err := Explain(c.expr)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.expr, got, err, c.want)
		}
	}
	if _, err := Explain("sum("); err == nil || !strings.Contains(err.Error(), `compiling "sum("`) {
		t.Errorf("error %v", err)
	}
}

// TestCatalogueCompiles holds that what signals are made of is evaluated incrementally: at least 95 % of the shipped
// packs' expressions.
func TestCatalogueCompiles(t *testing.T) {
	const atLeast = 0.95
	all, compiled := 0, 0
	packs := rules.Default().Packs()
	for i := range packs {
		for _, sig := range packs[i].Signals {
			for _, expr := range sig.Exprs {
				way, err := Explain(rules.WithSampleRange(expr))
				if err != nil {
					t.Fatal(err)
				}
				all++
				if way == incrementally {
					compiled++
				} else {
					t.Logf("%s: %s", expr, way)
				}
			}
		}
	}
	t.Logf("%d of %d expressions", compiled, all)
	if float64(compiled) < atLeast*float64(all) {
		t.Errorf("%d of %d expressions compile, want %.0f %%", compiled, all, 100*atLeast)
	}
}
