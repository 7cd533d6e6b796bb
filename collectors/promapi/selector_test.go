package promapi

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExtraSelector(t *testing.T) {
	extra, err := parseExtra(`{cluster="eu",env!~"test|dev"}`)
	if err != nil {
		t.Fatal(err)
	}
	const both = `cluster="eu",env!~"test|dev"`
	for _, c := range []struct{ expr, want string }{
		{`up`, `up{` + both + `}`},
		{`up{job="a"}`, `up{` + both + `,job="a"}`},
		{`{__name__="up"}`, `{__name__="up",` + both + `}`},
		{`up{cluster="eu"}`, `up{` + both + `}`},
		{`up{cluster="us"}`, `up{cluster="eu",cluster="us",env!~"test|dev"}`},
		{
			`rate(a_total[5m]) / on (job) group_left () b`,
			`rate(a_total{` + both + `}[5m]) / on (job) group_left () b{` + both + `}`,
		},
		{`sum by (x) (a offset 5m) > bool 1`, `sum by (x) (a{` + both + `} offset 5m) > bool 1`},
		{`max_over_time(rate(a[1m])[10m:30s])`, `max_over_time(rate(a{` + both + `}[1m])[10m:30s])`},
		{`a unless absent(b)`, `a{` + both + `} unless absent(b{` + both + `})`},
		{`quantile(scalar(q), a)`, `quantile(scalar(q{` + both + `}), a{` + both + `})`},
		{`-a`, `-a{` + both + `}`},
		{`time()`, `time()`},
		{`label_replace(a, "x", "$1", "y", "(.*)")`, `label_replace(a{` + both + `}, "x", "$1", "y", "(.*)")`},
	} {
		got, err := rewriting{extra: extra}.apply(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if d := cmp.Diff(normal(t, c.want), normal(t, got)); d != "" {
			t.Errorf("%s:\n%s", c.expr, d)
		}
	}
	// What cannot be read cannot be narrowed: sending it as it is would show other clusters.
	if _, err := (rewriting{extra: extra}).apply(`up[`); err == nil {
		t.Error("a selector was left out of an expression that does not parse")
	}
}

// normal prints an expression as the parser does, which decides about the order of matchers.
func normal(t *testing.T, expr string) string {
	t.Helper()
	e, err := promql.ParseExpr(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return e.String()
}

func TestRewriting(t *testing.T) {
	for _, c := range []struct {
		w          rewriting
		expr, want string
	}{
		// What needs nothing is sent as written, blanks and all.
		{rewriting{}, `sum( up )`, `sum( up )`},
		{rewriting{}, `a dialect of (somebody`, `a dialect of (somebody`},
		// The ends are those of the whole span, so that a chunk's own do not show.
		{rewriting{startMillis: 1500, endMillis: 60000}, `a @ start() - a @ end()`, `a @ 1.500 - a @ 60.000`},
		{rewriting{startMillis: 1500, endMillis: 60000}, `rate(a[1m:] @ end())`, `rate(a[1m:] @ 60.000)`},
		{rewriting{startMillis: 1500, endMillis: 60000}, `rate(a[1m] @ start())`, `rate(a[1m] @ 1.500)`},
		{rewriting{startMillis: 1500}, `a @ 7`, `a @ 7`},
		// A lookback, for sources that take none.
		{rewriting{lookback: 2 * time.Second}, `a`, `last_over_time(a[2s])`},
		{
			rewriting{lookback: 2 * time.Second},
			`sum by (x) (a{b="c"} offset 1m) / -b`,
			`sum by (x) (last_over_time(a{b="c"}[2s] offset 1m)) / -last_over_time(b[2s])`,
		},
		{rewriting{lookback: 2 * time.Second}, `rate(a[1m])`, `rate(a[1m])`},
		{rewriting{lookback: 2 * time.Second}, `max_over_time(a[1m:10s])`, `max_over_time(last_over_time(a[2s])[1m:10s])`},
		{rewriting{lookback: 2 * time.Second}, `topk(scalar(k), (a))`, `topk(scalar(last_over_time(k[2s])), (last_over_time(a[2s])))`},
		{rewriting{lookback: 2 * time.Second}, `timestamp(a) + absent(b)`, `timestamp(a) + absent(b)`},
		{rewriting{lookback: 2 * time.Second, endMillis: 5000}, `a @ end()`, `last_over_time(a[2s] @ 5.000)`},
	} {
		got, err := c.w.apply(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
		} else if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.expr, got, c.want)
		}
	}
}

