package rules

import (
	"iter"
	"slices"

	"github.com/diagnops/diagnops/engine/model"
)

// Stranger is a signal that a rule names and no pack gives: a slip, or a signal that topologies give.
type Stranger struct {
	Where  string // "fault disk-full"
	Signal string
}

// Strangers lists the signals that rules name and no pack gives, in the order of the faults, then of the exemptions.
func (s *Set) Strangers() []Stranger {
	known := map[string]bool{}
	for i := range s.packs {
		for k := range s.packs[i].Signals {
			known[s.packs[i].Signals[k].Name] = true
		}
	}
	var out []Stranger
	note := func(where, signal string) {
		if st := (Stranger{where, signal}); signal != "" && !known[signal] && !slices.Contains(out, st) {
			out = append(out, st)
		}
	}
	for _, f := range s.faults {
		for m := range f.marks() {
			note("fault "+f.Name, m.Signal)
		}
	}
	for i := range s.exemptions {
		note("exemption", s.exemptions[i].Signal)
	}
	return out
}

// marks are all signals that a fault speaks of.
func (f Fault) marks() iter.Seq[Mark] {
	return func(yield func(Mark) bool) {
		for _, m := range slices.Concat(f.Shows, f.Excludes) {
			if !yield(m) {
				return
			}
		}
		for _, x := range slices.Concat(f.Predicts, f.Contradicts) {
			if !yield(x.Mark) {
				return
			}
			if x.Lag != nil && x.Lag.After != model.AfterOnset && !yield(Mark{Signal: x.Lag.After}) {
				return
			}
		}
	}
}
