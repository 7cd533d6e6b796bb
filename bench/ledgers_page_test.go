package bench

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/diagnops/diagnops/collectors/synth"
	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/rank"
)

// ledgerPage writes down what was asked, what is true, and how the answer came about. Numbers are rounded far above the
// differences between processors.
type ledgerPage struct {
	ledgerCase
	scenario  *synth.Scenario
	diagnosis *model.Diagnosis
	weights   *model.Weights
	strings.Builder
}

// What a page shows of long lists; the number of the rest is given.
const (
	shownCauses  = 5
	shownRuled   = 8
	shownUnknown = 5
	shownChanges = 4
)

func (p *ledgerPage) String() string {
	p.head()
	p.section("Graph: who needs whom")
	p.graph()
	p.section("Causes")
	p.causes()
	for i := range p.scenario.Faults {
		p.trueLedger(&p.scenario.Faults[i])
	}
	p.rivalLedger()
	p.section(fmt.Sprintf("Ruled out: %d hypotheses, by test and component", len(p.diagnosis.Eliminated)))
	p.ruledOut()
	p.section("Unknown")
	p.unknown()
	p.section("Changes")
	p.changes()
	return p.Builder.String()
}

// section begins a new one, after an empty line.
func (p *ledgerPage) section(title string) {
	fmt.Fprintf(p, "\n%s\n", title)
}

func (p *ledgerPage) head() {
	p.line("", fmt.Sprintf("%s: %d components, seed %d (%s)", p.name, ledgerComponents, p.seed, p.why))
	fmt.Fprintln(p)
	p.line("question  ", p.diagnosis.Question.Understood.String())
	for i := range p.scenario.Faults {
		f := &p.scenario.Faults[i]
		p.line("injected  ", fmt.Sprintf("%s at %s, level %.2f; alone it makes the symptom %s times as bad as usual",
			f.Kind, place(f), f.Level, figures(f.Worse)))
		p.line("truth     ", trueNames(f.Causes))
	}
	if p.scenario.Truth.None {
		p.line("truth     ", "nothing is wrong")
	}
	p.line("answer    ", fmt.Sprintf("%s: %s", p.diagnosis.Outcome.Status, p.diagnosis.Outcome.Summary))
}

