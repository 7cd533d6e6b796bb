package engine

import (
	"cmp"
	"math"
	"slices"
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
	incident model.Incident // its times as they are on the grid
	grid     model.Grid
	begin    time.Time // of the grid but for the season: what lies before is for that alone
	season   model.Season
	phases   []model.Phase
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
	inc.Step = step
	tl := timeline{incident: inc, grid: model.Grid{Step: step}}
	if end := earliest(inc.Window.To, latest(to, inc.Baseline.To)); points(from, end, step) <= maxPoints {
		tl.grid.Spans = []model.Span{span(from, from, end, step)}
	} else {
		tl.grid.Spans = longSpans(inc, from, to, step)
	}
	tl.begin = model.FromMillis(tl.grid.Spans[0].StartMillis)
	tl.addSeason()
	tl.phases = tl.phasesOf(nil)
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
	return joined([]model.Span{span(from, baseFrom, baseTo, step), span(from, lead, to, step)}, step)
}

// joined puts spans of one origin in their order, those that touch or overlap as one.
func joined(spans []model.Span, step time.Duration) []model.Span {
	slices.SortFunc(spans, func(a, b model.Span) int { return cmp.Compare(a.StartMillis, b.StartMillis) })
	out := spans[:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		if gap := (s.StartMillis-last.StartMillis)/step.Milliseconds() - int64(last.N); gap >= 0 {
			out = append(out, s)
		} else {
			last.N = max(last.N, last.N+s.N+int(gap))
		}
	}
	return out
}

// span covers from..to with points that lie whole steps after origin.
func span(origin, from, to time.Time, step time.Duration) model.Span {
	start := origin.Add(from.Sub(origin).Truncate(step)) // towards origin, from either side
	if start.Before(from) {
		start = start.Add(step)
	}
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
func (tl *timeline) phasesOf(known func(i int) bool) []model.Phase {
	grid := tl.grid
	phases := make([]model.Phase, grid.Len())
	var quiet []int // known reference points before the symptom, when no baseline is given
	i := 0
	for _, s := range grid.Spans {
		for k := range s.N {
			phases[i] = tl.phaseAt(model.FromMillis(s.StartMillis + int64(k)*grid.Step.Milliseconds()))
			if phases[i] == model.PhaseReference && tl.incident.Baseline.IsZero() && (known == nil || known(i)) {
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

func (tl *timeline) phaseAt(t time.Time) model.Phase {
	inc, step := &tl.incident, tl.grid.Step
	sym := inc.Symptom.Interval
	switch {
	case !t.Before(sym.From) && !t.After(sym.To):
		return model.PhaseSymptom
	case excluded(inc, t, step):
		return model.PhaseExcluded
	case t.Before(tl.begin):
		return model.PhaseOther
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
func excluded(inc *model.Incident, t time.Time, step time.Duration) bool {
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
