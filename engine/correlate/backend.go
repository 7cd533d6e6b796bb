package correlate

import (
	"cmp"
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
	// minBackendCorrelation and minBackendMargin (over the runner-up) make a match; both were above what unrelated
	// services of one application reach with each other (0.1 to 0.2 on 300 points and more).
	minBackendCorrelation = 0.25
	minBackendMargin      = 0.08
	// minBackendPoints is how many common points a rank correlation needs here.
	minBackendPoints = 60
	// maxBackendPoints bounds the work: more points do not change the order.
	maxBackendPoints = 1000
)

// InferBackends finds the backends of balancers without any. The dependencies carry Source "latency-shape" and the
// correlation as Confidence.
func InferBackends(g *topo.Graph, series []*model.Series, phases []model.Phase) []model.Dependency {
	var found []model.Dependency
	index := latencyIndex(series)
	for _, name := range g.Names() {
		if !model.PassThrough(g.Kind(name)) || len(g.Below(name)) > 0 || len(g.Above(name)) == 0 || index[name] == nil {
			continue
		}
		if to, r := bestBackend(g, index, name, phases); to != "" {
			found = append(found, model.Dependency{
				From: name, To: to, Kind: model.Calls, Source: "latency-shape", Confidence: r,
			})
		}
	}
	return found
}

// latencyIndex maps component and signal name to its latency series, where there is one: replicas are not told apart.
func latencyIndex(series []*model.Series) map[string]map[string]*model.Series {
	index := map[string]map[string]*model.Series{}
	for _, s := range series {
		if s.Subject.IsEdge() || s.Signal.Kind != model.KindLatency {
			continue
		}
		m := index[s.Subject.Component]
		if m == nil {
			m = map[string]*model.Series{}
			index[s.Subject.Component] = m
		}
		if _, twice := m[s.Signal.Name]; twice {
			m[s.Signal.Name] = nil
			continue
		}
		m[s.Signal.Name] = s
	}
	return index
}

func bestBackend(g *topo.Graph, index map[string]map[string]*model.Series, name string, phases []model.Phase) (string, float64) {
	type match struct {
		name string
		r    float64
	}
	var matches []match
	callers := map[string]bool{}
	for _, d := range g.Above(name) {
		callers[d.From] = true
	}
	for _, other := range g.Names() {
		if other == name || callers[other] || model.PassThrough(g.Kind(other)) || index[other] == nil {
			continue
		}
		if r := shapeCorrelation(index[name], index[other], phases); !math.IsNaN(r) {
			matches = append(matches, match{behind(g, other), r})
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.r, a.r), strings.Compare(a.name, b.name))
	})
	if len(matches) == 0 || matches[0].r < minBackendCorrelation {
		return "", 0
	}
	for _, m := range matches[1:] {
		if m.name != matches[0].name {
			if matches[0].r-m.r < minBackendMargin {
				return "", 0
			}
			break
		}
	}
	return matches[0].name, matches[0].r
}

// behind sees through a pure client: a component that nobody calls and that calls one other only is that one's front.
func behind(g *topo.Graph, name string) string {
	below := g.Below(name)
	if len(g.Above(name)) == 0 && len(below) == 1 && below[0].Kind == model.Calls {
		return below[0].To
	}
	return name
}

// shapeCorrelation averages Spearman's rank correlation over the signals both have; NaN when none has enough points.
func shapeCorrelation(a, b map[string]*model.Series, phases []model.Phase) float64 {
	names := make([]string, 0, len(a))
	for n := range a {
		if a[n] != nil && b[n] != nil {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	sum, n := 0.0, 0
	for _, name := range names {
		if r := spearman(a[name].Values, b[name].Values, phases); !math.IsNaN(r) {
			sum += r
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// spearman is the rank correlation (Spearman 1904) of two courses over the reference points known in both.
func spearman(a, b []float64, phases []model.Phase) float64 {
	var x, y []float64
	for i := range a {
		if phases[i] == model.PhaseReference && !model.IsGap(a[i]) && !model.IsGap(b[i]) {
			x, y = append(x, a[i]), append(y, b[i])
			if len(x) == maxBackendPoints {
				break
			}
		}
	}
	if len(x) < minBackendPoints {
		return math.NaN()
	}
	return stat.Correlation(ranks(x), ranks(y), nil)
}

// ranks replaces values by their ranks, ties by their mean rank.
func ranks(xs []float64) []float64 {
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(xs[i], xs[j]) })
	out := make([]float64, len(xs))
	for i := 0; i < len(order); {
		j := i
		for j+1 < len(order) && xs[order[j+1]] == xs[order[i]] {
			j++
		}
		for k := i; k <= j; k++ {
			out[order[k]] = float64(i+j) / 2
		}
		i = j + 1
	}
	return out
}
