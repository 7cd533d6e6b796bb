package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// mdEscapes are the characters that mean something to Markdown or HTML. Entities are used where a backslash would not
// hold inside a table.
var mdEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`, "#", `\#`, "$", `\$`,
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;",
)

// md escapes a text for a line or a list item. What would begin a list there ("- ", "1. ") is escaped too.
func md(s string) string {
	out := mdEscapes.Replace(s)
	mark, _, _ := strings.Cut(out, " ")
	switch digits := strings.TrimRight(mark, ".)"); {
	case mark == "-" || mark == "+" || strings.Trim(out, "-= ") == "" && out != "":
		return `\` + out
	case mark != digits && strings.Trim(digits, "0123456789") == "":
		return digits + `\` + out[len(digits):]
	}
	return out
}

// fence returns a run of backticks longer than any in the text, at least least.
func fence(text string, least int) string {
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return strings.Repeat("`", max(least, longest+1))
}

// code is a code span. It must not stand in a table, where a pipe would cut it.
func code(s string) string {
	f := fence(s, 1)
	if len(f) > 1 || strings.HasPrefix(s, " ") {
		s = " " + s + " "
	}
	return f + s + f
}

// mdPage is a Markdown document being written.
type mdPage struct {
	bytes.Buffer
	say     speaker
	verbose bool
}

func (p *mdPage) f(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *mdPage) h(title string) { p.f("\n## %s\n\n", md(p.say.t(title))) }

// block writes a code block as part of a list item.
func (p *mdPage) block(lang, text string) {
	const indent = "   "
	f := fence(text, 3)
	p.f("\n%s%s%s\n", indent, f, lang)
	for _, line := range strings.Split(text, "\n") {
		p.f("%s%s\n", indent, line)
	}
	p.f("%s%s\n", indent, f)
}

// table writes a table; cells are escaped here.
func (p *mdPage) table(heads []string, rows [][]string) {
	for i := range heads {
		heads[i] = md(p.say.t(heads[i]))
	}
	p.f("| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat("---|", len(heads)))
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = mdEscapes.Replace(c)
		}
		p.f("| %s |\n", strings.Join(cells, " | "))
	}
}

func renderMarkdown(v *view, opts Options) []byte {
	p := &mdPage{say: v.say, verbose: opts.Verbose}
	p.f("# %s\n\n", md(v.Answer))
	for _, r := range v.Head {
		p.f("- **%s:** %s\n", md(r.Label), md(r.Text))
	}
	p.why(v)
	if v.open() {
		p.candidates("CANDIDATES", v.Others)
	}
	p.hit(v.Hit)
	p.claims(v.Claims)
	p.ruledOut(v.RuledOut)
	p.changes(v.Changes)
	p.actions("DO NOW", v.Now)
	p.actions("RUNBOOK", v.Runbook)
	p.actions("DO LATER", v.Later)
	switch v.Status {
	case model.Diagnosed:
		p.candidates("OTHER CANDIDATES", v.Others)
	case model.Healthy:
		p.candidates("CANDIDATES", v.Others)
	}
	p.unknown(v)
	p.actions("FIND OUT", v.FindOut)
	if p.verbose {
		p.glossary()
	}
	p.f("\n---\n\n%s\n", md(v.Engine))
	return p.Bytes()
}

func (p *mdPage) why(v *view) {
	if len(v.Chain)+len(v.Evidence)+len(v.Sparks) == 0 {
		return
	}
	p.h("WHY")
	if v.Path != "" {
		p.f("%s\n\n", code(v.Path))
		rows := make([][]string, 0, len(v.Chain))
		for _, l := range v.Chain {
			course := ""
			if l.Spark != nil {
				course, _ = l.Spark.draw(sparkColumns)
			}
			rows = append(rows, []string{
				l.Component, l.Signal, l.size(p.say), l.Onset, l.Lag, l.Via, l.Sigma, l.Correlation, course,
			})
		}
		p.table([]string{
			"Component", "Signal", "Size", "Began", "Lag", "Needs the next by", "Sigma", "Correlation", "Course",
		}, rows)
	}
	if len(v.Sparks) > 0 && (len(v.Chain) == 0 || p.verbose) {
		for _, s := range v.Sparks {
			course, _ := s.draw(sparkColumns)
			p.f("- %s %s\n", course, md(s.Title))
		}
	}
	if len(v.Evidence) > 0 {
		p.f("\n### %s\n\n", md(p.say.t("Evidence")))
		p.proofs(v.Evidence)
	}
	if v.Rivals != "" {
		p.f("\n%s\n", md(v.Rivals))
	}
	if v.Flip != "" {
		p.f("\n%s\n", md(p.say.t("Would change the order: %s", v.Flip)))
	}
}

