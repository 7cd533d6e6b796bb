package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/diagnops/diagnops/engine/model"
)

// speaker says messages in one language.
type speaker struct{ lang Lang }

// msg says a message on one line, made harmless.
func (s speaker) msg(m model.Message) string { return clean(s.raw(m)) }

// t says one of the report's own texts.
func (s speaker) t(format string, args ...any) string { return s.msg(model.Say(format, args...)) }

// word says a single term (a state, a relation, a fault), or returns it as it is where no other word is known.
func (s speaker) word(term string) string {
	if s.lang == Korean {
		if ko, ok := lookup(term); ok {
			return ko
		}
	}
	return clean(term)
}

func (s speaker) raw(m model.Message) string {
	if s.lang != Korean {
		return m.String()
	}
	format := m.Korean
	if format == "" {
		format = m.Format
		if ko, ok := lookup(m.Format); ok {
			format = ko
		}
	}
	if len(m.Args) == 0 {
		return format
	}
	args := make([]any, len(m.Args))
	for i, a := range m.Args {
		args[i] = s.arg(a)
	}
	return fmt.Sprintf(format, args...)
}

// arg translates what an argument says: messages in full, the model's enumerations where the catalogue has a word, and
// the one or two words that stand for a value.
func (s speaker) arg(a any) any {
	switch a := a.(type) {
	case model.Message:
		return s.raw(a)
	case *model.Message:
		if a == nil {
			return ""
		}
		return s.raw(*a)
	case []model.Message:
		parts := make([]string, len(a))
		for i, m := range a {
			parts[i] = s.raw(m)
		}
		return parts
	case string:
		// Any other string may be a component's name, and there are components called cache.
		if a == "unknown" || a == "infinite" {
			return koWords[a]
		}
		if onset, ok := strings.CutSuffix(a, " UTC"); ok && strings.Contains(onset, ":") {
			return strings.Replace(onset, " to ", "~", 1) + " UTC" // As model.FormatOnset writes it.
		}
	case model.SignalKind, model.ChangeKind, model.DependencyKind, model.State, model.Reason, model.Relation, model.Verdict:
		if ko, ok := koWords[fmt.Sprint(a)]; ok {
			return ko
		}
	}
	return a
}

// catalogues are searched in this order; no two hold the same text (a test insists).
var catalogues = []map[string]string{koLabels, koWords, koAsk, koEngine, koTests, koPlan}

func lookup(format string) (string, bool) {
	for _, c := range catalogues {
		if ko, ok := c[format]; ok {
			return ko, true
		}
	}
	return "", false
}

// Untranslated returns those of the given English formats that the Korean catalogue lacks, sorted, each once. Formats
// without a word of their own ("%s", "%s: %s") need no translation.
func Untranslated(formats []string) []string {
	var out []string
	for _, f := range formats {
		if _, ok := lookup(f); !ok && hasWords(f) {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hasWords tells whether letters are left once the verbs are taken out.
func hasWords(format string) bool {
	for {
		before, after, found := strings.Cut(format, "%")
		if strings.ContainsFunc(before, unicode.IsLetter) {
			return true
		}
		if !found {
			return false
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r == '%' || unicode.IsLetter(r) })
		if end < 0 {
			return false
		}
		format = after[end+1:]
	}
}
