package report

import (
	"fmt"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// sparkColumns is how wide a course is drawn.
	sparkColumns = 20
	// roomForSparks is the narrowest page on which courses stand beside the text.
	roomForSparks = 64
	// widestName is the widest first column of the chain; a longer name gets a line of its own.
	widestName = 16
)

func (p *page) why(v *view) {
	if len(v.Chain) == 0 && len(v.Evidence) == 0 && len(v.Sparks) == 0 {
		return
	}
	title := p.say.t("WHY")
	if v.Path != "" {
		title += ": " + v.Path
	}
	p.section(title)
	p.chain(v)
	if len(v.Chain) == 0 || p.verbose {
		for _, s := range v.Sparks {
			course, _ := s.draw(min(sparkColumns, p.width-4))
			p.item(2, course, plain, 2+sparkColumns+2, s.Title)
		}
	}
	if len(v.Evidence) > 0 {
		p.b.WriteByte('\n')
		p.proofs(2, v.Evidence)
	}
	if v.Rivals != "" {
		p.b.WriteByte('\n')
		p.lines(2, wrap(v.Rivals, p.width-2), plain)
	}
	if v.Flip != "" {
		p.b.WriteByte('\n')
		p.lines(2, wrap(p.say.t("Would change the order: %s", v.Flip), p.width-2), plain)
	}
}

// chain draws the links from the symptom down, two lines each: what and how much, then when; the course at the right,
// its onset marked below it.
func (p *page) chain(v *view) {
	wide := p.width >= roomForSparks
	column, sparks := 4, false
	if wide {
		column = width(p.say.t("CAUSE")) + 4
		for _, l := range v.Chain {
			column = max(column, min(width(l.Component), widestName)+4, min(width("| "+l.Via), widestName)+4)
			sparks = sparks || l.Spark != nil
		}
	}
	for _, l := range v.Chain {
		p.link(l, column, sparks, v.Status == model.Diagnosed)
	}
	if sparks && v.Axis != "" {
		p.lines(p.width-sparkColumns, []string{v.Axis}, faint)
	}
}

func (p *page) link(l link, column int, sparks, answered bool) {
	room := p.width - column
	var right [2]string
	if sparks {
		room -= sparkColumns + 2
		if l.Spark != nil {
			right = l.Spark.drawMarked(sparkColumns)
		}
	}
	text := append(wrap(strings.TrimSpace(l.Title+" "+l.size(p.say)), room), wrap(l.when(p.say), room)...)
	if p.verbose {
		text = append(text, wrap(l.figures(p.say), room)...)
	}
	marks, styles := p.linkMarks(l, column, answered)
	for i, line := range text {
		mark, s, course := l.bar(), faint, ""
		if l.Last {
			mark = ""
		}
		if i < len(marks) {
			mark, s, course = marks[i], styles[i], right[i]
		}
		p.row(mark, s, column, line, room, course)
	}
}

// linkMarks are what stands before a link's first two lines: its name, then how it needs the next. A name too wide for
// the column is written here, on a line of its own.
func (p *page) linkMarks(l link, column int, answered bool) (marks [2]string, styles [2]style) {
	name, below := bold, l.bar()+" "+l.Via
	switch {
	case l.Last && answered:
		name, below = red, p.say.t("CAUSE")
	case l.Last:
		below = ""
	case !l.Known:
		name = yellow
	case l.Well:
		name = plain
	}
	styles = [2]style{name, faint}
	if l.Last {
		styles[1] = red
	}
	if width(l.Component) <= column-4 {
		if width(below) > column-3 {
			below = l.bar()
		}
		return [2]string{l.Component, below}, styles
	}
	own := l.Component
	if l.Last && below != "" {
		own += " (" + below + ")"
	}
	p.lines(2, wrap(own, p.width-2), name)
	if !l.Last {
		return [2]string{l.bar(), l.bar()}, [2]style{faint, faint}
	}
	return marks, styles
}

// bar leads down to the next link: dotted where the trouble does not show.
func (l link) bar() string {
	if l.Well {
		return ":"
	}
	return "|"
}