// proofs writes a ledger as a table, and the queries that gave it below.
func (p *mdPage) proofs(all []proof) {
	rows := make([][]string, 0, len(all))
	queries := 0
	for _, e := range all {
		number := ""
		if e.Query != "" {
			queries++
			number = fmt.Sprint(queries)
		}
		rows = append(rows, []string{e.Mark, e.Verdict, e.Text, e.Signal, e.Observed, e.Baseline, number})
	}
	p.table([]string{"Mark", "Verdict", "Test", "Signal", "Observed", "Usual", "Query"}, rows)
	if queries == 0 {
		return
	}
	p.f("\n%s\n\n", md(p.say.t("Queries:")))
	n := 0
	for _, e := range all {
		if e.Query != "" {
			n++
			p.f("%d. %s\n", n, md(e.Signal))
			p.block("promql", e.Query)
		}
	}
}

func (p *mdPage) candidates(title string, all []candidate) {
	if len(all) == 0 {
		return
	}
	p.h(title)
	for i, c := range all {
		if i > 0 {
			p.f("\n")
		}
		p.f("### %d. %s, %s: %s\n", c.Rank, md(c.Component), md(c.Fault), md(c.Probability))
		if c.Path != "" {
			p.f("\n%s\n", code(c.Path))
		}
		if len(c.Evidence) > 0 {
			p.f("\n")
			p.proofs(c.Evidence)
		}
		if c.Flip != "" {
			p.f("\n%s\n", md(p.say.t("Would change the order: %s", c.Flip)))
		}
	}
}

func (p *mdPage) hit(all []hit) {
	if len(all) == 0 {
		return
	}
	p.h("WHO IS HIT")
	for _, h := range all {
		p.f("- %s\n", md(h.Text))
		if h.Experiment != "" {
			p.f("  - %s\n", md(p.say.t("To find out: %s", h.Experiment)))
		}
	}
}

func (p *mdPage) ruledOut(all []ruledOut) {
	if len(all) == 0 {
		return
	}
	p.h("RULED OUT")
	rows := make([][]string, 0, len(all))
	for _, r := range all {
		rows = append(rows, []string{r.Component, r.Fault(), r.Text, r.Test})
	}
	p.table([]string{"Component", "Fault", "Why not", "Test"}, rows)
	if p.verbose {
		p.ruledOutQueries(all)
	}
}

// ruledOutQueries lists what to run to see each exoneration again.
func (p *mdPage) ruledOutQueries(all []ruledOut) {
	title := "\n" + md(p.say.t("Queries:")) + "\n\n"
	for _, r := range all {
		if q := r.Query(); q != "" {
			p.f("%s- %s, %s\n", title, md(r.Component), md(r.Fault()))
			p.block("promql", q)
			title = ""
		}
	}
}

func (p *mdPage) changes(all []change) {
	if len(all) == 0 {
		return
	}
	p.h("WHAT CHANGED")
	rows := make([][]string, 0, len(all))
	for _, c := range all {
		rows = append(rows, []string{c.Says, c.At, c.Component, c.Kind, c.ID, c.Title, c.Reasons(), c.Notes})
	}
	p.table([]string{"Verdict", "Time", "Component", "Kind", "ID", "Title", "Reason", "Notes"}, rows)
}

func (p *mdPage) actions(title string, all []action) {
	if len(all) == 0 {
		return
	}
	p.h(title)
	for i, a := range all {
		p.f("%d. %s\n", i+1, md(a.line()))
		if a.Because != "" {
			p.f("   - %s\n", md(p.say.t("Because: %s", a.Because)))
		}
		if a.Risk != "" {
			p.f("   - **%s**\n", md(p.say.t("Risk: %s", a.Risk)))
		}
		if a.Link != "" {
			p.f("   - <%s>\n", angles.Replace(a.Link))
		}
		if a.Command != "" {
			p.block("sh", a.Command)
		}
	}
}

// angles are what would end an address between angle brackets.
var angles = strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20")

func (p *mdPage) unknown(v *view) {
	if v.Complete() {
		if v.Coverage != "" {
			p.f("\n%s\n", md(v.Coverage))
		}
		return
	}
	p.h("UNKNOWN")
	for _, u := range v.Untested {
		p.f("- %s\n", md(u.line(p.say, commas)))
		if u.HowToGet != "" {
			p.f("  - %s\n", md(p.say.t("To get it: %s", u.HowToGet)))
		}
	}
	for _, g := range v.Gaps {
		p.f("- %s\n", md(g))
	}
	if v.Coverage != "" {
		p.f("\n%s\n", md(v.Coverage))
	}
}

func (p *mdPage) glossary() {
	p.h("GLOSSARY")
	for _, t := range Glossary() {
		term, meaning := t.In(p.say.lang)
		p.f("- **%s**: %s\n", md(term), md(meaning))
	}
}
