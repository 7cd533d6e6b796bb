package report

import (
	"strings"

	"github.com/rivo/uniseg"
)

// width is the columns a text takes on a terminal: Korean letters take two.
func width(s string) int { return uniseg.StringWidth(s) }

// wrap breaks a text at spaces into lines of at most n columns. A word is broken only when it alone is wider than a
// line; a figure stays with its unit. An empty text is one empty line.
func wrap(text string, n int) []string { return fill(tokens(text), n, "") }

// fill sets words into lines of at most n columns, ending every broken line with mark. What is broken within a word gets
// the mark without a space before it.
func fill(words []string, n int, mark string) []string {
	n = max(n-width(mark), 2) // A Korean letter needs two columns.
	inWord := strings.TrimLeft(mark, " ")
	var lines []string
	line := ""
	for _, word := range words {
		if line != "" && width(line)+1+width(word) <= n {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line+mark)
		}
		for width(word) > n {
			head, rest := split(word, n)
			lines, word = append(lines, head+inWord), rest
		}
		line = word
	}
	return append(lines, line)
}

// split cuts a text before the grapheme cluster that would exceed n columns; at least one cluster is cut off.
func split(s string, n int) (head, rest string) {
	rest, state, used := s, -1, 0
	for rest != "" {
		cluster, after, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if used > 0 && used+w > n {
			break
		}
		used += max(w, 1)
		head, rest, state = head+cluster, after, next
	}
	return head, rest
}

// units are what must not be torn from the figure before it.
var units = map[string]bool{
	"%": true, "s": true, "ms": true, "µs": true, "ns": true, "min": true, "h": true, "d": true, "B": true, "KiB": true,
	"MiB": true, "GiB": true, "TiB": true, "KiB/s": true, "MiB/s": true, "GiB/s": true, "B/s": true, "req/s": true,
}

// tokens splits a text into words, keeping a figure and its unit together.
func tokens(text string) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		bare, _, _ := strings.Cut(word, "~")
		bare = strings.TrimRight(bare, ".,;:)")
		if last := len(out) - 1; last >= 0 && units[bare] && endsInDigit(out[last]) {
			out[last] += " " + word
			continue
		}
		out = append(out, word)
	}
	return out
}

func endsInDigit(s string) bool { return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

// wrapCommand breaks a shell command over lines so that it can still be copied: at spaces outside quotes, each broken
// line ending in a backslash.
func wrapCommand(command string, n int) []string {
	var lines []string
	for _, line := range strings.Split(command, "\n") {
		lines = append(lines, fill(shellWords(line), n, ` \`)...)
	}
	return lines
}

// shellWords splits at spaces that are neither quoted nor escaped.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	quote, escaped := rune(0), false
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
		case r == '\\' && quote != '\'':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && r == ' ':
			if word.Len() > 0 {
				words = append(words, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteRune(r)
	}
	if word.Len() > 0 {
		words = append(words, word.String())
	}
	return words
}
