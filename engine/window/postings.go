package window

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// postings tell which series carry a label value: label name -> value -> refs, ascending. Lists only grow at the end,
// so a list once read stays valid.
type postings map[string]map[string][]model.SeriesRef

// add notes a series' labels. The strings are parts of the labels' own, so they cost no copy.
func (p postings) add(ref model.SeriesRef, ls labels.Labels) {
	ls.Range(func(l labels.Label) {
		values := p[l.Name]
		if values == nil {
			values = map[string][]model.SeriesRef{}
			p[l.Name] = values
		}
		values[l.Value] = append(values[l.Value], ref)
	})
}

// candidates returns refs among which are all series that the matchers select, ascending, from the matcher that leaves
// fewest; ok is false when no matcher narrows anything (each of them also matches series without its label). The list
// must not be changed.
func (p postings) candidates(ms []*labels.Matcher) (refs []model.SeriesRef, ok bool) {
	// Exact values first: their lists are there already. Only without any are values tried one by one.
	for _, m := range ms {
		if m.Type == labels.MatchEqual && m.Value != "" {
			if l := p[m.Name][m.Value]; !ok || len(l) < len(refs) {
				refs, ok = l, true
			}
		}
	}
	if ok {
		return refs, true
	}
	for _, m := range ms {
		if !m.Matches("") {
			if l := p.matching(m); !ok || len(l) < len(refs) {
				refs, ok = l, true
			}
		}
	}
	return refs, ok
}

// matching returns the refs of every value that the matcher takes, ascending.
func (p postings) matching(m *labels.Matcher) []model.SeriesRef {
	var refs []model.SeriesRef
	lists := 0
	take := func(l []model.SeriesRef) {
		if len(l) > 0 {
			refs = append(refs, l...)
			lists++
		}
	}
	if set := m.SetMatches(); len(set) > 0 {
		// A value may stand in the expression twice; the matcher's own list is not ours to sort.
		for i, v := range set {
			if !slices.Contains(set[:i], v) {
				take(p[m.Name][v])
			}
		}
	} else {
		for v, l := range p[m.Name] {
			if m.Matches(v) {
				take(l)
			}
		}
	}
	if lists > 1 {
		slices.Sort(refs)
	}
	return refs
}
