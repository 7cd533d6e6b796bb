package claim

import (
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// suspected is the probability from which a component is no longer cleared.
const suspected = 0.25

// notUs asks whether the component is cleared. A volume or a host under it that is the cause does not clear it: it reaches
// the others through the component, and who owns the two has to talk.
func notUs(h *hearing) finding {
	name := h.claim.Component
	i := slices.IndexFunc(h.Causes, func(c model.Cause) bool { return c.Component == name })
	culprit := h.culprit()
	switch {
	case h.Status == model.Healthy:
		return of(model.ClaimConfirmed, model.Say("no fault was found that anybody would have to answer for"))
	case i >= 0 && (h.Causes[i].Probability >= suspected || culprit != nil && culprit.Component == name):
		c := &h.Causes[i]
		return finding{
			verdict: model.ClaimContradicted, fromLedger: weighty(c.Evidence),
			reason: model.Say("%s is a likely cause, %d %% (%s)", name, percent(c.Probability), c.Fault),
		}
	case culprit == nil:
		return cannotTell(model.Say("nobody is found to blame, so nobody is cleared"))
	case slices.Contains(h.below(model.StoredOn, model.RunsOn), culprit.Component):
		return finding{
			verdict: model.ClaimContradicted, fromLedger: weighty(culprit.Evidence),
			reason: model.Say("what %s stands on is the cause: %s (%s, %d %%)", name, culprit.Component, culprit.Fault, percent(culprit.Probability)),
		}
	case h.effectOf() != nil:
		return of(model.ClaimConfirmed, model.Say("%s accounts for the trouble of %s", culprit.Component, name))
	}
	if k := slices.IndexFunc(h.Eliminated, func(e model.Eliminated) bool { return e.Component == name }); k >= 0 && i < 0 {
		return of(model.ClaimConfirmed, model.Say("%s is the cause; of %s everything is ruled out: %s", culprit.Component, name, h.Eliminated[k].Text))
	}
	return of(model.ClaimConfirmed, model.Say("%s is the cause, %d %%", culprit.Component, percent(culprit.Probability)))
}

// maxWeighty is how much of a cause's ledger a claim repeats; the cause itself has all of it.
const maxWeighty = 3

// weighty is what speaks for a cause and rests on a signal, in the order of the ledger.
func weighty(ledger []model.Evidence) []model.Evidence {
	var out []model.Evidence
	for _, e := range ledger {
		if e.Verdict == model.Supports && e.Signal != "" && len(out) < maxWeighty {
			out = append(out, e)
		}
	}
	return out
}

func percent(p float64) int { return int(p*100 + 0.5) }
