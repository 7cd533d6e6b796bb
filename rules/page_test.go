package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/diagnops/diagnops/engine/model"
)

// TestPage holds the page of what the packs know against the packs; -update (make page) writes it anew.
func TestPage(t *testing.T) {
	golden(t, "PACKS.md", pageOf(Default()))
}

// page is Markdown being written.
type page struct{ strings.Builder }

func (p *page) f(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// pageOf writes down what a set of rules knows.
func pageOf(s *Set) string {
	p := &page{}
	signals := 0
	for i := range s.packs {
		signals += len(s.packs[i].Signals)
	}
	p.f("# What the packs know\n\nMade from `rules/packs` by `make page`; do not edit. The format is described in the package comment of `rules`.\n\n")
	p.f("%d faults, %d signals in %d packs. A sign is strong unless a word follows it.\n\n## Faults\n", len(s.faults), signals, len(s.packs))
	for i := range s.faults {
		p.fault(&s.faults[i])
	}
	p.f("\n## Signals\n")
	packs := slices.SortedFunc(slices.Values(s.packs), func(a, b Pack) int { return strings.Compare(a.Name, b.Name) })
	for i := range packs {
		p.pack(&packs[i], s)
	}
	return p.String()
}

func (p *page) fault(f *Fault) {
	p.f("\n### %s\n\n%s: %s.\n\n", f.Name, kindsOf(f.Kinds, f.NotKinds), f.Title)
	p.marks("Shows in", f.Shows, true)
	p.marks("Ruled out where measured and as usual", f.Excludes, false)
	if f.HostResource != "" {
		p.f("- Ruled out where its machine has to spare: %s\n", f.HostResource)
	}
	p.expectations("Predicts", f.Predicts, "necessary")
	p.expectations("Contradicted by", f.Contradicts, "decides")
	if len(f.Changes) > 0 {
		words := make([]string, len(f.Changes))
		for i, c := range f.Changes {
			words[i] = string(c)
		}
		p.f("- Follows a change: %s", strings.Join(words, ", "))
		if f.Recorded {
			p.f("; supposed only where one is on record")
		}
		p.f("\n")
	}
	p.f("- Nature: %s; control: %s; prior: %+g", f.Nature, f.Control, f.Prior)
	if f.Severity != "" {
		p.f("; at least %s", f.Severity)
	}
	p.f("\n")
	p.advice("Now", f.Mitigate)
	p.advice("For good", f.Permanent)
	p.advice("To find out", f.Experiments)
	p.advice("Runbook", f.Runbook)
	p.said("Beware", f.Interacts)
	p.said("To measure it", f.HowToGet)
}

func kindsOf(kinds, without []string) string {
	of := "Any component"
	if !slices.Contains(kinds, anyKind) {
		return "Of " + strings.Join(kinds, ", ")
	}
	if len(without) > 0 {
		of += " but " + strings.Join(without, ", ")
	}
	return of
}

func (p *page) marks(title string, marks []Mark, weighed bool) {
	if len(marks) == 0 {
		return
	}
	words := make([]string, len(marks))
	for i := range marks {
		if words[i] = code(markName(&marks[i])); weighed {
			words[i] += strengthWord(marks[i].Strength)
		}
	}
	p.f("- %s: %s\n", title, strings.Join(words, ", "))
}

// markName is what a mark speaks of, those about no resource told apart from those about any.
func markName(m *Mark) string {
	if m.Signal == "" && m.Resource == NoResource {
		return "any " + string(m.Kind)
	}
	return m.Name()
}

func strengthWord(strength float64) string {
	switch strength {
	case Medium:
		return " (medium)"
	case Weak:
		return " (weak)"
	}
	return ""
}

func (p *page) expectations(title string, all []Expectation, decides string) {
	if len(all) == 0 {
		return
	}
	p.f("- %s:\n", title)
	for i := range all {
		x := &all[i]
		p.f("  - %s %s", code(markName(&x.Mark)), x.Shape)
		if x.On != model.OnComponent {
			p.f(" on %s", x.On)
		}
		if x.By != "" {
			p.f(" for some %s only", code(x.By))
		}
		if x.Lag != nil {
			p.f(", %s", lagText(x.Lag))
		}
		if p.f("%s", strengthWord(x.Strength)); x.Necessary {
			p.f(", %s", decides)
		}
		p.f("\n")
	}
}

func lagText(l *model.Lag) string {
	after := "the first sign"
	if l.After != model.AfterOnset {
		after = code(l.After)
	}
	if l.Max == math.MaxInt64 {
		return fmt.Sprintf("%s or later after %s", l.Min, after)
	}
	return fmt.Sprintf("%s to %s after %s", l.Min, l.Max, after)
}

func (p *page) advice(title string, all []Advice) {
	if len(all) == 0 {
		return
	}
	p.f("- %s:\n", title)
	for _, a := range all {
		p.f("  - %s", escaped(a.Text.String()))
		if a.Command != "" {
			p.f(": %s", code(a.Command))
		}
		if a.Link != "" {
			p.f(" (<%s>)", a.Link)
		}
		if !a.Risk.IsZero() {
			p.f(". Risk: %s", escaped(a.Risk.String()))
		}
		p.f("\n")
	}
}

func (p *page) said(title string, m model.Message) {
	if !m.IsZero() {
		p.f("- %s: %s\n", title, escaped(m.String()))
	}
}

func (p *page) pack(pack *Pack, s *Set) {
	if len(pack.Signals) == 0 {
		return
	}
	of := "Calls between any two components"
	if pack.Scope == scopeComponent {
		of = kindsOf(pack.Kinds, pack.NotKinds)
	}
	p.f("\n### %s\n\n%s, where any of these is: %s.\n\n", pack.Name, of, code(strings.Join(pack.Requires, "` `")))
	p.f("| signal | is | kind | unit | bad | about | shows |\n|---|---|---|---|---|---|---|\n")
	for i := range pack.Signals {
		sig := &pack.Signals[i]
		title := sig.Title
		if sig.Optional {
			title += " (optional)"
		}
		p.f("| %s | %s | %s | %s | %s | %s | %s |\n", code(sig.Name), escaped(title), sig.Kind, escaped(sig.Unit), sig.Bad, sig.Resource, shownBy(pack, sig, s))
	}
}

// shownBy are the faults that a signal is a strong sign of, among those that befall what the pack is about.
func shownBy(pack *Pack, sig *PackSignal, s *Set) string {
	var names []string
	for i := range s.faults {
		f := &s.faults[i]
		fits := slices.ContainsFunc(pack.Kinds, func(kind string) bool { return kind == anyKind || f.Befalls(kind) })
		if strength, ok := f.Marks(&sig.Signal); ok && strength == Strong && (fits || pack.Scope == scopeTopology) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

func code(text string) string { return "`" + text + "`" }

// escaped keeps a text from being taken for Markdown or HTML.
func escaped(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`).Replace(text)
}
