package model

import (
	"maps"
	"slices"
)

// callIndex finds the calls of a scene by either end; see Scene.CallsTo.
type callIndex struct {
	from, to map[string][]*Call
}

func (s *Scene) calls() *callIndex {
	s.indexOnce.Do(func() {
		s.index = callIndex{map[string][]*Call{}, map[string][]*Call{}}
		for _, subject := range slices.SortedFunc(maps.Keys(s.Calls), Subject.Compare) {
			c := s.Calls[subject]
			s.index.from[subject.Component] = append(s.index.from[subject.Component], c)
			s.index.to[subject.Peer] = append(s.index.to[subject.Peer], c)
		}
	})
	return &s.index
}

// CallsTo returns the calls to a component that anybody measured, sorted by caller. The list must not be changed.
func (s *Scene) CallsTo(name string) []*Call { return s.calls().to[name] }

// CallsFrom returns the calls of a component that anybody measured, sorted by callee. The list must not be changed.
func (s *Scene) CallsFrom(name string) []*Call { return s.calls().from[name] }

// LinkAlone tells whether the calls from one component to another are bad while the caller's other calls, of which some
// are measured, are well.
func (s *Scene) LinkAlone(from, to string) bool {
	others := false
	for _, c := range s.CallsFrom(from) {
		if c.Subject.Peer == to || !c.SeenByCaller(FamilyNone) {
			continue
		}
		if c.Client != nil {
			return false
		}
		others = true
	}
	return others
}
