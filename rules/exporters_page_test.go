package rules

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// section is what was found out of a product.
type section struct {
	*watched
	versions []string
	outcomes []outcome
}

// checkExportersPage fails for every signal that does not answer and has no reason, and for every reason that is none. It holds the
// page against what was found out. Of versions that the page was not made with, it only says what it would have failed for.
func checkExportersPage(t *testing.T, path string, sections []section) {
	t.Helper()
	stored, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	whole := true
	for i := range sections {
		s := &sections[i]
		report := t.Errorf
		if !*update && !strings.Contains(string(stored), s.heading()) {
			report, whole = t.Logf, false
			t.Logf("%s: %s is not made with these versions: %s", s.title, path, strings.Join(s.versions, ", "))
		}
		if len(s.outcomes) == 0 {
			whole = false
			t.Logf("%s: this machine has none", s.title)
			continue
		}
		for _, problem := range slices.Concat(s.unexplained(), s.outdated()) {
			report("%s: %s", s.title, problem)
		}
	}
	if whole {
		golden(t, path, exportersPage(sections))
	}
}

// unexplained are the signals that do not answer and of which the table does not say why.
func (s *section) unexplained() []string {
	var out []string
	for _, o := range s.outcomes {
		_, depends := s.machine[o.signal]
		if o.answer != unanswered || s.cannot[o.signal] != "" || depends && !o.able {
			continue
		}
		why := "all its metrics are there"
		if len(o.lacks) > 0 {
			why = "there is no " + strings.Join(o.lacks, ", no ")
		}
		out = append(out, fmt.Sprintf("%s does not answer, and no reason is given: %s", o.signal, why))
	}
	return out
}

// outdated are the reasons of the table that are none.
func (s *section) outdated() []string {
	var out []string
	became := map[string]answer{}
	for _, o := range s.outcomes {
		became[o.signal] = o.answer
	}
	reasons := slices.Concat(slices.Sorted(maps.Keys(s.cannot)), slices.Sorted(maps.Keys(s.machine)))
	for _, name := range reasons {
		if _, known := became[name]; !known {
			out = append(out, name+" has a reason, and no pack that applies has such a signal")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.cannot)) {
		if became[name] != unanswered {
			out = append(out, name+" answers, although there is a reason why it cannot")
		}
	}
	return out
}

func (s *section) heading() string {
	return fmt.Sprintf("## %s\n\n%s. Beside the defaults: ", s.title, strings.Join(s.versions, ", "))
}

func exportersPage(sections []section) string {
	p := &page{}
	p.f("# What real exporters answer\n\n" +
		"Made by `make exporters`; do not edit. Exporters of Debian 12 on loopback, in front of real servers under a little load, " +
		"were scraped by a real Prometheus, and every signal that the packs know of the product was asked for. " +
		"`make e2e` does it again and holds this page against it. Products that are not in the table were not tried.\n\n" +
		"| product | signals | answer | depend on the machine | do not answer |\n|---|---|---|---|---|\n")
	for i := range sections {
		s := &sections[i]
		var n [3]int
		for _, o := range s.outcomes {
			n[s.column(o)]++
		}
		p.f("| %s | %d | %d | %d | %d |\n", s.title, len(s.outcomes), n[answers], n[depends], n[silent])
	}
	for i := range sections {
		p.exporter(&sections[i])
	}
	return p.String()
}

// The columns of the page.
const (
	answers = iota
	depends // on the machine
	silent
)

func (s *section) column(o outcome) int {
	if _, machine := s.machine[o.signal]; machine {
		return depends
	}
	if o.answer == unanswered {
		return silent
	}
	return answers
}

func (p *page) exporter(s *section) {
	p.f("\n%s%s.\n", s.heading(), s.setup)
	p.answering("Answer", s, answered)
	p.answering("Answer on a replica", s, answeredByReplica)
	p.listing("Depend on the machine", s, depends, func(o outcome) string { return "where " + s.machine[o.signal].where })
	p.listing("Do not answer", s, silent, func(o outcome) string {
		if len(o.lacks) == 0 {
			return s.cannot[o.signal]
		}
		return s.cannot[o.signal] + "; there is no " + code(strings.Join(o.lacks, "`, no `"))
	})
}

// answering lists the signals that answer in one way.
func (p *page) answering(title string, s *section, how answer) {
	var names []string
	for _, o := range s.outcomes {
		if s.column(o) == answers && o.answer == how {
			names = append(names, code(o.signal))
		}
	}
	if len(names) > 0 {
		p.f("\n%s: %s.\n", title, strings.Join(names, ", "))
	}
}

// listing lists the signals of a column, with what is said of each.
func (p *page) listing(title string, s *section, column int, say func(outcome) string) {
	first := true
	for _, o := range s.outcomes {
		if s.column(o) != column {
			continue
		}
		if first {
			p.f("\n%s:\n\n", title)
			first = false
		}
		p.f("- %s: %s\n", code(o.signal), say(o))
	}
}
