package ask

import (
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// called is one way to name a component.
type called struct {
	text  []rune // folded, inner spaces single
	name  string // the component's
	alias bool
}

// allCalled lists every name and alias, the longest first; of equals, names before aliases, then by component.
func allCalled(components []model.Component) []called {
	var cs []called
	add := func(text, name string, alias bool) {
		if folded := foldString(strings.Join(strings.Fields(text), " ")); len(folded) > 0 {
			cs = append(cs, called{folded, name, alias})
		}
	}
	for i := range components {
		c := &components[i]
		add(c.Name, c.Name, false)
		for _, a := range c.Aliases {
			add(a, c.Name, true)
		}
	}
	slices.SortStableFunc(cs, func(a, b called) int {
		if d := len(b.text) - len(a.text); d != 0 {
			return d
		}
		if a.alias != b.alias {
			if b.alias {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	return cs
}

// findNames returns the components named in the text, in the order of the text, and takes their names out of it.
func findNames(t *text, components []model.Component) []mention {
	cs := allCalled(components)
	var out []mention
	for i := 0; i < len(t.low); i++ {
		if !t.startsWord(i) {
			continue
		}
		for _, c := range cs {
			end, ok := t.matchAt(i, c.text)
			if !ok || !t.endsWord(end) || commonWord(c.text) && !t.quoted(i, end) {
				continue
			}
			t.take(i, end)
			out = append(out, mention{at: i, names: []string{c.name}})
			i = end - 1
			break
		}
	}
	return out
}

// matchAt compares the text at i with a name; a space in the name matches a run of them. It returns where the name ends.
func (t *text) matchAt(i int, name []rune) (end int, ok bool) {
	for _, r := range name {
		if i >= len(t.low) || t.low[i] != r {
			return 0, false
		}
		i++
		for r == ' ' && i < len(t.low) && t.low[i] == ' ' {
			i++
		}
	}
	return i, true
}

func (t *text) quoted(from, to int) bool {
	return from > 0 && to < len(t.low) && quote(t.low[from-1]) && t.low[to] == t.low[from-1]
}

func quote(r rune) bool { return r == '"' || r == '\'' }

// commonWord tells whether a component's name is also a word that questions are made of: it must then be quoted.
func commonWord(name []rune) bool { return functionWords[string(name)] }

// functionWords say nothing about which component is meant.
var functionWords = set(`why what how when where which who is are was were be been being am do does did done has have had
	a an the this that these those it its i we us you they them my our your their there here and or but not no so
	of on in at to from for since until till by with within after before between around about during over under into
	up very too really still again suddenly just now today yesterday ago last past more most much many few some any
	all every everything anything something nothing getting got get becoming going went getting looking tell me show
	please help can could would should will right while than as if minute minutes hour hours second seconds day days
	high higher highest low lower lowest bad badly worse worst good better fine ok okay healthy unhealthy degraded weird
	strange odd different new old long longer big bigger back taking being someone anyone`)

// genericWords name no component in particular.
var genericWords = set(`app apps application applications service services server servers system systems site sites
	website page pages production prod users user customers customer request requests response responses
	people things thing happening wrong broken problem problems issue issues cause reason root performance everyone
	nobody somebody incident alert alerts platform backend cluster stack
	api apis ui endpoint endpoints internet http https url`)

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
