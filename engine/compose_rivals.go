package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
)

const (
	// nearFault is how far the log-odds of another fault of a component may lie behind: a quarter as likely as the first.
	nearFault = 1.4
	// maxRivalFaults bounds what is told: who is to blame is known, and more than two other ways to look are no help.
	maxRivalFaults = 2
)

// rivalFaults are the other faults that the component of a hypothesis may have instead: whoever acts on the first alone
// may route around a network while the processor is what is full. A rival has something to show that is not the first's
// already: other words for the same reading are no news. Of several of one nature the first stands for all, and that a
// component is slow in itself is no rival to a resource that it lacks: it is how that shows.
func (c *composer) rivalFaults(h *model.Hypothesis) []model.RivalFault {
	near := slices.DeleteFunc(c.ranking.Survivors(), func(o *model.Hypothesis) bool {
		return o.Component != h.Component || h.LogOdds-o.LogOdds > nearFault || !rank.Supported(o) || !showsMore(o, h)
	})
	slices.SortStableFunc(near, func(a, b *model.Hypothesis) int {
		return cmp.Or(cmp.Compare(b.LogOdds, a.LogOdds), strings.Compare(a.Fault.Name, b.Fault.Name))
	})
	told := []model.Nature{h.Fault.Nature}
	if h.Fault.Nature == model.NatureResource {
		told = append(told, model.NatureService)
	}
	var out []model.RivalFault
	for _, o := range near {
		if len(out) < maxRivalFaults && !slices.Contains(told, o.Fault.Nature) {
			told = append(told, o.Fault.Nature)
			out = append(out, model.RivalFault{Fault: o.Fault.Name, Signal: o.Signal, Text: withFigures(o.Fault.Title, o)})
		}
	}
	return out
}

// showsMore tells whether what shows a hypothesis best is no mark of another.
func showsMore(o, than *model.Hypothesis) bool {
	r := leading(o)
	return r != nil && !slices.ContainsFunc(than.Marks, func(m model.Mark) bool { return m.Reading == r })
}