// row writes one line of the chain.
func (p *page) row(mark string, s style, column int, text string, room int, right string) {
	line := "  " + p.paint(s, mark)
	if text != "" || right != "" {
		line += strings.Repeat(" ", max(1, column-2-width(mark))) + text
	}
	if right != "" {
		line += strings.Repeat(" ", room-width(text)+2) + right
	}
	p.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

func (p *page) hit(all []hit) {
	if len(all) == 0 {
		return
	}
	p.section(p.say.t("WHO IS HIT"))
	n := p.limit(len(all), shortHits)
	for _, h := range all[:n] {
		mark, s := "-", plain
		if h.Finding {
			mark, s = "+", red
		}
		p.item(2, mark, s, 4, h.Text)
		if h.Experiment != "" {
			p.lines(4, wrap(p.say.t("To find out: %s", h.Experiment), p.width-4), plain)
		}
	}
	p.more(2, len(all)-n)
}

func (p *page) ruledOut(all []ruledOut) {
	if len(all) == 0 {
		return
	}
	p.section(p.say.t("RULED OUT"))
	n := p.limit(len(all), shortRuledOut)
	for _, r := range all[:n] {
		p.item(2, "x", green, 4, fmt.Sprintf("%s, %s: %s", r.Component, p.names(r.Faults), r.Text))
	}
	p.more(2, len(all)-n)
}

// column is where the texts of n entries begin that each stand behind what is said of it.
func (p *page) column(n int, says func(i int) string) int {
	column := 0
	for i := range n {
		column = max(column, min(width(says(i)), widestName)+4)
	}
	if column > p.width/2 {
		column = 4
	}
	return column
}

func (p *page) changes(all []change) {
	if len(all) == 0 {
		return
	}
	p.section(p.say.t("WHAT CHANGED"))
	column := p.column(len(all), func(i int) string { return all[i].Says })
	n := p.limit(len(all), shortChanges)
	for _, c := range all[:n] {
		text := fmt.Sprintf("%s %s, %s", c.At, c.Component, c.Kind)
		if c.ID != "" {
			text += " " + c.ID
		}
		if c.Title != "" {
			text += ": " + c.Title
		}
		p.item(2, c.Says, relationStyle(c.Relation), column, text)
		if c.Why != "" {
			p.lines(column, wrap(c.Why, p.width-column), plain)
		}
		if c.Seen != "" {
			p.lines(column, wrap(c.Seen, p.width-column), plain)
		}
		if c.Notes != "" {
			p.lines(column, wrap(p.say.t(`Its notes: "%s"`, c.Notes), p.width-column), faint)
		}
	}
	p.more(2, len(all)-n)
}

func relationStyle(r model.Relation) style {
	switch r {
	case model.RelationSuspect:
		return red
	case model.RelationCleared, model.RelationUnrelated:
		return green
	}
	return yellow
}

func (p *page) actions(title string, all []action) {
	if len(all) == 0 {
		return
	}
	p.section(p.say.t(title))
	p.numbered(all)
}

func (p *page) numbered(all []action) {
	n := p.limit(len(all), shortActions)
	for i, a := range all[:n] {
		p.item(2, fmt.Sprintf("%d.", i+1), bold, 5, a.line())
		if a.Because != "" && a.Because != p.reason {
			p.reason = a.Because
			p.lines(5, wrap(p.say.t("Because: %s", a.Because), p.width-5), plain)
		}
		if a.Risk != "" {
			p.lines(5, wrap(p.say.t("Risk: %s", a.Risk), p.width-5), yellow)
		}
		if a.Link != "" {
			p.lines(5, wrap(p.say.t("See %s", a.Link), p.width-5), plain)
		}
		if a.Command != "" {
			for j, line := range wrapCommand(a.Command, p.width-7) {
				mark := "$ "
				if j > 0 {
					mark = "  "
				}
				p.lines(5, []string{mark + line}, bold)
			}
		}
	}
	p.more(2, len(all)-n)
}

func (p *page) unknown(v *view) {
	if v.Complete() {
		if v.Coverage != "" {
			p.b.WriteByte('\n')
			p.lines(0, wrap(v.Coverage, p.width), plain)
		}
		p.actions("FIND OUT", v.FindOut)
		return
	}
	p.section(p.say.t("UNKNOWN"))
	room := shortUnknownLines / 2
	left := p.gaps(v.Gaps, &room)
	room += shortUnknownLines - shortUnknownLines/2
	for i, u := range v.Untested {
		q := p.blank()
		q.item(2, "?", yellow, 4, u.line(p.say, p.names))
		if u.HowToGet != "" {
			q.lines(4, wrap(p.say.t("To get it: %s", u.HowToGet), p.width-4), plain)
		}
		if !p.fits(q, &room, i == 0) {
			left += len(v.Untested) - i
			break
		}
	}
	p.more(2, left)
	if v.Coverage != "" {
		p.lines(2, wrap(v.Coverage, p.width-2), plain)
	}
	p.actions("FIND OUT", v.FindOut)
}

// gaps writes what could not be read on as many lines as there is room for, and returns how many were left out.
func (p *page) gaps(all []string, room *int) (left int) {
	for i, g := range all {
		q := p.blank()
		q.item(2, "?", yellow, 4, g)
		if !p.fits(q, room, i == 0) {
			return len(all) - i
		}
	}
	return 0
}

// blank is a page like this one with nothing on it.
func (p *page) blank() *page {
	return &page{say: p.say, width: p.width, color: p.color, verbose: p.verbose}
}

// fits takes over a page where there is room for its lines, or where it must be shown.
func (p *page) fits(q *page, room *int, must bool) bool {
	text := q.b.String()
	lines := strings.Count(text, "\n")
	if lines > *room && !must && !p.verbose {
		return false
	}
	*room -= lines
	p.b.WriteString(text)
	return true
}

// figures are the link's statistics, for those who ask for more.
func (l link) figures(s speaker) string {
	var parts []string
	if l.Sigma != "" {
		parts = append(parts, s.t("%s sigma", l.Sigma))
	}
	if l.Correlation != "" {
		parts = append(parts, s.t("correlation %s", l.Correlation))
	}
	return strings.Join(parts, ", ")
}
