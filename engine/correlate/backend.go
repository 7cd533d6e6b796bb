package correlate

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// A balancer or gateway that no edge leads out of stands in front of something that the topology does not tell. Its
// backend is looked for by the shape of its latency: what a balancer adds is small and even, so the ups and downs of its
// latency are its backend's. The measure is Spearman's rank correlation over the reference (no point of the incident
// takes part), averaged over the latency signals that both have.
const (
	// minBackendCorrelation and minBackendMargin (over the runner-up) make a match; what unrelated services of one
	// application reach with each other is 0.05 to 0.13 on 400 points, whose standard error is 0.05.
	minBackendCorrelation = 0.16
	minBackendMargin      = 0.05
	// minBackendPoints is how many common points a rank correlation needs here.
	minBackendPoints = 60
	// maxBackendPoints bounds the work: more points do not change the order.
	maxBackendPoints = 400
)

// InferBackends finds the backends of balancers without any. The dependencies carry Source "latency-shape" and the
// correlation as Confidence.
func InferBackends(g *topo.Graph, series []*model.Series, phases []model.Phase) []model.Dependency {
	var fronts []string
	for _, name := range g.Names() {
		if model.PassThrough(g.Kind(name)) && len(g.Below(name)) == 0 && len(g.Above(name)) > 0 {
			fronts = append(fronts, name)
		}
	}
	if len(fronts) == 0 {
		return nil
	}
	needed := map[string]bool{}
	for _, front := range fronts {
		needed[front] = true
		for _, name := range siblings(g, front) {
			needed[name] = true
			for _, client := range pureClients(g, name) {
				needed[client] = true
			}
		}
	}
	var found []model.Dependency
	index := latencyIndex(series, phases, needed)
	for _, name := range fronts {
		if to, r := bestBackend(g, index, name); to != "" {
			found = append(found, model.Dependency{
				From: name, To: to, Kind: model.Calls, Source: "latency-shape", Confidence: r,
			})
		}
	}
	return found
}

// course is a latency series as ranks over the reference; gaps are NaN.
type course []float64

// latencyIndex maps component and signal name to the course of its latency, where there is one (replicas are not told
// apart), for the components needed.
func latencyIndex(series []*model.Series, phases []model.Phase, needed map[string]bool) map[string]map[string]course {
	points := referencePoints(phases)
	index := map[string]map[string]course{}
	twice := map[string]bool{}
	for _, s := range series {
		if s.Subject.IsEdge() || s.Signal.Kind != model.KindLatency || !needed[s.Subject.Component] {
			continue
		}
		m := index[s.Subject.Component]
		if m == nil {
			m = map[string]course{}
			index[s.Subject.Component] = m
		}
		key := s.Subject.Component + "\x00" + s.Signal.Name
		if _, seen := m[s.Signal.Name]; seen || twice[key] {
			twice[key] = true
			delete(m, s.Signal.Name)
			continue
		}
		m[s.Signal.Name] = ranks(s.Values, points)
	}
	return index
}

// referencePoints are at most maxBackendPoints points of the reference, evenly spread.
func referencePoints(phases []model.Phase) []int {
	var all []int
	for i, p := range phases {
		if p == model.PhaseReference {
			all = append(all, i)
		}
	}
	if len(all) <= maxBackendPoints {
		return all
	}
	out := make([]int, maxBackendPoints)
	for i := range out {
		out[i] = all[i*len(all)/maxBackendPoints]
	}
	return out
}

// bestBackend looks among the other components that the front's callers call: a tracer that sees both the address and
// the service behind it reports both as called.
func bestBackend(g *topo.Graph, index map[string]map[string]course, front string) (string, float64) {
	type match struct {
		name string
		r    float64
	}
	var matches []match
	for _, name := range siblings(g, front) {
		r := math.NaN()
		for _, as := range append(pureClients(g, name), name) {
			if x := shapeCorrelation(index[front], index[as]); !(x <= r) && !math.IsNaN(x) {
				r = x
			}
		}
		if !math.IsNaN(r) {
			matches = append(matches, match{name, r})
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.r, a.r), strings.Compare(a.name, b.name))
	})
	if len(matches) == 0 || matches[0].r < minBackendCorrelation ||
		len(matches) > 1 && matches[0].r-matches[1].r < minBackendMargin {
		return "", 0
	}
	return matches[0].name, matches[0].r
}

// siblings are what the callers of a front call beside it, that could be behind it: not another front, nothing that
// stores, nothing outside.
func siblings(g *topo.Graph, front string) []string {
	var out []string
	for _, up := range g.Above(front) {
		for _, d := range g.Below(up.From) {
			if d.Kind == up.Kind && d.To != front && works(g.Kind(d.To)) && !slices.Contains(out, d.To) {
				out = append(out, d.To)
			}
		}
	}
	slices.Sort(out)
	return out
}

// works tells whether a component of the kind could be what a balancer stands in front of.
func works(kind string) bool {
	switch strings.ToLower(kind) {
	case "db", "database", "cache", "queue", "broker", "disk", "volume", "storage", "host", "external", "network", "probe":
		return false
	}
	return !model.PassThrough(kind)
}

// pureClients are the callers of a component that nobody calls and that call nothing else: what they measure is what it
// answers.
func pureClients(g *topo.Graph, name string) []string {
	var out []string
	for _, d := range g.Above(name) {
		if len(g.Above(d.From)) == 0 && len(g.Below(d.From)) == 1 {
			out = append(out, d.From)
		}
	}
	return out
}

// shapeCorrelation averages Spearman's rank correlation over the signals both have; NaN when none has enough points.
func shapeCorrelation(a, b map[string]course) float64 {
	sum, n := 0.0, 0
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if b[name] == nil {
			continue
		}
		if r := spearman(a[name], b[name]); !math.IsNaN(r) {
			sum += r
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// spearman is the rank correlation (Spearman 1904) of two courses over the points known in both; each was ranked among
// its own points, which differs from ranking the common ones only where many are missing.
func spearman(a, b course) float64 {
	x, y := make([]float64, 0, len(a)), make([]float64, 0, len(a))
	for i := range a {
		if !model.IsGap(a[i]) && !model.IsGap(b[i]) {
			x, y = append(x, a[i]), append(y, b[i])
		}
	}
	if len(x) < minBackendPoints {
		return math.NaN()
	}
	return stat.Correlation(x, y, nil)
}

// ranks replaces the values at the points by their ranks, ties by their mean rank.
func ranks(values []float64, points []int) course {
	type item struct {
		v  float64
		at int
	}
	out := make(course, len(points))
	items := make([]item, 0, len(points))
	for i, p := range points {
		out[i] = model.Gap()
		if !model.IsGap(values[p]) {
			items = append(items, item{values[p], i})
		}
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.v, b.v) })
	for i := 0; i < len(items); {
		j := i
		for j+1 < len(items) && items[j+1].v == items[i].v {
			j++
		}
		for k := i; k <= j; k++ {
			out[items[k].at] = float64(i+j) / 2
		}
		i = j + 1
	}
	return out
}
