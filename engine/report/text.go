package report

import (
	"fmt"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// style is an ANSI attribute; "" is plain.
type style string

const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "1;31"
	green  style = "32"
	yellow style = "33"
)

// How much of each list the short form shows: an answer read at night must fit on two screens. The rest is in JSON.
const (
	shortRuledOut     = 10
	shortUnknown      = 2 // of the evidence that tells nothing
	shortProofs       = 5 // of the evidence on each side
	shortOthers       = 4 // ranks 2 to 5
	shortUnknownLines = 8 // of the lines of what is unknown
	shortChanges      = 8
	shortNames        = 3 // of faults or signals within one entry
	shortActions      = 4
	shortHits         = 4
)

// page is a text being laid out.
type page struct {
	b       strings.Builder
	say     speaker
	width   int
	color   bool
	verbose bool
	reason  string // the last one given for an action: actions of one cause share theirs
}

func renderText(v *view, opts Options) []byte {
	p := &page{say: v.say, width: opts.Width, color: opts.Color, verbose: opts.Verbose}
	p.lines(0, wrap(v.Answer, p.width), answerStyle(v.Status))
	p.head(v.Head)
	p.why(v)
	if v.open() {
		p.candidates(v)
	}
	p.hit(v.Hit)
	p.claims(v.Claims)
	p.ruledOut(v.RuledOut)
	p.changes(v.Changes)
	p.actions("DO NOW", v.Now)
	p.actions("RUNBOOK", v.Runbook)
	p.actions("DO LATER", v.Later)
	if !v.open() {
		p.candidates(v)
	}
	p.unknown(v)
	p.b.WriteByte('\n')
	p.lines(0, wrap(v.Engine, p.width), faint)
	return []byte(p.b.String())
}

func answerStyle(s model.Status) style {
	switch s {
	case model.Diagnosed:
		return red
	case model.Healthy:
		return green
	}
	return yellow
}

// paint colours a text that does not cross a line.
func (p *page) paint(s style, text string) string {
	if !p.color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// lines writes lines with an indent.
func (p *page) lines(indent int, lines []string, s style) {
	for _, line := range lines {
		p.b.WriteString(strings.Repeat(" ", indent) + p.paint(s, line) + "\n")
	}
}

// item writes a text behind a mark, its further lines below its first. column is where the text begins.
func (p *page) item(indent int, mark string, s style, column int, text string) {
	if column > p.width/2 || width(mark) > column-indent-1 {
		p.lines(indent, wrap(mark, p.width-indent), s)
		p.lines(indent+2, wrap(text, p.width-indent-2), plain)
		return
	}
	lines := wrap(text, p.width-column)
	p.b.WriteString(strings.Repeat(" ", indent) + p.paint(s, mark) + strings.Repeat(" ", column-indent-width(mark)))
	p.b.WriteString(lines[0] + "\n")
	p.lines(column, lines[1:], plain)
}

// section begins a section.
func (p *page) section(title string) {
	p.b.WriteByte('\n')
	p.lines(0, wrap(title, p.width), bold)
}

func (p *page) head(rows []row) {
	if len(rows) == 0 {
		return
	}
	p.b.WriteByte('\n')
	column := 0
	for _, r := range rows {
		column = max(column, width(r.Label)+2)
	}
	for _, r := range rows {
		p.item(0, r.Label, faint, column, r.Text)
	}
}

// limit returns how many of n entries to show; one more than allowed is shown rather than counted.
func (p *page) limit(n, short int) int {
	if p.verbose || n <= short+1 {
		return n
	}
	return short
}

// more says how much was left out.
func (p *page) more(indent, n int) {
	if n > 0 {
		p.lines(indent, wrap(p.say.t("and %d more, -o json shows them", n), p.width-indent), faint)
	}
}

// names joins a list within an entry, cut where it would drown the rest.
func (p *page) names(all []string) string {
	n := p.limit(len(all), shortNames)
	text := strings.Join(all[:n], ", ")
	if n < len(all) {
		text += " " + p.say.t("and %d more", len(all)-n)
	}
	return text
}

// proofs writes evidence for and against, in that order.
func (p *page) proofs(indent int, all []proof) {
	count := map[string]int{}
	for _, e := range all {
		count[e.Mark]++
	}
	shown, said := map[string]int{}, map[string]bool{}
	for _, e := range all {
		short := shortProofs
		if e.Mark == "?" {
			short = shortUnknown
		}
		if shown[e.Mark] >= p.limit(count[e.Mark], short) {
			continue
		}
		shown[e.Mark]++
		figures := e.figures(p.say)
		if said[figures] {
			figures = "" // Several tests rest on the same signal.
		}
		said[figures] = true
		p.item(indent, e.Mark, markStyle(e.Mark), indent+2, with(e.Text, figures))
		if p.verbose && e.Query != "" {
			for _, line := range strings.Split(e.Query, "\n") {
				p.lines(indent+4, wrap(line, p.width-indent-4), faint)
			}
		}
	}
	p.more(indent, len(all)-shown["+"]-shown["-"]-shown["?"])
}

func markStyle(mark string) style {
	switch mark {
	case "+":
		return red
	case "-":
		return green
	}
	return yellow
}

func (p *page) candidates(v *view) {
	if len(v.Others) == 0 {
		return
	}
	title := "CANDIDATES"
	if v.Status == model.Diagnosed {
		title = "OTHER CANDIDATES"
	}
	p.section(p.say.t(title))
	n := p.limit(len(v.Others), shortOthers)
	for !p.verbose && n > 1 && v.Others[n-1].Slight {
		n--
	}
	for i, c := range v.Others[:n] {
		text := fmt.Sprintf("%s: %s, %s.", c.Component, c.Fault, c.Probability)
		if c.Signal != "" {
			text += " " + p.say.t("Signal %s.", c.Signal)
		}
		p.item(2, fmt.Sprintf("%d.", c.Rank), bold, 5, text)
		if v.open() && i < 2 {
			p.proofs(5, c.Evidence)
		}
		if c.Flip != "" && (i == 0 || p.verbose || v.open()) {
			p.lines(5, wrap(p.say.t("Would change the order: %s", c.Flip), p.width-5), plain)
		}
	}
	p.more(2, len(v.Others)-n)
}
