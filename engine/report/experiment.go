package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// RenderExperiment writes what trials come to, as text or as JSON. The error is of another format, or w's.
func RenderExperiment(w io.Writer, e *model.Experiment, format Format, opts Options) error {
	return renderPlain(w, e, format, opts, func(p *page) { p.experiment(e) })
}

// How much of each list the short form shows: settings tried, and explanations that remain.
const (
	shortCombinations = 10
	shortRemaining    = 5
)

func (p *page) experiment(e *model.Experiment) {
	p.lines(0, wrap(p.say.msg(e.Verdict), p.width), bold)
	rows := []row{{p.say.t("Tried"), p.say.t("settings: %d; good runs: %d, bad: %d; trials without an outcome: %d", e.Counts.Settings, e.Counts.Good, e.Counts.Bad, e.Counts.Unknown)}}
	if e.Title != "" {
		rows = append([]row{{p.say.t("Title"), clean(e.Title)}}, rows...)
	}
	p.head(rows)
	if len(e.Remaining) > 0 {
		p.section(p.say.t("REMAINING"))
		n := p.limit(len(e.Remaining), shortRemaining)
		for i, r := range e.Remaining[:n] {
			p.item(2, fmt.Sprintf("%d.", i+1), bold, 6, p.say.msg(r.Text))
		}
		p.more(6, len(e.Remaining)-n)
		p.lines(6, wrap(p.say.t("something that is no factor: %s", percentText(e.SomethingElse)), p.width-6), faint)
	}
	if len(e.RuledOut) > 0 {
		p.section(p.say.t("RULED OUT"))
		for _, r := range e.RuledOut {
			p.item(2, "x", green, 4, p.say.msg(r.Text))
		}
	}
	if len(e.Next) > 0 {
		p.section(p.say.t("NEXT"))
		for i, n := range e.Next {
			p.item(2, fmt.Sprintf("%d.", i+1), bold, 6, p.say.msg(n.Text))
			if !n.ClearText.IsZero() {
				p.lines(6, wrap(p.say.msg(n.ClearText), p.width-6), plain)
			}
		}
	}
	p.combinations(e.Combinations)
}

func percentText(v float64) string { return model.FormatValue(v, "ratio") }

// combinations lists what was seen of each setting.
func (p *page) combinations(all []model.Combination) {
	p.section(p.say.t("SEEN"))
	n := p.limit(len(all), shortCombinations)
	for _, c := range all[:n] {
		mark, s := "?", yellow
		switch c.Seen {
		case "good":
			mark, s = "-", green
		case "bad", "both":
			mark, s = "+", red
		}
		parts := make([]string, len(c.Setting))
		for i, v := range c.Setting {
			parts[i] = clean(v.Factor) + "=" + clean(v.Value)
		}
		p.item(2, mark, s, 4, p.say.t("bad %d, good %d: %s", c.Bad, c.Good, strings.Join(parts, ", ")))
	}
	p.more(2, len(all)-n)
}
