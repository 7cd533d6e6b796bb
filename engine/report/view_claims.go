package report

import (
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

var claimText = map[model.ClaimVerdict]string{
	model.ClaimConfirmed: "confirmed", model.ClaimContradicted: "CONTRADICTED", model.ClaimUnknown: "cannot tell",
}

// statementText is what is claimed, where a claim says several things or is of several components.
var statementText = map[model.ClaimKind]string{
	model.ClaimHealthy: "%s is healthy", model.ClaimNotUs: "%s is not to blame", model.ClaimSlow: "%s is slow", model.ClaimFailing: "%s fails",
	model.ClaimDown: "%s is down", model.ClaimIdle: "%s has plenty left", model.ClaimUnchanged: "%s was not changed",
}

// deniedText is the same where the opposite was said; of those kinds that can be denied.
var deniedText = map[model.ClaimKind]string{
	model.ClaimHealthy: "%s is not healthy", model.ClaimSlow: "%s is not slow", model.ClaimFailing: "%s does not fail", model.ClaimDown: "%s is not down",
}

// claims keep the order in which they were given.
func (v *view) claims(in []model.JudgedClaim) []claim {
	out := make([]claim, 0, len(in))
	for _, c := range in {
		of := clean(c.Component)
		if c.Resource != "" {
			of += " (" + clean(c.Resource) + ")"
		}
		statement, words := of, statementText[c.Says]
		if c.Denied {
			words = deniedText[c.Says]
		}
		if words != "" {
			statement = v.say.t(words, of)
		}
		out = append(out, claim{
			Verdict: c.Verdict, Says: v.enum(claimText[c.Verdict], string(c.Verdict)), Text: v.say.t(`"%s": %s`, clean(c.Claim), statement),
			Why: v.say.msg(c.Reason), Missing: strings.Join(cleanAll(c.Missing), ", "), HowTo: v.say.msg(c.HowToGet), Evidence: v.proofs(c.Evidence),
		})
	}
	return out
}

// Class is the style of what came of a claim.
func (c claim) Class() string {
	switch c.Verdict {
	case model.ClaimConfirmed:
		return "cleared"
	case model.ClaimContradicted:
		return "suspect"
	}
	return "unsure"
}

// claims writes what people said, below what is so.
func (p *page) claims(all []claim) {
	if len(all) == 0 {
		return
	}
	p.section(p.say.t("WHAT WAS SAID"))
	column := p.column(len(all), func(i int) string { return all[i].Says })
	for _, c := range all {
		p.item(2, c.Says, claimStyle(c.Verdict), column, c.Text)
		p.lines(column, wrap(c.Why, p.width-column), plain)
		if c.HowTo != "" {
			p.lines(column, wrap(p.say.t("To get it: %s", c.HowTo), p.width-column), faint)
		}
		if p.verbose && len(c.Evidence) > 0 {
			p.proofs(column, c.Evidence)
		}
	}
}

func claimStyle(v model.ClaimVerdict) style {
	switch v {
	case model.ClaimConfirmed:
		return green
	case model.ClaimContradicted:
		return red
	}
	return yellow
}

func (p *mdPage) claims(all []claim) {
	if len(all) == 0 {
		return
	}
	p.h("WHAT WAS SAID")
	rows := make([][]string, 0, len(all))
	for _, c := range all {
		rows = append(rows, []string{c.Says, c.Text, c.Why, c.Missing, c.HowTo})
	}
	p.table([]string{"Verdict", "Claim", "Reason", "Not measured", "How to get it"}, rows)
}
