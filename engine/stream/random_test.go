package stream

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// The world of the property tests: gauges, counters and histograms of a few hosts.
const (
	worldSeconds = 240
	worldScrape  = 10
)

// drawSeries draws the identities of a world's series: enough of them agree in some labels to make trouble.
func drawSeries(t *rapid.T) []labels.Labels {
	var out []labels.Labels
	for _, name := range []string{"load", "temp", "req_total"} {
		for _, host := range []string{"1", "2"} {
			for _, code := range []string{"x", "y"} {
				if rapid.IntRange(0, 3).Draw(t, "left out") > 0 {
					out = append(out, labels.FromStrings("__name__", name, "host", host, "code", code))
				}
			}
		}
	}
	for _, host := range []string{"1", "2"} {
		for _, le := range []string{"0.1", "1", "5", "+Inf", "none"} {
			if rapid.IntRange(0, 9).Draw(t, "left out") > 0 {
				out = append(out, labels.FromStrings("__name__", "dur_bucket", "host", host, "le", le))
			}
		}
	}
	return out
}

// drawPoints draws a series' samples: scraped with jitter, some scrapes lost, sometimes ending by a stale marker and
// coming again, beginning and ending anywhere. Counters grow and are reset. Values are small whole numbers, of which
// sums are exact: a comparison must not turn on how a sum was rounded.
func drawPoints(t *rapid.T, counter bool) []model.Point {
	var points []model.Point
	begin, end := rapid.IntRange(-20, 120).Draw(t, "birth"), rapid.IntRange(120, 400).Draw(t, "death")
	v := float64(rapid.IntRange(0, 20).Draw(t, "first"))
	for s := begin; s < min(end, worldSeconds); s += worldScrape {
		at := int64(s)*1000 + rapid.Int64Range(0, 3).Draw(t, "jitter")*500
		what := rapid.IntRange(0, 30).Draw(t, "what")
		switch {
		case what < 4: // a lost scrape
			continue
		case what == 4:
			points = append(points, model.Point{TMillis: at, Value: model.StaleMarker()})
			continue
		case what == 5 && !counter:
			points = append(points, model.Point{TMillis: at, Value: rapid.SampledFrom([]float64{math.NaN(), math.Inf(1)}).Draw(t, "odd")})
			continue
		case what == 6 && counter:
			v = 0
		case counter:
			v += float64(rapid.IntRange(0, 5).Draw(t, "growth"))
		default:
			v = float64(rapid.IntRange(-3, 3).Draw(t, "value"))
		}
		points = append(points, model.Point{TMillis: at, Value: v})
	}
	return points
}

