package change

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// leastShift is how far traffic must have moved, as a share of the usual, to be another level.
const leastShift = 0.25

// shiftText names a change of traffic.
func shiftText(r *model.Reading) (what model.Message, from, to string) {
	unit := r.Series.Signal.Unit
	from, to = model.FormatValue(r.Baseline, unit), model.FormatValue(r.Observed, unit)
	return model.Say("%s went from %s to %s", r.Series.Signal.Said(), from, to), from, to
}

// traffic finds where the load of requests went to another level: where it comes in, not wherever it comes by. Less of it
// is news at the entrance alone: further down, those above that suffer ask less. The worst reading of a component stands
// for it.
func traffic(readings []*model.Reading, g *topo.Graph) []model.Change {
	worst := map[string]*model.Reading{}
	for _, r := range readings {
		if name := r.Series.Subject.Component; shifted(r) && (worst[name] == nil || r.Severity > worst[name].Severity) {
			worst[name] = r
		}
	}
	var out []model.Change
	for _, name := range g.Names() {
		r := worst[name]
		if r == nil || r.Sign < 0 && len(g.Dependents(name)) > 0 || comesFromAbove(name, worst, g) {
			continue
		}
		what, from, to := shiftText(r)
		c := model.Change{
			At: r.Onset.Latest, Kind: model.ChangeTraffic, Component: name, Found: true, From: from, To: to, Title: what.String(),
			Seen: &model.Sighting{Verdict: model.Supports, What: what, Query: r.Series.Query, When: r.Onset, Rises: r.Sign > 0},
		}
		c.ID = idOf(&c)
		out = append(out, c)
	}
	return out
}

func shifted(r *model.Reading) bool {
	sig := r.Series.Signal
	requests := sig.Kind == model.KindTraffic && (sig.Resource == "" || sig.Resource == "http")
	far := r.Baseline > 0 && (r.Observed >= (1+leastShift)*r.Baseline || r.Observed <= (1-leastShift)*r.Baseline)
	return requests && far && r.Abnormal() && !r.Series.Subject.IsEdge() && r.Onset.Known() && !r.Recurs
}

func comesFromAbove(name string, worst map[string]*model.Reading, g *topo.Graph) bool {
	return slices.ContainsFunc(g.Dependents(name), func(d model.Dependency) bool {
		return worst[d.From] != nil && worst[d.From].Sign == worst[name].Sign
	})
}
