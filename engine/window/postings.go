package window

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// postings tell which series carry a label value: label name -> value -> refs. One goroutine writes, any number read;
// no reader waits for the writer or makes it wait. Lists are in no order, and what a list says may be of the past, so
// whoever reads one looks at the series' labels as well.
type postings struct {
	names sync.Map // string -> *valueLists
}

// valueLists are the lists of one label name.
type valueLists struct {
	lists sync.Map // string -> *posting
}

// posting is one list. The part of the array that a reader was once given never changes.
type posting struct {
	refs atomic.Pointer[[]model.SeriesRef]
}

func (p *posting) get() []model.SeriesRef {
	if l := p.refs.Load(); l != nil {
		return *l
	}
	return nil
}

// list returns the list of a label value; nil when no series ever carried it.
func (p *postings) list(name, value string) *posting {
	if vs, ok := p.names.Load(name); ok {
		if l, ok := vs.(*valueLists).lists.Load(value); ok {
			return l.(*posting)
		}
	}
	return nil
}

// add notes a series' labels. The strings are parts of the labels' own, so they cost no copy. Writer only.
func (p *postings) add(ref model.SeriesRef, ls labels.Labels) {
	ls.Range(func(l labels.Label) {
		list := p.list(l.Name, l.Value)
		if list == nil {
			vs, _ := p.names.LoadOrStore(l.Name, &valueLists{})
			list = &posting{}
			vs.(*valueLists).lists.Store(l.Value, list)
		}
		refs := append(list.get(), ref)
		list.refs.Store(&refs)
	})
}

// remove forgets series with their labels. Each list they are in is gone through once, however many leave it. Writer
// only.
func (p *postings) remove(leaving []*Series) {
	leaves := map[model.SeriesRef]bool{}
	touched := map[labels.Label]bool{}
	for _, s := range leaving {
		leaves[s.ref] = true
		s.labels.Range(func(l labels.Label) { touched[l] = true })
	}
	for l := range touched {
		list := p.list(l.Name, l.Value)
		kept := slices.DeleteFunc(slices.Clone(list.get()), func(ref model.SeriesRef) bool { return leaves[ref] })
		list.refs.Store(&kept)
		if vs, ok := p.names.Load(l.Name); ok && len(kept) == 0 {
			vs.(*valueLists).lists.Delete(l.Value)
		}
	}
}

// candidates returns refs among which are all series that the matchers select, from the matcher that leaves fewest; ok
// is false when no matcher narrows anything (each of them also matches series without its label). The list must not be
// changed.
func (p *postings) candidates(ms []*labels.Matcher) (refs []model.SeriesRef, ok bool) {
	// Exact values first: their lists are there already. Only without any are values tried one by one.
	for _, m := range ms {
		if m.Type == labels.MatchEqual && m.Value != "" {
			var l []model.SeriesRef
			if list := p.list(m.Name, m.Value); list != nil {
				l = list.get()
			}
			if !ok || len(l) < len(refs) {
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

// matching returns the refs of every value that the matcher takes.
func (p *postings) matching(m *labels.Matcher) []model.SeriesRef {
	var refs []model.SeriesRef
	if set := m.SetMatches(); len(set) > 0 {
		// A value may stand in the expression twice; the matcher's own list is not ours to sort.
		for i, v := range set {
			if l := p.list(m.Name, v); l != nil && !slices.Contains(set[:i], v) {
				refs = append(refs, l.get()...)
			}
		}
		return refs
	}
	vs, ok := p.names.Load(m.Name)
	if !ok {
		return nil
	}
	vs.(*valueLists).lists.Range(func(value, list any) bool {
		if m.Matches(value.(string)) {
			refs = append(refs, list.(*posting).get()...)
		}
		return true
	})
	return refs
}
