package ask

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/diagnops/diagnops/engine/model"
)

// findUnknown returns what stands where a component's name stands, and is none: quoted text, the word after "is" or
// "was", a Latin word with a Korean particle; and elsewhere a word that is nearly a name ("are ordrs failing" has a slip
// in it, "are logins failing" has not) or is made from one ("web-01"). When a component is known already (found), only quoted text and words
// that look like identifiers count: a sentence has other nouns. Functions that components serve are no names, and known.
func findUnknown(t *text, found bool, components []model.Component) string {
	if s := t.unknownQuoted(); s != "" {
		return s
	}
	serves := make(map[string]bool)
	for i := range components {
		for _, f := range components[i].Serves {
			serves[string(foldString(f))] = true
		}
	}
	if s := t.subject(); s != "" && !found {
		return s
	}
	ws := t.words()
	for i, w := range ws {
		s := string(t.low[w.from:w.to])
		if !t.free(w.from, w.to) || !nameLike(s) || serves[s] || found && !identifier(s) {
			continue
		}
		verb := verbBefore(ws, i)
		slip := nearName(s, components) && (verb == verbWeak || len(s) >= minSlip)
		if w.particle || verb == verbStrong || slip || identifier(s) && sharesName(s, components) {
			return string(t.raw[w.from:w.to])
		}
	}
	return ""
}

// verbBefore is the verb right before word i, an article aside.
func verbBefore(ws []wordAt, i int) verbKind {
	if i > 0 && ws[i-1].article {
		i--
	}
	if i == 0 {
		return verbNone
	}
	return ws[i-1].verb
}

// minSlip is how long, in bytes, a word in any place must be to pass for a slip: among short ones too many real words are
// a letter away from some name.
const minSlip = 5

// sharesName tells whether a made word and a known name are one inside the other.
func sharesName(s string, components []model.Component) bool {
	rs := []rune(s)
	for i := range components {
		if distance(rs, foldString(components[i].Name)) <= 2 {
			return true
		}
	}
	return false
}

// nearName tells whether a word is a known name with a slip in it: a letter in three at most.
func nearName(s string, components []model.Component) bool {
	rs := []rune(s)
	for i := range components {
		if model.EditDistance(rs, foldString(components[i].Name)) <= len(rs)/3 {
			return true
		}
	}
	return false
}

// unknownQuoted finds quoted text of which nothing was understood.
func (t *text) unknownQuoted() string {
	for i := 0; i < len(t.low); i++ {
		if !quote(t.low[i]) || i > 0 && word(t.low[i-1]) {
			continue
		}
		end := slices.Index(t.low[i+1:], t.low[i])
		if end < 0 {
			continue
		}
		from, to := i+1, i+1+end
		s := strings.TrimSpace(string(t.raw[from:to]))
		// An apostrophe is no closing quote.
		if t.low[i] == '\'' && to+1 < len(t.low) && plain(t.low[to+1]) {
			continue
		}
		if s != "" && t.free(from, to) {
			return s
		}
		i = to
	}
	return ""
}

// wordAt is a run of runes of one word: Latin with its joints, or Hangul.
type wordAt struct {
	from, to int
	particle bool // Latin, with a Korean subject's or object's particle right after it
	verb     verbKind
	article  bool
}

// verbKind is how surely a name follows.
type verbKind int

const (
	verbNone verbKind = iota
	verbWeak
	verbStrong
)

var (
	verbs = map[string]verbKind{
		"is": verbStrong, "was": verbStrong, "are": verbWeak, "were": verbWeak, "does": verbWeak, "did": verbWeak,
		"has": verbWeak,
	}
	articles = set(`the our my`)
	// subjects are the particles that mark what a sentence is about.
	subjects = foldAll("에서", "이", "가", "은", "는", "을", "를", "의")
)

// words splits the text into words of non-Hangul script; Korean nouns cannot be told from other words without a
// dictionary, so they are left alone.
func (t *text) words() []wordAt {
	var ws []wordAt
	for i := 0; i < len(t.low); {
		if !plain(t.low[i]) {
			i++
			continue
		}
		w := wordAt{from: i}
		for i < len(t.low) && (plain(t.low[i]) || joint(t.low[i]) && i+1 < len(t.low) && plain(t.low[i+1])) {
			i++
		}
		w.to = i
		s := string(t.low[w.from:w.to])
		w.verb, w.article = verbs[s], articles[s]
		for _, p := range subjects {
			if hasPrefix(t.low[i:], p) && (i+len(p) == len(t.low) || !word(t.low[i+len(p)])) {
				w.particle = true
			}
		}
		ws = append(ws, w)
	}
	return ws
}

// maxNameBytes bounds what is compared with every component's name; longer words are pasted, not meant.
const maxNameBytes = 200

// nameLike tells whether a word that nothing was made of could be a component's name.
func nameLike(s string) bool {
	letters := strings.ContainsFunc(s, unicode.IsLetter)
	return letters && len(s) <= maxNameBytes && !functionWords[s] && !genericWords[s] && !adverb(s)
}

// adverb: "is suddenly slow", "is getting worse".
func adverb(s string) bool {
	return len(s) > 4 && (strings.HasSuffix(s, "ly") || strings.HasSuffix(s, "ing")) && !identifier(s)
}

// identifier tells whether a word looks made rather than spoken.
func identifier(s string) bool {
	return strings.ContainsAny(s, "-_/:@") ||
		strings.ContainsFunc(s, unicode.IsDigit) && strings.ContainsFunc(s, unicode.IsLetter)
}

// maxNearest is how many names an error suggests: three fit on a line.
const maxNearest = 3

// nearest returns the names of the components whose name or alias is least edits away, the nearest first.
func nearest(name string, components []model.Component) []string {
	type near struct {
		name string
		dist int
	}
	want := foldString(name)
	var all []near
	for i := range components {
		c := &components[i]
		best := distance(want, foldString(c.Name))
		for _, a := range c.Aliases {
			best = min(best, distance(want, foldString(a)))
		}
		all = append(all, near{c.Name, best})
	}
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(cmp.Compare(a.dist, b.dist), strings.Compare(a.name, b.name)) })
	var names []string
	for _, n := range all {
		if len(names) < maxNearest && !slices.Contains(names, n.name) {
			names = append(names, n.name)
		}
	}
	return names
}

// distance is the edits from a to b, but two at most when one contains the other: "db" is near "orders-db".
func distance(a, b []rune) int {
	d := model.EditDistance(a, b)
	if min(len(a), len(b)) >= 2 && (strings.Contains(string(a), string(b)) || strings.Contains(string(b), string(a))) {
		return min(d, 2)
	}
	return d
}