// figures prints two or three of them.
func figures(v float64) string {
	if v < 10 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

func trueNames(causes []model.TrueCause) string {
	names := make([]string, len(causes))
	for i, c := range causes {
		names[i] = c.Component + " " + c.Fault
	}
	return strings.Join(names, " or ")
}

// line writes a text behind a lead, broken before the last column; the rest stands below its beginning.
func (p *ledgerPage) line(lead, text string) {
	width := maxPageColumns - utf8.RuneCountInString(lead)
	for rest := strings.Fields(text); ; lead = strings.Repeat(" ", utf8.RuneCountInString(lead)) {
		n, used := 0, 0
		for n < len(rest) && (n == 0 || used+1+utf8.RuneCountInString(rest[n]) <= width) {
			used += 1 + utf8.RuneCountInString(rest[n])
			n++
		}
		fmt.Fprintln(p, strings.TrimRight(lead+strings.Join(rest[:n], " "), " "))
		if rest = rest[n:]; len(rest) == 0 {
			return
		}
	}
}

// cut writes a text behind a lead on one line, whatever it takes.
func (p *ledgerPage) cut(lead, text string) {
	line := []rune(lead + text)
	if len(line) > maxPageColumns {
		line = append(line[:maxPageColumns-1], '…')
	}
	fmt.Fprintln(p, strings.TrimRight(string(line), " "))
}

// more says how many lines of a list are not shown.
func (p *ledgerPage) more(all, shown int) {
	if all > shown {
		fmt.Fprintf(p, "  and %d more\n", all-shown)
	}
}

func (p *ledgerPage) isTrue(component string) bool {
	return slices.ContainsFunc(p.scenario.Truth.Causes, func(c model.TrueCause) bool { return c.Component == component })
}

// rightness says how right a cause is: "true", "place" when it is another fault of a component that truly is a cause, or
// nothing.
func (p *ledgerPage) rightness(c *model.Cause) string {
	switch {
	case slices.ContainsFunc(p.scenario.Truth.Causes, func(t model.TrueCause) bool { return names(t, c) }):
		return "true"
	case p.isTrue(c.Component):
		return "place"
	}
	return ""
}

// names tells whether the cause is the true one, fault included.
func names(t model.TrueCause, c *model.Cause) bool {
	return t.Component == c.Component && t.Fault == c.Fault
}

func (p *ledgerPage) causes() {
	all := p.diagnosis.Causes
	for i := range all[:min(len(all), shownCauses)] {
		c := &all[i]
		p.cut(fmt.Sprintf("  %d  %.2f  %-5s  %-12s %-28s", c.Rank, c.Probability, p.rightness(c), c.Component, c.Fault), strings.Join(c.Chain, " -> "))
	}
	p.more(len(all), shownCauses)
}

// trueLedger shows the best hypothesis about a component that truly is a cause.
func (p *ledgerPage) trueLedger(f *synth.Injected) {
	right := func(component string) bool {
		return slices.ContainsFunc(f.Causes, func(c model.TrueCause) bool { return c.Component == component })
	}
	if i := slices.IndexFunc(p.diagnosis.Causes, func(c model.Cause) bool { return right(c.Component) }); i >= 0 {
		c := &p.diagnosis.Causes[i]
		p.ledgerOf("The truth", c)
		if !slices.ContainsFunc(f.Causes, func(t model.TrueCause) bool { return names(t, c) }) {
			p.otherFault(f, c.Component)
		}
		return
	}
	i := slices.IndexFunc(p.diagnosis.Eliminated, func(e model.Eliminated) bool { return right(e.Component) })
	if i < 0 {
		p.section(fmt.Sprintf("The truth is not among the hypotheses: %s", trueNames(f.Causes)))
		return
	}
	e := &p.diagnosis.Eliminated[i]
	p.section(fmt.Sprintf("The truth: %s %s, ruled out by %s", e.Component, e.Fault, e.Test))
	p.evidence(e.Evidence)
}

// otherFault says what became of the true fault where the answer names another one of the component.
func (p *ledgerPage) otherFault(f *synth.Injected, component string) {
	t := f.Causes[slices.IndexFunc(f.Causes, func(t model.TrueCause) bool { return t.Component == component })]
	lead := fmt.Sprintf("  true fault: %s, ", t.Fault)
	i := slices.IndexFunc(p.diagnosis.Eliminated, func(e model.Eliminated) bool {
		return e.Component == t.Component && e.Fault == t.Fault
	})
	if i < 0 {
		p.line(lead, "neither ruled out nor the likeliest of the component's faults")
		return
	}
	e := &p.diagnosis.Eliminated[i]
	p.line(lead, fmt.Sprintf("ruled out by %s: %s", e.Test, e.Text))
}

// rivalLedger shows the best hypothesis about any other component.
func (p *ledgerPage) rivalLedger() {
	i := slices.IndexFunc(p.diagnosis.Causes, func(c model.Cause) bool { return !p.isTrue(c.Component) })
	if i < 0 {
		p.section("Nobody else is a suspect")
		return
	}
	who := "The strongest rival"
	if p.scenario.Truth.None {
		who = "The strongest suspect"
	}
	p.ledgerOf(who, &p.diagnosis.Causes[i])
}

func (p *ledgerPage) ledgerOf(who string, c *model.Cause) {
	p.section(fmt.Sprintf("%s: %s %s, no. %d with %.2f", who, c.Component, c.Fault, c.Rank, c.Probability))
	p.evidence(c.Evidence)
	sum := 0.0
	for _, t := range c.Score {
		sum += t.Value
		if t.Term == rank.TermUnsupported {
			p.line(tested(t.Term, "", t.Value), t.Why.String())
		}
	}
	p.line(tested("log-odds", "", sum), "")
}

// evidence shows a ledger: test, verdict, what it adds to the log-odds, and why.
func (p *ledgerPage) evidence(ledger []model.Evidence) {
	for i := range ledger {
		e := &ledger[i]
		lead := tested(e.Test, e.Verdict, e.Weight*p.weights.Test(e.Test))
		p.line(lead, e.Text.String())
		if e.Signal != "" && e.Observed != "" {
			p.line(strings.Repeat(" ", len(lead)), fmt.Sprintf("<- %s: %s, usually %s", e.Signal, e.Observed, e.Baseline))
		}
	}
}

// tested is the beginning of a ledger's line; nothing stands for what adds nothing.
func tested(test string, v model.Verdict, term float64) string {
	value := fmt.Sprintf("%+.2f", term)
	if value == "+0.00" || value == "-0.00" {
		value = ""
	}
	return fmt.Sprintf("  %-15s  %-8s  %6s  ", test, v, value)
}

// acquittal is what one test says of one component: it may rule out many faults of it for the same reason.
type acquittal struct {
	test, component string
	faults          []string
	text            string // of the first fault
}

// acquittals gathers what was ruled out, in the order of the answer: what spoke most for somebody first.
func acquittals(ruledOut []model.Eliminated) []acquittal {
	var out []acquittal
	for i := range ruledOut {
		e := &ruledOut[i]
		at := slices.IndexFunc(out, func(a acquittal) bool { return a.test == e.Test && a.component == e.Component })
		if at < 0 {
			at = len(out)
			out = append(out, acquittal{test: e.Test, component: e.Component, text: e.Text.String()})
		}
		out[at].faults = append(out[at].faults, e.Fault)
	}
	return out
}

func (p *ledgerPage) ruledOut() {
	all := acquittals(p.diagnosis.Eliminated)
	for i := range all[:min(len(all), shownRuled)] {
		a := &all[i]
		faults := a.faults[0]
		if n := len(a.faults) - 1; n > 0 {
			faults += fmt.Sprintf(" + %d", n)
		}
		p.cut(fmt.Sprintf("  %-15s  %-12s %-30s  ", a.test, a.component, faults), a.text)
	}
	p.more(len(all), shownRuled)
}

func (p *ledgerPage) unknown() {
	all := p.diagnosis.Untested
	for i := range all[:min(len(all), shownUnknown)] {
		u := &all[i]
		p.cut(fmt.Sprintf("  %-12s %-28s", u.Component, u.Fault), "not measured: "+strings.Join(u.Missing, ", "))
	}
	p.more(len(all), shownUnknown)
	c := &p.diagnosis.Coverage
	fmt.Fprintf(p, "  %d of %d signals seen\n", c.SignalsSeen, c.SignalsExpected)
}

func (p *ledgerPage) changes() {
	all := p.diagnosis.Changes
	for i := range all[:min(len(all), shownChanges)] {
		c := &all[i]
		p.cut(fmt.Sprintf("  %-9s  %-11s  %-12s at %s: ", c.Relation, c.Kind, c.Component, model.FormatClock(c.At)), c.Reason.String())
	}
	p.more(len(all), shownChanges)
	if len(all) == 0 {
		fmt.Fprintln(p, "  none")
	}
}
