package hypo

import (
	"github.com/diagnops/diagnops/engine/model"
)

// Lexicon says what each signal means for each fault: which it marks, and which it rules out when it is quiet. A scene has
// many readings of few signals, and few signals mean anything to a given fault, so the faults are asked once a signal. It
// is read-only once made.
type Lexicon struct {
	faults  []model.Fault
	entries map[*model.Signal][]entry // in the order of the faults; of those that the signal means something to
}

// entry is what a signal means for a fault.
type entry struct {
	fault        int // index into Lexicon.faults
	weight       float64
	marks, needs bool
}

// NewLexicon makes a lexicon of some faults for the signals of some readings.
func NewLexicon(faults []model.Fault, readings []*model.Reading) *Lexicon {
	l := &Lexicon{faults: faults, entries: map[*model.Signal][]entry{}}
	for _, r := range readings {
		sig := r.Series.Signal
		if _, known := l.entries[sig]; known {
			continue
		}
		l.entries[sig] = nil
		for i := range faults {
			e := entry{fault: i, needs: faults[i].Needs(sig)}
			if e.weight, e.marks = faults[i].Marks(sig); e.marks || e.needs {
				l.entries[sig] = append(l.entries[sig], e)
			}
		}
	}
	return l
}

// entry is what a signal means for one fault; zero when nothing.
func (l *Lexicon) entry(sig *model.Signal, fault int) entry {
	for _, e := range l.entries[sig] {
		if e.fault == fault {
			return e
		}
	}
	return entry{}
}

// bearing is what readings say about a fault of one component, in their order.
type bearing struct {
	marks []model.Mark
	quiet []*model.Reading
}

// gather sorts the readings of a component by the faults that they bear on, one bearing a fault.
func (l *Lexicon) gather(readings []*model.Reading) []bearing {
	out := make([]bearing, len(l.faults))
	for _, r := range readings {
		for _, e := range l.entries[r.Series.Signal] {
			out[e.fault].add(&l.faults[e.fault], r, e)
		}
	}
	return out
}

func (b *bearing) add(f *model.Fault, r *model.Reading, e entry) {
	switch {
	case e.marks && r.Abnormal() && moved(f, r):
		b.marks = append(b.marks, model.Mark{Reading: r, Weight: e.weight})
	case e.needs && r.State == model.StateNormal && !model.Full(r):
		b.quiet = append(b.quiet, r)
	}
}
