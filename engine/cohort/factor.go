package cohort

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

const (
	// maxGroups bounds the values of a label that are looked at, the most frequent first: what a hundred values share out
	// among them, none of them carries.
	maxGroups = 100
	// maxFactors bounds the labels compared, by name: each is one more comparison, and nobody reads about more.
	maxFactors = 60
)

// factor is a label, or several that divide the units alike.
type factor struct {
	labels []string   // sorted
	values [][]string // by label, then group
	group  []int      // by unit; -1 = a value that is not looked at
	size   []int      // by group
	// mayCarry tells of each group whether it may be a cohort; mayLack, whether all but it may be one. Of two groups one
	// is all but the other.
	mayCarry, mayLack []bool
}

// choice is a cohort of a factor: a group, or all but it.
type choice struct {
	group int
	not   bool
}

// factors are the labels that divide the units into cohorts. A label of which no two units share a value explains nothing.
// hopeless tells that some label was left out for want of units.
func (s *sample) factors(alpha float64) (out []factor, hopeless bool) {
	var names []string
	for i := range s.units {
		for _, l := range s.units[i].Labels {
			names = append(names, l.Name)
		}
	}
	slices.Sort(names)
	bySignature := map[string]int{}
	for _, name := range slices.Compact(names) {
		f, signature := s.factor(name)
		if len(f.size) < 2 || !slices.ContainsFunc(f.size, func(n int) bool { return n > 1 }) {
			continue
		}
		if i, ok := bySignature[signature]; ok {
			out[i].labels, out[i].values = append(out[i].labels, name), append(out[i].values, f.values[0])
			continue
		}
		f.admit(len(s.units))
		if !s.testable(&f, alpha) {
			hopeless = true
			continue
		}
		if len(out) < maxFactors {
			bySignature[signature] = len(out)
			out = append(out, f)
		}
	}
	return out, hopeless
}

// factor divides the units by a label. Two labels with the same signature divide them alike.
func (s *sample) factor(name string) (f factor, signature string) {
	f = factor{labels: []string{name}, values: make([][]string, 1), group: make([]int, len(s.units))}
	index := map[string]int{}
	for i := range s.units {
		v := s.units[i].Labels.Get(name)
		g, ok := index[v]
		if !ok {
			g = len(f.size)
			index[v] = g
			f.size, f.values[0] = append(f.size, 0), append(f.values[0], v)
		}
		f.group[i] = g
		f.size[g]++
	}
	var key []byte
	for _, g := range f.group {
		key = binary.AppendUvarint(key, uint64(g)) // groups are numbered as they come, whatever their values are called
	}
	f.cut()
	return f, string(key)
}

// cut leaves the most frequent values only.
func (f *factor) cut() {
	if len(f.size) <= maxGroups {
		return
	}
	order := make([]int, len(f.size))
	for g := range order {
		order[g] = g
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(f.size[b], f.size[a]) })
	renumbered := make([]int, len(f.size))
	for g := range renumbered {
		renumbered[g] = -1
	}
	size, values := make([]int, maxGroups), make([]string, maxGroups)
	for to, from := range order[:maxGroups] {
		renumbered[from], size[to], values[to] = to, f.size[from], f.values[0][from]
	}
	for i, g := range f.group {
		f.group[i] = renumbered[g]
	}
	f.size, f.values[0] = size, values
}

// admit says which groups may be cohorts: a single unit is nothing that others share, and neither is all but one.
func (f *factor) admit(n int) {
	f.mayCarry, f.mayLack = make([]bool, len(f.size)), make([]bool, len(f.size))
	for g, size := range f.size {
		f.mayCarry[g] = size > 1
		f.mayLack[g] = size > 1 && n-size > 1 && len(f.size) > 2
	}
}

// testable tells whether some cohort of a factor could be significant at all: with enough ways to choose it.
func (s *sample) testable(f *factor, alpha float64) bool {
	for g := range f.size {
		if !f.mayCarry[g] && !f.mayLack[g] {
			continue
		}
		ways := 0.0 // logarithm
		for _, st := range s.strata {
			k := 0
			for i := st.from; i < st.to; i++ {
				if f.group[i] == g {
					k++
				}
			}
			ways += logChoose(st.to-st.from, k)
		}
		if ways > -math.Log(alpha) {
			return true
		}
	}
	return false
}

// logChoose is the logarithm of the binomial coefficient.
func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// cohort is a choice in words, by the first of the labels, and its members.
func (f *factor) cohort(c choice) (Cohort, []bool) {
	members := make([]bool, len(f.group))
	for i, g := range f.group {
		members[i] = (g == c.group) != c.not
	}
	return f.conditions(0, c), members
}

// conditions of a choice by one of the labels. Of two values, to lack one is to have the other.
func (f *factor) conditions(label int, c choice) Cohort {
	if c.not && len(f.size) == 2 {
		c = choice{group: 1 - c.group}
	}
	return Cohort{{Label: f.labels[label], Value: f.values[label][c.group], Not: c.not}}
}

// same lists the cohorts of a factor that are exactly those units, but for the finding itself.
func (f *factor) same(c carrier) (out []Cohort) {
	for g := range f.size {
		for _, not := range []bool{false, true} {
			if not && len(f.size) == 2 || !f.matches(choice{g, not}, c.members) {
				continue
			}
			for label := range f.labels {
				if found := f.conditions(label, choice{g, not}); found.compare(c.conditions) != 0 {
					out = append(out, found)
				}
			}
		}
	}
	return out
}

func (f *factor) matches(c choice, members []bool) bool {
	for i, g := range f.group {
		if members[i] != ((g == c.group) != c.not) {
			return false
		}
	}
	return true
}
