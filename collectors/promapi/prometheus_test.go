package promapi

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/collectors/promapi/promtest"
	"github.com/diagnops/diagnops/engine/model"
)

// TestRealPrometheus asks a real server over a recorded incident.
func TestRealPrometheus(t *testing.T) {
	url := promtest.Start(t, "../../testdata/lab-01/blocks")
	from := time.Date(2026, 11, 22, 5, 15, 54, 0, time.UTC)
	window := model.Interval{From: from, To: from.Add(181 * time.Second)}
	ask := func(t *testing.T, opts Options) *Client {
		t.Helper()
		opts.URL = url
		c, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	g := model.Grid{Step: time.Second, Spans: []model.Span{
		{StartMillis: from.UnixMilli(), N: 60}, {StartMillis: from.UnixMilli() + 90_000, N: 71},
	}}

	// The server's own arithmetic is the judge: cut in small pieces or whole, the answer is the same.
	t.Run("chunks do not show", func(t *testing.T) {
		whole, cut := ask(t, Options{}), ask(t, Options{MaxPoints: 7})
		for _, expr := range []string{
			`up`, `sum by (service) (rate(http_requests_total[15s]))`, `node_disk_io_now @ start()`,
			`rate(node_cpu_seconds_total[15s] @ end())`, `max_over_time(sum(rate(http_requests_total[10s]))[20s:3s])`,
			`histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket[15s])))`, `time()`,
		} {
			a, err := whole.Query(t.Context(), expr, g)
			if err != nil {
				t.Fatal(err)
			}
			b, err := cut.Query(t.Context(), expr, g)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Series) == 0 || len(a.Series[0].Values) != g.Len() {
				t.Errorf("%s: %d series", expr, len(a.Series))
			}
			// The server sums floats in another order from one request to the next.
			if d := cmp.Diff(a, b, cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-9, 0)); d != "" {
				t.Errorf("%s (-whole +cut):\n%.2000s", expr, d)
			}
		}
		if w, c := whole.Stats(), cut.Stats(); w.Requests >= c.Requests || w.Points != c.Points {
			t.Errorf("whole %+v, cut %+v", w, c)
		}
		ans, err := cut.Query(t.Context(), "time()", g)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range ans.Series[0].Values {
			if int64(math.Round(v*1000)) != g.Millis(i) {
				t.Fatalf("point %d at %d has time() %v", i, g.Millis(i), v)
			}
		}
	})

	t.Run("metric names", func(t *testing.T) {
		all, err := ask(t, Options{}).MetricNames(t.Context(), nil, window)
		if err != nil || len(all) < 500 || !slices.IsSorted(all) {
			t.Fatalf("%d names, %v", len(all), err)
		}
		some, err := ask(t, Options{}).MetricNames(t.Context(), map[string]string{"service": "was1"}, window)
		if err != nil || len(some) == 0 || len(some) >= len(all) || !slices.Contains(some, "http_requests_total") {
			t.Errorf("%d names, %v", len(some), err)
		}
		none, err := ask(t, Options{}).MetricNames(t.Context(), nil, model.Interval{From: from.AddDate(-1, 0, 0), To: from.AddDate(0, -6, 0)})
		if err != nil || len(none) != 0 {
			t.Errorf("half a year before: %q, %v", none, err)
		}
	})

	t.Run("extra selector", func(t *testing.T) {
		c := ask(t, Options{ExtraSelector: `{service="was1"}`})
		ans, err := c.Query(t.Context(), `sum by (service) (rate(http_requests_total[15s])) * on () group_left () vector(1)`, g)
		if err != nil || len(ans.Series) != 1 || ans.Series[0].Labels.Get("service") != "was1" {
			t.Errorf("%d series, %v", len(ans.Series), err)
		}
		narrow, err := c.MetricNames(t.Context(), nil, window)
		if err != nil || !slices.Contains(narrow, "http_requests_total") || slices.Contains(narrow, "node_load1") {
			t.Errorf("%d names, %v", len(narrow), err)
		}
	})

	t.Run("scrape interval", func(t *testing.T) {
		for _, iv := range []model.Interval{window, {To: window.To}} {
			if d, err := ask(t, Options{}).ScrapeInterval(t.Context(), iv); err != nil || d != time.Second {
				t.Errorf("%s, %v", d, err)
			}
		}
		// A year later there is nothing to see; the empty configuration's default is what the server would do.
		later := model.Interval{From: from.AddDate(1, 0, 0), To: from.AddDate(1, 0, 1)}
		if d, err := ask(t, Options{}).ScrapeInterval(t.Context(), later); err != nil || d != time.Minute {
			t.Errorf("%s, %v", d, err)
		}
	})

	// Samples end with the recording. Whether the server takes lookback_delta or must be asked in other words, what is
	// older than the lookback is unknown.
	t.Run("lookback", func(t *testing.T) {
		end := model.Grid{Step: time.Second, Spans: []model.Span{{StartMillis: from.UnixMilli() + 170_000, N: 60}}}
		last := func(opts Options) int {
			ans, err := ask(t, opts).Query(t.Context(), `up{job="mail"}`, end)
			if err != nil || len(ans.Series) != 1 {
				t.Fatalf("%d series, %v", len(ans.Series), err)
			}
			return len(ans.Series[0].Values) - 1 - slices.IndexFunc(reversed(ans.Series[0].Values), func(v float64) bool { return !model.IsGap(v) })
		}
		if own, short, longer := last(Options{}), last(Options{Lookback: 3 * time.Second}), last(Options{Lookback: 13 * time.Second}); own != 59 || longer-short != 10 || short > 30 {
			t.Errorf("the last value is at %d by the server's lookback, %d by 3s, %d by 13s", own, short, longer)
		}
	})

	t.Run("bad queries", func(t *testing.T) {
		for expr, text := range map[string]string{
			`rate(up)`: "expected type range vector", `up[`: "1:", `up * on () http_requests_total`: "many-to-many",
		} {
			_, err := ask(t, Options{}).Query(t.Context(), expr, g)
			if !errors.Is(err, ErrBadQuery) || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v", expr, err)
			}
		}
	})

	t.Run("nothing there", func(t *testing.T) {
		ans, err := ask(t, Options{}).Query(t.Context(), `no_such_metric`, g)
		if err != nil || len(ans.Series) != 0 {
			t.Errorf("%+v, %v", ans, err)
		}
	})
}

func reversed(vs []float64) []float64 {
	out := slices.Clone(vs)
	slices.Reverse(out)
	return out
}

// BenchmarkQueryMatrix100x1000 is joining 100 series of 1,000 points, the server's part left out.
func BenchmarkQueryMatrix100x1000(b *testing.B) {
	g := grid(time.Second, 1000)
	var series []string
	for s := range 100 {
		var vs []string
		for i := range g.Len() {
			vs = append(vs, fmt.Sprintf(`[%.3f,"%d.5"]`, float64(g.Millis(i))/1000, i))
		}
		series = append(series, fmt.Sprintf(`{"metric":{"job":"web","pod":"p%d"},"values":[%s]}`, s, strings.Join(vs, ",")))
	}
	src := httptestBody(b, matrix(series...))
	c, err := New(Options{URL: src})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	b.ResetTimer()
	for b.Loop() {
		ans, err := c.Query(b.Context(), "x", g)
		if err != nil || len(ans.Series) != 100 {
			b.Fatal(len(ans.Series), err)
		}
	}
}
