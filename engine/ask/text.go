package ask

import (
	"strings"
	"unicode"
)

// text is a question as runes, so that lower case and original have the same positions. What was understood is marked as
// taken, so that it is not understood twice.
type text struct {
	raw   []rune // as written
	low   []rune // folded, same length
	taken []bool
}

func newText(s string) *text {
	raw := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	t := &text{raw: raw, low: make([]rune, len(raw)), taken: make([]bool, len(raw))}
	for i, r := range raw {
		t.low[i] = fold(r)
	}
	return t
}

// fold makes runes comparable that people do not tell apart: case, kinds of space, dash, tilde and quote.
func fold(r rune) rune {
	switch r {
	case '‐', '‑', '‒', '–', '—', '−':
		return '-'
	case '～', '〜', '∼':
		return '~'
	case '“', '”', '„', '「', '」', '『', '』', '`':
		return '"'
	case '‘', '’':
		return '\''
	case '：':
		return ':'
	}
	if unicode.IsSpace(r) {
		return ' '
	}
	return unicode.ToLower(r)
}

func foldString(s string) []rune {
	rs := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	for i, r := range rs {
		rs[i] = fold(r)
	}
	return rs
}

// take marks [from, to) as understood.
func (t *text) take(from, to int) {
	for i := from; i < to; i++ {
		t.taken[i] = true
	}
}

// free tells whether nothing of [from, to) is understood yet.
func (t *text) free(from, to int) bool {
	for i := from; i < to; i++ {
		if t.taken[i] {
			return false
		}
	}
	return true
}

// masked is the folded text with a blank for whatever is taken: the same length in runes.
func (t *text) masked() []rune {
	out := make([]rune, len(t.low))
	for i, r := range t.low {
		if t.taken[i] {
			r = ' '
		}
		out[i] = r
	}
	return out
}

func hangul(r rune) bool { return unicode.Is(unicode.Hangul, r) }

// plain tells whether r is a letter or digit of any script but Hangul, which writes particles without a space.
func plain(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !hangul(r) }

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// joint tells whether r ties two parts of one name: api-gateway, db_main, node.local, host:9100, team/app.
func joint(r rune) bool { return strings.ContainsRune("-_./:@", r) }

// startsWord tells whether a name in the given script may begin at i.
func (t *text) startsWord(i int) bool {
	if i == 0 {
		return true
	}
	before := t.low[i-1]
	if joint(before) {
		return i < 2 || !word(t.low[i-2])
	}
	if hangul(t.low[i]) {
		return !word(before)
	}
	return !plain(before)
}

// endsWord tells whether a name that ends before i may end there. A change of script ends a word; after Hangul only a
// particle may follow.
func (t *text) endsWord(i int) bool {
	if i >= len(t.low) {
		return true
	}
	r := t.low[i]
	if joint(r) {
		return i+1 >= len(t.low) || !word(t.low[i+1])
	}
	if !word(r) {
		return true
	}
	if i == 0 || !hangul(r) {
		return i > 0 && hangul(t.low[i-1]) && !hangul(r)
	}
	return plain(t.low[i-1]) || !word(t.low[i-1]) || t.particle(i) > 0
}

// particles follow a noun without a space; longer ones first.
var particles = foldAll("에서는", "으로", "에서", "에게", "까지", "부터", "이랑", "이", "가", "은", "는", "을", "를", "에", "의", "도", "만", "로", "와", "과", "랑")

// particle returns how many runes of particle stand at i and end the word there; 0 = none.
func (t *text) particle(i int) int {
	for _, p := range particles {
		if hasPrefix(t.low[i:], p) && (i+len(p) == len(t.low) || !word(t.low[i+len(p)])) {
			return len(p)
		}
	}
	return 0
}

func foldAll(words ...string) [][]rune {
	out := make([][]rune, len(words))
	for i, w := range words {
		out[i] = foldString(w)
	}
	return out
}

func hasPrefix(s, prefix []rune) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i, r := range prefix {
		if s[i] != r {
			return false
		}
	}
	return true
}
