package promapi

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/diagnops/diagnops/engine/model"
)

// Every point of the grid is asked for exactly once, whatever the cuts, and lands in its own place.
func TestQueryHasNoSeams(t *testing.T) {
	for _, c := range []struct {
		step      time.Duration
		spans     []int
		maxPoints int
	}{
		{5 * time.Second, []int{1}, 10},
		{5 * time.Second, []int{10}, 10},
		{5 * time.Second, []int{11}, 10},
		{5 * time.Second, []int{25, 7, 0, 30}, 10},
		{100 * time.Millisecond, []int{999}, 10},
		{time.Millisecond, []int{50}, 7},
		{2 * time.Millisecond, []int{50}, 7},
		{5 * time.Minute, []int{10_001}, 0},
	} {
		t.Run(fmt.Sprintf("%s %v by %d", c.step, c.spans, c.maxPoints), func(t *testing.T) {
			src := newSource(t, always(reply{}))
			cl, _ := client(t, Options{URL: src.URL, MaxPoints: c.maxPoints})
			g := grid(c.step, c.spans...)
			ans, err := cl.Query(t.Context(), "up", g)
			if err != nil {
				t.Fatal(err)
			}
			asked := map[int64]int{}
			for _, r := range src.asked() {
				ps := r.points()
				if limit := cl.opts.MaxPoints; len(ps) > limit {
					t.Errorf("a request for %d points, more than %d", len(ps), limit)
				}
				for _, p := range ps {
					asked[p]++
				}
			}
			for i := range g.Len() {
				if n := asked[g.Millis(i)]; n != 1 {
					t.Fatalf("point %d was asked for %d times", i, n)
				}
				if got := ans.Series[0].Values[i]; got != float64(g.Millis(i)) {
					t.Fatalf("point %d at %d is %.0f", i, g.Millis(i), got)
				}
			}
			if len(asked) != g.Len() || len(ans.Series) != 1 || len(ans.Series[0].Values) != g.Len() {
				t.Errorf("%d points asked for, %d series", len(asked), len(ans.Series))
			}
			if len(ans.Warnings) != 0 {
				t.Errorf("warnings %q", ans.Warnings)
			}
			if s := cl.Stats(); s.Points != uint64(g.Len()) || s.Requests != uint64(len(src.asked())) || s.Bytes == 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// Series are joined over chunks by their labels; what a chunk does not have, and what is NaN or stale, is a gap.
func TestQueryJoinsAndKeepsGaps(t *testing.T) {
	g := grid(time.Second, 4)
	at := func(i int) string { return fmt.Sprintf("%.3f", float64(g.Millis(i))/1000) }
	src := newSource(t, func(_ int, r request) reply {
		if r.millis("start") == g.Millis(0) {
			return reply{body: matrix(
				`{"metric":{"a":"2"},"values":[[`+at(0)+`,"1"],[`+at(1)+`,"NaN"]]}`,
				`{"metric":{"a":"1","b":"x"},"values":[[`+at(1)+`,"+Inf"]]}`,
				`{"metric":{"a":"3"},"values":[[`+at(0)+`,"NaN"]]}`)}
		}
		return reply{body: matrix(`{"metric":{"a":"2"},"values":[[` + at(3) + `,"4"]]}`)}
	})
	cl, _ := client(t, Options{URL: src.URL, MaxPoints: 2})
	ans, err := cl.Query(t.Context(), "x", g)
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	want := []model.AnswerSeries{
		{Labels: model.Labels{{Name: "a", Value: "1"}, {Name: "b", Value: "x"}}, Values: []float64{nan, math.Inf(1), nan, nan}},
		{Labels: model.Labels{{Name: "a", Value: "2"}}, Values: []float64{1, nan, nan, 4}},
	}
	if d := cmp.Diff(want, ans.Series, cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
}

func TestQueryWarnings(t *testing.T) {
	g := grid(time.Second, 4)
	src := newSource(t, func(_ int, r request) reply {
		body := strings.TrimSuffix(ownTimes(r), "}") +
			`,"warnings":["partial response: store b is gone","a warning"],"infos":["PromQL info: x might not be a counter"]}`
		return reply{body: body}
	})
	cl, _ := client(t, Options{URL: src.URL, MaxPoints: 2})
	ans, err := cl.Query(t.Context(), "x", g)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"PromQL info: x might not be a counter", "a warning", "partial response: store b is gone"}
	if d := cmp.Diff(want, ans.Warnings); d != "" {
		t.Error(d)
	}
	if len(ans.Series) != 1 {
		t.Errorf("a partial answer is an answer: %d series", len(ans.Series))
	}
}

func TestQueryBoundsWarnings(t *testing.T) {
	j := newJoiner(grid(time.Second, 1))
	for i := range maxWarnings + 3 {
		j.warnings[fmt.Sprintf("w%03d", i)] = struct{}{}
	}
	ws := j.answer().Warnings
	if len(ws) != maxWarnings+1 || ws[maxWarnings] != "and 3 more warnings" {
		t.Errorf("%d warnings, the last %q", len(ws), ws[len(ws)-1])
	}
}

// Native histograms are no numbers: they are left out and said to be.
func TestQueryRefusesNativeHistograms(t *testing.T) {
	g := grid(time.Second, 2)
	at := func(i int) string { return fmt.Sprintf("%.3f", float64(g.Millis(i))/1000) }
	h := `{"count":"3","sum":"1.5","buckets":[[0,"0","1","3"]]}`
	src := newSource(t, always(reply{body: matrix(
		`{"metric":{"a":"pure"},"histograms":[[`+at(0)+`,`+h+`],[`+at(1)+`,`+h+`]]}`,
		`{"metric":{"a":"mixed"},"values":[[`+at(0)+`,"7"]],"histograms":[[`+at(1)+`,`+h+`]]}`,
	)}))
	cl, _ := client(t, Options{URL: src.URL})
	ans, err := cl.Query(t.Context(), "x", g)
	if err != nil {
		t.Fatal(err)
	}
	want := []model.AnswerSeries{{Labels: model.Labels{{Name: "a", Value: "mixed"}}, Values: []float64{7, math.NaN()}}}
	if d := cmp.Diff(want, ans.Series, cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
	if len(ans.Warnings) != 1 || !strings.HasPrefix(ans.Warnings[0], "3 points are native histograms") {
		t.Errorf("warnings %q", ans.Warnings)
	}
}

// A source that moves the start of a range query (as some caches do) must not have its values taken for others'.
func TestQueryDropsPointsOffTheGrid(t *testing.T) {
	src := newSource(t, func(_ int, r request) reply {
		t := r.millis("start")
		return reply{body: matrix(fmt.Sprintf(`{"metric":{},"values":[[%.3f,"1"],[%.3f,"2"],[%.3f,"3"],[%.3f,"4"],[%.3f,"5"]]}`,
			float64(t-1)/1000, float64(t+1000)/1000, float64(t+1400)/1000, float64(t+3000)/1000, float64(t-1000)/1000))}
	})
	cl, _ := client(t, Options{URL: src.URL})
	ans, err := cl.Query(t.Context(), "x", grid(time.Second, 3))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{1, 2, math.NaN()}, ans.Series[0].Values, cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
	if len(ans.Warnings) != 1 || !strings.HasPrefix(ans.Warnings[0], "3 points lay off the grid") {
		t.Errorf("warnings %q", ans.Warnings)
	}
}

func TestQueryBadGrid(t *testing.T) {
	src := newSource(t, always(reply{}))
	cl, _ := client(t, Options{URL: src.URL})
	overlap := grid(time.Second, 5, 5)
	overlap.Spans[1].StartMillis = overlap.Spans[0].StartMillis + 4000
	for name, g := range map[string]model.Grid{
		"no step": {Spans: []model.Span{{N: 1}}}, "odd step": grid(1500*time.Microsecond, 3), "overlap": overlap,
		"negative": grid(time.Second, -1),
	} {
		if _, err := cl.Query(t.Context(), "x", g); err == nil || !strings.Contains(err.Error(), "must") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	ans, err := cl.Query(t.Context(), "x", grid(time.Second))
	if err != nil || len(ans.Series) != 0 || len(src.asked()) != 0 {
		t.Errorf("an empty grid: %+v, %v, %d requests", ans, err, len(src.asked()))
	}
}

// What is too much at once is asked for in halves, still on the grid.
func TestQuerySplitsWhatIsTooMuch(t *testing.T) {
	for _, complaint := range []string{
		"exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
		"query processing would load too many samples into memory in query execution",
		"the query time range exceeds the limit (query length: 3h, limit: 1h)",
	} {
		src := newSource(t, func(_ int, r request) reply {
			if len(r.points()) > 30 {
				return reply{status: 422, body: failure("execution", complaint)}
			}
			return reply{}
		})
		cl, _ := client(t, Options{URL: src.URL})
		g := grid(time.Second, 100)
		ans, err := cl.Query(t.Context(), "x", g)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range ans.Series[0].Values {
			if v != float64(g.Millis(i)) {
				t.Fatalf("point %d is %v", i, v)
			}
		}
	}
}

func TestQueryGivesUpSplitting(t *testing.T) {
	src := newSource(t, always(reply{status: 422, body: failure("execution", "too many samples")}))
	cl, _ := client(t, Options{URL: src.URL})
	_, err := cl.Query(t.Context(), "x", grid(time.Second, 1000))
	if !errors.Is(err, ErrBadQuery) {
		t.Errorf("error %v", err)
	}
	// 1000, 500, 250, 125, 62, 31: then it is not the size.
	if n := len(src.asked()); n != 6 {
		t.Errorf("%d requests", n)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	j := newJoiner(model.Grid{Step: time.Second, Spans: []model.Span{{N: maxValues + 1}}})
	if _, err := j.seriesOf(nil); !errors.Is(err, ErrBadQuery) {
		t.Errorf("error %v", err)
	}
}

func TestMetricNames(t *testing.T) {
	src := newSource(t, always(reply{body: `{"status":"success","data":["up","go_info","up"]}`}))
	cl, _ := client(t, Options{URL: src.URL + "/prefix/", ExtraSelector: `{cluster="eu"}`})
	from := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	names, err := cl.MetricNames(t.Context(), map[string]string{"job": `a"b`, "instance": "x:1"},
		model.Interval{From: from, To: from.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(names, []string{"go_info", "up"}) {
		t.Errorf("names %q", names)
	}
	r := src.asked()[0]
	if r.path != "/prefix/api/v1/label/__name__/values" || r.millis("start") != from.UnixMilli() ||
		r.millis("end") != from.Add(time.Hour).UnixMilli() {
		t.Errorf("asked %s %v", r.path, r.form)
	}
	if got, want := r.form.Get("match[]"), `{instance="x:1",job="a\"b",cluster="eu"}`; got != want {
		t.Errorf("match[] is %s, want %s", got, want)
	}
}

func TestScrapeInterval(t *testing.T) {
	vector := func(result string) string {
		return `{"status":"success","data":{"resultType":"vector","result":[` + result + `]}}`
	}
	sample := func(job string, n int) string {
		return fmt.Sprintf(`{"metric":{"job":"%s"},"value":[1000,"%d"]}`, job, n)
	}
	raw := func(start, step float64) string {
		var vs []string
		for i := range 9 {
			// Scrapes are a few milliseconds late now and then, and one is missing.
			if i != 4 {
				vs = append(vs, fmt.Sprintf(`[%.3f,"1"]`, start+float64(i)*step+float64(i%2)*.004))
			}
		}
		return matrix(`{"metric":{"job":"b"},"values":[` + strings.Join(vs, ",") + `]}`)
	}
	for _, c := range []struct {
		name   string
		answer func(r request) reply
		want   time.Duration
	}{
		{"the median target", func(r request) reply {
			switch q := r.form.Get("query"); {
			case strings.HasPrefix(q, "count_over_time(up{cluster=\"eu\"}["):
				return reply{body: vector(sample("a", 4) + "," + sample("b", 8) + "," + sample("c", 120))}
			case strings.Contains(q, `job="b"`) && strings.Contains(q, `cluster="eu"`):
				return reply{body: raw(1000, 15)}
			}
			return reply{status: 400, body: failure("bad_data", "unexpected "+r.form.Get("query"))}
		}, 15 * time.Second},
		{"five minutes need a long look", func(r request) reply {
			switch q := r.form.Get("query"); {
			case strings.HasSuffix(q, "[4h])"):
				return reply{body: vector(sample("b", 48))}
			case strings.HasPrefix(q, "count"):
				return reply{body: vector(sample("b", 4))}
			}
			return reply{body: raw(1000, 300)}
		}, 5 * time.Minute},
		{"a fraction", func(r request) reply {
			if strings.HasPrefix(r.form.Get("query"), "count") {
				return reply{body: vector(sample("b", 48))}
			}
			return reply{body: raw(1000, .25)}
		}, 250 * time.Millisecond},
		{"configuration", func(r request) reply {
			if strings.HasSuffix(r.path, "/status/config") {
				return reply{body: `{"status":"success","data":{"yaml":"global:\n  scrape_interval: 30s\n  scrape_timeout: 10s\nscrape_configs:\n- job_name: a\n  scrape_interval: 5s\n"}}`}
			}
			return reply{body: vector("")}
		}, 30 * time.Second},
		{"nothing known", func(r request) reply {
			if strings.HasSuffix(r.path, "/status/config") {
				return reply{status: 404, body: "page not found"}
			}
			return reply{body: vector("")}
		}, FallbackScrapeInterval},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := newSource(t, func(_ int, r request) reply { return c.answer(r) })
			cl, _ := client(t, Options{URL: src.URL, ExtraSelector: `{cluster="eu"}`})
			got, err := cl.ScrapeInterval(t.Context(), model.Interval{})
			if err != nil || got != c.want {
				t.Errorf("%s, %v, want %s", got, err, c.want)
			}
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		src := newSource(t, always(reply{status: 503, body: "no"}))
		cl, _ := client(t, Options{URL: src.URL, Retries: -1})
		if _, err := cl.ScrapeInterval(context.Background(), model.Interval{}); !errors.Is(err, ErrUnreachable) {
			t.Errorf("error %v", err)
		}
	})
}
