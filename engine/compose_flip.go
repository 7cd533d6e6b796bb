package engine

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// wouldFlip names the single observation that would change the order of a cause and its neighbour: for the first, what
// would bring it below the second; for others, what would lift them above the one before.
func (c *composer) wouldFlip(i int) model.Message {
	all := c.ranking.Standings
	if i > 0 {
		h, rival := all[i].Hypothesis, all[i-1].Hypothesis
		if e := heaviest(h.Terms, -1); e != nil && h.LogOdds-e.Value > rival.LogOdds {
			return model.Say("without this it would come before %s: %s", rival.Component, e.Why)
		}
		return model.Say("no single observation would lift it above %s", rival.Component)
	}
	if len(all) < 2 {
		return model.Say("no other cause is left to change places with")
	}
	h, rival := all[0].Hypothesis, all[1].Hypothesis
	e := heaviest(h.Terms, +1)
	if e == nil || h.LogOdds-e.Value >= rival.LogOdds {
		return model.Say("no single observation would put %s before it", rival.Component)
	}
	if r := c.observed(h, e.Term); r != nil {
		return model.Say("if %s of %s were as usual, %s would come first", r.Series.Signal.Said(), r.Series.Subject.String(), rival.Component)
	}
	return model.Say("but for this, %s would come first: %s", rival.Component, e.Why)
}

// observed is the unusual reading that a test's support rests on; nil when it rests on none.
func (c *composer) observed(h *model.Hypothesis, test string) *model.Reading {
	i := slices.IndexFunc(h.Ledger, func(e model.Evidence) bool { return e.Test == test })
	if i < 0 || h.Ledger[i].Query == "" {
		return nil
	}
	e := &h.Ledger[i]
	return model.Worst(c.scene.Readings, func(r *model.Reading) bool {
		sig := r.Series.Signal
		return r.Abnormal() && sig.Name == e.Signal && r.Series.Query == e.Query && model.FormatValue(r.Observed, sig.Unit) == e.Observed
	})
}

// heaviest is the term of the largest value of a sign, the first of equals; nil when there is none.
func heaviest(terms []model.Term, sign float64) *model.Term {
	var best *model.Term
	for i := range terms {
		if v := sign * terms[i].Value; v > 0 && (best == nil || v > sign*best.Value) {
			best = &terms[i]
		}
	}
	return best
}
