package engine

import (
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
	"github.com/diagnops/diagnops/rules"
)

// exempt takes what is unusual as expected, by the exemptions that hold at a time, out of the readings that count, and
// lists it in their order.
func exempt(set *rules.Set, graph *topo.Graph, readings []*model.Reading, at time.Time) []model.Expected {
	var out []model.Expected
	for i, r := range readings {
		s := r.Series
		x, ok := set.Exemption(graph.Component(s.Subject.Component), r, at)
		if !ok {
			continue
		}
		readings[i] = r.Exempt()
		out = append(out, model.Expected{
			Component: s.Subject.Component, Signal: s.Signal.Name, Reason: x.Reason, Until: x.Until,
			Observed: model.FormatValue(r.Observed, s.Signal.Unit), Baseline: model.FormatValue(r.Baseline, s.Signal.Unit),
			Subject: s.Subject.String(), Title: s.Signal.Said(),
		})
	}
	return out
}
