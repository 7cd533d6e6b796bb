package engine

import (
	"math"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// maxPoints bounds a grid that is asked for as one span; longer windows are cut to what the question needs.
	maxPoints = 3000
	// maxReferencePoints bounds a reference that lies apart: quantiles of 2,000 points do not get better with more.
	maxReferencePoints = 2000
	// leadPoints are looked at before the symptom for onsets.
	leadPoints = 60
	// guardShare of the points before the symptom are no reference: troubles begin before they are noticed.
	guardShare = 0.2
	maxGuard   = 24
	// defaultStep is used when an incident gives none.
	defaultStep = 15 * time.Second
)

// timeline is the grid of an incident and what each of its points is for.
type timeline struct {
	grid   model.Grid
	phases []model.Phase
}

// layOut makes the grid and its phases. The symptom's interval must be known.
func layOut(inc model.Incident) timeline {
	step := inc.Step
	if step <= 0 {
		step = defaultStep
	}
	for _, t := range []*time.Time{&inc.Window.From, &inc.Baseline.From, &inc.Symptom.Interval.From} {
		*t = t.Truncate(time.Millisecond) // the resolution of a grid
	}
	inc.Symptom.Interval = onGrid(inc, step)
	from, to := inc.Window.From, earliest(inc.Window.To, inc.Symptom.Interval.To)
	tl := timeline{grid: model.Grid{Step: step}}
	if end := earliest(inc.Window.To, latest(to, inc.Baseline.To)); points(from, end, step) <= maxPoints {
		tl.grid.Spans = []model.Span{span(from, from, end, step)}
	} else {
		tl.grid.Spans = longSpans(inc, from, to, step)
	}
	tl.phases = phasesOf(inc, tl.grid, nil)
	return tl
}

// onGrid is the symptom's interval, stretched to the next point of the grid where it lies between two: a rate looks back,
// so that is where it shows. Where the data ends before, it is the last point.
func onGrid(inc model.Incident, step time.Duration) model.Interval {
	iv, from := inc.Symptom.Interval, inc.Window.From
	skip := max(0, int64((iv.From.Sub(from)+step-1)/step))
	next := from.Add(time.Duration(skip * int64(step)))
	switch {
	case !next.After(earliest(inc.Window.To, iv.To)):
	case inc.Window.To.IsZero() || !next.After(inc.Window.To):
		iv.To = next
	default:
		iv.From = next.Add(-step)
	}
	return iv
}

// longSpans covers a window that is too long for one span: the reference and what leads up to the symptom.
func longSpans(inc model.Incident, from, to time.Time, step time.Duration) []model.Span {
	lead := latest(from, inc.Symptom.Interval.From.Add(-leadPoints*step))
	base := inc.Baseline
	if base.IsZero() {
		return []model.Span{span(from, latest(from, to.Add(-maxPoints*step)), to, step)}
	}
	baseFrom, baseTo := latest(base.From, from), base.To
	if points(baseFrom, baseTo, step) > maxReferencePoints {
		baseFrom = baseTo.Add(-maxReferencePoints * step)
	}
	reference, question := span(from, baseFrom, baseTo, step), span(from, lead, to, step)
	end := func(s model.Span) int64 { return s.StartMillis + int64(s.N)*step.Milliseconds() }
	switch {
	case end(reference) <= question.StartMillis:
		return []model.Span{reference, question}
	case end(question) <= reference.StartMillis:
		return []model.Span{question, reference}
	default: // they touch or overlap: one span over both
		lo, hi := min(reference.StartMillis, question.StartMillis), max(end(reference), end(question))
		return []model.Span{{StartMillis: lo, N: int((hi - lo) / step.Milliseconds())}}
	}
}

// span covers from..to with points that lie whole steps after origin.
func span(origin, from, to time.Time, step time.Duration) model.Span {
	skip := int64((from.Sub(origin) + step - 1) / step)
	start := origin.Add(time.Duration(skip * int64(step)))
	return model.Span{StartMillis: model.Millis(start), N: points(start, to, step)}
}

func points(from, to time.Time, step time.Duration) int {
	if to.Before(from) {
		return 0
	}
	return int(to.Sub(from)/step) + 1
}

// phasesOf says what each point of the grid is for. known tells which points hold any sample; nil = all. The points just
// before the symptom are no reference; how many, is a share of those that hold samples: most of a long look back may lie
// before the first sample there is.
func phasesOf(inc model.Incident, grid model.Grid, known func(i int) bool) []model.Phase {
	phases := make([]model.Phase, grid.Len())
	var quiet []int // known reference points before the symptom, when no baseline is given
	i := 0
	for _, s := range grid.Spans {
		for k := range s.N {
			t := model.FromMillis(s.StartMillis + int64(k)*grid.Step.Milliseconds())
			phases[i] = phaseAt(inc, t, grid.Step)
			if phases[i] == model.PhaseReference && inc.Baseline.IsZero() && (known == nil || known(i)) {
				quiet = append(quiet, i)
			}
			i++
		}
	}
	if len(quiet) > 0 {
		guard := min(maxGuard, max(1, int(math.Round(guardShare*float64(len(quiet))))))
		for _, j := range quiet[max(0, len(quiet)-guard):] {
			phases[j] = model.PhaseBefore
		}
	}
	return phases
}

func phaseAt(inc model.Incident, t time.Time, step time.Duration) model.Phase {
	sym := inc.Symptom.Interval
	switch {
	case !t.Before(sym.From) && !t.After(sym.To):
		return model.PhaseSymptom
	case excluded(inc, t, step):
		return model.PhaseExcluded
	case !inc.Baseline.IsZero() && inc.Baseline.Contains(t):
		return model.PhaseReference
	case t.After(sym.To):
		return model.PhaseOther
	case inc.Baseline.IsZero():
		return model.PhaseReference
	case !t.Before(sym.From.Add(-leadPoints * step)):
		return model.PhaseBefore
	}
	return model.PhaseOther
}

// excluded tells whether t lies in another incident, or in the step after it, whose rates still look back into it.
func excluded(inc model.Incident, t time.Time, step time.Duration) bool {
	for _, e := range inc.Exclude {
		if !e.To.IsZero() {
			e.To = e.To.Add(step)
		}
		if e.Contains(t) {
			return true
		}
	}
	return false
}

func earliest(a, b time.Time) time.Time {
	if b.IsZero() || (!a.IsZero() && a.Before(b)) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
