package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean makes a text from outside harmless on one line: control characters (with them every terminal escape) become
// visible signs, line breaks and runs of white space one space, and characters that turn the direction of text around,
// hide or join are taken out, so that a label cannot forge, recolour or reorder what the report says.
func clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if isSpace(r) {
			space = true
			continue
		}
		r = harmless(r)
		if r < 0 {
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// The most of somebody's notes that is quoted: who wants the rest has the change's id.
const (
	maxExcerptLines = 3
	maxExcerpt      = 300 // letters
)

// excerpt is the first lines of a longer text that say something, cleaned, on one line; an ellipsis tells that there is
// more.
func excerpt(text string) string {
	var quoted []string
	more := false
	for line := range strings.Lines(text) {
		line = clean(line)
		if line == "" {
			continue
		}
		if more = len(quoted) == maxExcerptLines; more {
			break
		}
		quoted = append(quoted, line)
	}
	out := strings.Join(quoted, " / ")
	if runes := []rune(out); len(runes) > maxExcerpt {
		out, more = strings.TrimSpace(string(runes[:maxExcerpt])), true
	}
	if more {
		out += " …"
	}
	return out
}

// cleanLines is clean for a text whose line breaks and indents matter, such as a query.
func cleanLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		text := strings.TrimLeft(line, " \t")
		indent := strings.ReplaceAll(line[:len(line)-len(text)], "\t", "    ")
		lines[i] = strings.TrimRight(indent+clean(text), " ")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

func isSpace(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r == '\v' || r == '\f' || unicode.Is(unicode.Z, r)
}

// controlPictures is where Unicode has a visible sign for each of the first 32 control characters.
const controlPictures = 0x2400

// harmless returns what to write for r: itself, a visible sign for it, or -1 for nothing.
func harmless(r rune) rune {
	switch {
	case r < 0x20:
		return controlPictures + r
	case r == 0x7f:
		return '␡'
	case r < 0xa0 && r >= 0x80, r == utf8.RuneError:
		return utf8.RuneError
	case r == 0x200d:
		return r // The zero-width joiner only builds emoji and scripts that need it.
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r >= 0xfe00 && r <= 0xfe0f:
		return -1
	}
	return r
}
