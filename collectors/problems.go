package collectors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// Problem is one broken rule in a text that a person or another program wrote.
type Problem struct {
	File   string
	Line   int    // from 1; 0 = the whole file
	Column int    // from 1, in bytes; 0 = the whole line
	Field  string // path of the field: "components[3].name"; "" = none in particular
	Rule   string // what must hold, or what is wrong, in words
}

// String prints file:line:column: field: rule, leaving out what is not known.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Column > 0 {
			fmt.Fprintf(&b, ":%d", p.Column)
		}
	}
	b.WriteString(": ")
	if p.Field != "" {
		b.WriteString(p.Field)
		b.WriteString(": ")
	}
	b.WriteString(p.Rule)
	return b.String()
}

// Problems is every broken rule of one or more files. As an error it prints one problem a line.
type Problems []Problem

// maxProblems bounds how many problems are kept of one file: whoever has more than a hundred starts at the top anyway,
// and a hostile file must not make its report larger than itself.
const maxProblems = 100

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns the problems as an error, nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Sort orders problems by file, line, column, field and rule.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Column != b.Column {
			return a.Column - b.Column
		}
		if c := strings.Compare(a.Field, b.Field); c != 0 {
			return c
		}
		return strings.Compare(a.Rule, b.Rule)
	})
}

// Nearest returns the known name most like the given one, if any is like enough to be a slip of the finger: at most a
// third of its letters differ (at least two may), or one begins with the other; letter case aside. Ties go to the
// alphabetically first.
func Nearest(name string, known []string) (string, bool) {
	best, bestDist := "", max(2, len(name)/3)+1
	lower := strings.ToLower(name)
	for _, k := range known {
		lowerKnown := strings.ToLower(k)
		d := bestDist + 1 // Lengths as different as that are no slip: not worth comparing.
		if longer := len(lower) - len(lowerKnown); max(longer, -longer) <= bestDist {
			d = model.EditDistance([]byte(lower), []byte(lowerKnown))
		}
		if begins(lower, lowerKnown) {
			d = min(d, 2)
		}
		if d < bestDist || d == bestDist && best != "" && k < best {
			best, bestDist = k, d
		}
	}
	return best, best != "" && bestDist < len(name)
}

// begins tells whether one of two names of three letters or more begins with the other.
func begins(a, b string) bool {
	return min(len(a), len(b)) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// hint ends a message with the nearest known name, when there is one.
func hint(name string, known []string) string {
	if near, ok := Nearest(name, known); ok {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// joinWords lists words for a message.
func joinWords[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