// drawWorld draws series, some of which leave the source once they are silent and come again under another ref.
func drawWorld(t *rapid.T) *memory {
	m := &memory{}
	for _, ls := range drawSeries(t) {
		name := ls.Get(model.MetricName)
		points := drawPoints(t, strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_bucket"))
		if cut := rapid.IntRange(0, 3*len(points)).Draw(t, "second life"); cut > 0 && cut < len(points) {
			m.series = append(m.series, &stored{labels: ls, points: points[:cut]})
			points = points[cut:]
		}
		m.series = append(m.series, &stored{labels: ls, points: points})
	}
	m.series = slices.DeleteFunc(m.series, func(s *stored) bool { return len(s.points) == 0 })
	slices.SortStableFunc(m.series, func(a, b *stored) int { return cmp.Compare(a.points[0].TMillis, b.points[0].TMillis) })
	return m
}

// exprs draws expressions of the subset that compiles.
type exprs struct{ t *rapid.T }

func (e exprs) one(of ...string) string { return rapid.SampledFrom(of).Draw(e.t, "choice") }

func (e exprs) selector() string {
	return e.one("load", "temp", "req_total", "req_total", `load{host="1"}`, `temp{code!="x"}`, `{__name__=~"load|temp",code="x"}`,
		`req_total{host=~"1|3"}`, "dur_bucket", `absent_metric`)
}

func (e exprs) offset() string { return e.one("", "", "", "", " offset 7s", " offset 30s") }

func (e exprs) overTime() string {
	fn := e.one("rate", "rate", "increase", "delta", "irate", "idelta", "sum_over_time", "avg_over_time", "max_over_time",
		"min_over_time", "count_over_time", "last_over_time", "changes", "resets")
	return fmt.Sprintf("%s(%s[%s]%s)", fn, e.selector(), e.one("20s", "35s", "1m", "90s500ms"), e.offset())
}

func (e exprs) labels() string {
	return e.one("", "host", "code", "host, code", "le", "__name__", "nothing")
}

func (e exprs) matching(comparison bool) string {
	kind := e.one("", "", "", "on", "ignoring", "on", "ignoring")
	if kind == "" {
		return ""
	}
	m := fmt.Sprintf("%s(%s)", kind, e.one("host", "code", "host, code", "nothing"))
	side := e.one("", "", " group_left", " group_right")
	switch {
	case side == "":
		return m
	case comparison: // the difference that doc.go tells of
		return m + side + " ()"
	default:
		return m + side + e.one(" ()", " (none)", " (le)")
	}
}

func (e exprs) vector(depth int) string {
	if depth == 0 {
		return e.one(e.selector()+e.offset(), e.overTime())
	}
	v := func() string { return e.vector(depth - 1) }
	switch e.one("leaf", "agg", "agg", "agg", "join", "join", "compare", "scalar", "scalar", "set", "set", "call", "call", "quantile") {
	case "agg":
		op := e.one("sum", "sum", "avg", "max", "min", "count", "group", "stddev", "stdvar")
		return fmt.Sprintf("%s %s (%s) (%s)", op, e.one("by", "by", "without"), e.labels(), v())
	case "join":
		return fmt.Sprintf("(%s) %s %s (%s)", v(), e.one("+", "-", "*", "/", "%", "^", "atan2"), e.matching(false), v())
	case "compare":
		op := e.one("==", "!=", ">", "<", ">=", "<=")
		if e.one("bool", "") == "bool" {
			return fmt.Sprintf("(%s) %s bool %s (%s)", v(), op, e.matching(true), v())
		}
		return fmt.Sprintf("(%s) %s %s (%s)", v(), op, e.matching(true), v())
	case "scalar":
		op := e.one("+", "-", "*", "/", "%", ">", "<", "==", "> bool", "!= bool", ">=")
		if e.one("left", "right") == "left" {
			return fmt.Sprintf("(%s) %s (%s)", v(), op, e.scalar(depth-1))
		}
		return fmt.Sprintf("(%s) %s (%s)", e.scalar(depth-1), op, v())
	case "set":
		on := e.one("", "", "on(host)", "ignoring(code)", "on()")
		return fmt.Sprintf("(%s) %s %s (%s)", v(), e.one("or", "or", "and", "unless"), on, v())
	case "call":
		return e.call(v(), depth)
	case "quantile":
		buckets := e.one("rate(dur_bucket[1m])", "sum by (le) (rate(dur_bucket[1m]))", "dur_bucket", v())
		return fmt.Sprintf("histogram_quantile(%s, %s)", e.one("0.5", "0.99", "0", "2", e.scalar(depth-1)), buckets)
	default:
		return e.vector(0)
	}
}

func (e exprs) call(v string, depth int) string {
	switch name := e.one("abs", "ceil", "floor", "sqrt", "-", "+", "clamp", "clamp_min", "clamp_max", "label_replace", "label_replace", "vector"); name {
	case "-", "+":
		return fmt.Sprintf("%s(%s)", name, v)
	case "clamp":
		return fmt.Sprintf("clamp(%s, %s, %s)", v, e.scalar(0), e.one("1", "5", e.scalar(depth-1)))
	case "clamp_min", "clamp_max":
		return fmt.Sprintf("%s(%s, %s)", name, v, e.scalar(depth-1))
	case "vector":
		return fmt.Sprintf("vector(%s)", e.scalar(depth-1))
	case "label_replace":
		return fmt.Sprintf(`label_replace(%s, %s)`, v, e.one(`"to", "$1-z", "host", "(.*)"`, `"host", "9", "code", "x"`,
			`"code", "", "", ""`, `"le", "1", "host", "1|2"`, `"__name__", "n", "code", "(x)"`))
	default:
		return fmt.Sprintf("%s(%s)", name, v)
	}
}

func (e exprs) scalar(depth int) string {
	if depth <= 0 {
		return e.one("0", "1", "2.5", "-1", "time()", "time() % 7")
	}
	switch e.one("number", "scalar", "binary") {
	case "scalar":
		return fmt.Sprintf("scalar(%s)", e.vector(depth-1))
	case "binary":
		return fmt.Sprintf("(%s) %s (%s)", e.scalar(depth-1), e.one("+", "/", "> bool", "-"), e.scalar(depth-1))
	default:
		return e.scalar(0)
	}
}