func TestQuerySendsTheExtraSelector(t *testing.T) {
	src := newSource(t, always(reply{}))
	cl, _ := client(t, Options{URL: src.URL, ExtraSelector: `{cluster="eu"}`})
	if _, err := cl.Query(t.Context(), "rate(x[1m])", one); err != nil {
		t.Fatal(err)
	}
	if got := src.asked()[0].form.Get("query"); got != `rate(x{cluster="eu"}[1m])` {
		t.Errorf("asked %s", got)
	}
	_, err := cl.Query(t.Context(), "rate(x[1m]", one)
	if !errors.Is(err, ErrBadQuery) || !strings.Contains(err.Error(), "1:") || len(src.asked()) != 1 {
		t.Errorf("error %v after %d requests", err, len(src.asked()))
	}
}

func TestMatchParam(t *testing.T) {
	extra, err := parseExtra(`{cluster=~"eu.*"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		selector map[string]string
		extra    bool
		want     string
	}{
		{nil, false, ""},
		{nil, true, `{cluster=~"eu.*"}`},
		{map[string]string{"b": "2", "a": `1"\`}, false, `{a="1\"\\",b="2"}`},
		{map[string]string{"a": ""}, false, `{a="",__name__!=""}`},
		{map[string]string{"a": ""}, true, `{a="",cluster=~"eu.*"}`},
	} {
		ms := extra
		if !c.extra {
			ms = nil
		}
		got, err := matchParam(c.selector, ms)
		if err != nil || strings.Join(got, "") != c.want {
			t.Errorf("%v: %s, %v, want %s", c.selector, got, err, c.want)
		}
	}
}

// isProbe tells the question whether lookback_delta is understood.
func isProbe(f url.Values) bool { return f.Get("lookback_delta") == "unreadable" }

func TestLookback(t *testing.T) {
	for _, c := range []struct {
		name    string
		probe   reply
		refuses bool // the real parameter, later
		query   string
		param   string
		warns   bool
	}{
		{"taken", reply{status: 400, body: failure("bad_data", "error parsing lookback delta duration")}, false, "x", "30s", false},
		{
			"not known",
			reply{body: `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`},
			false,
			"last_over_time(x[30s])", "", true,
		},
		{"refused", reply{status: 400, body: failure("bad_data", "unknown parameter")}, true, "last_over_time(x[30s])", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := newSource(t, func(_ int, r request) reply {
				switch {
				case isProbe(r.form):
					return c.probe
				case c.refuses && r.form.Get("lookback_delta") != "":
					return reply{status: 400, body: failure("bad_data", "lookback_delta is not allowed")}
				}
				return reply{}
			})
			cl, _ := client(t, Options{URL: src.URL, Lookback: 30 * time.Second})
			for range 2 {
				ans, err := cl.Query(t.Context(), "x", one)
				if err != nil {
					t.Fatal(err)
				}
				rs := src.asked()
				last := rs[len(rs)-1].form
				if last.Get("query") != c.query || last.Get("lookback_delta") != c.param || (len(ans.Warnings) > 0) != c.warns {
					t.Errorf("asked %v, warnings %q", last, ans.Warnings)
				}
			}
			probes := 0
			for _, r := range src.asked() {
				if isProbe(r.form) {
					probes++
				}
			}
			if probes != 1 {
				t.Errorf("%d probes", probes)
			}
		})
	}
}

func TestLookbackNotWanted(t *testing.T) {
	src := newSource(t, always(reply{}))
	cl, _ := client(t, Options{URL: src.URL})
	if _, err := cl.Query(t.Context(), "x", one); err != nil {
		t.Fatal(err)
	}
	if rs := src.asked(); len(rs) != 1 || rs[0].form.Has("lookback_delta") {
		t.Errorf("asked %v", rs)
	}
}
