package change

import (
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// sameWithin is how far what was told and what metrics show may lie apart: people write down when they began, and a
	// rollout takes minutes.
	sameWithin = 10 * time.Minute
	// partWithin is how near a restart, or an edited object, belongs to the change that made it necessary.
	partWithin = 3 * time.Minute
	// showsWithin is how soon after it was told a change must show for its absence to mean anything.
	showsWithin = 2 * time.Minute
)

// merge keeps every change once. What was told wins; of the same component and kind at about the same time, what was found
// says what metrics show of it. What comes with another change is part of it.
func merge(told, found []model.Change, watches []model.Watch) []model.Change {
	out := slices.Clone(told)
	slices.SortStableFunc(found, byTimeThenID)
	var rest []model.Change
	for _, f := range found {
		if i := nearest(out[:len(told)], &f, sameWithin, func(c *model.Change) bool { return c.Kind == f.Kind && c.Seen == nil }); i >= 0 {
			confirm(&out[i], &f)
			continue
		}
		rest = append(rest, f)
	}
	for _, f := range rest {
		if !partOfAnother(&f, out[:len(told)], rest) {
			out = append(out, f)
		}
	}
	for i := range told {
		if out[i].Seen == nil {
			contradict(&out[i], watches)
		}
	}
	slices.SortStableFunc(out, byTimeThenID)
	return out
}

func byTimeThenID(a, b model.Change) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// nearest is the index of the change of the same component that is nearest in time, of those that may be; -1 = none.
func nearest(list []model.Change, f *model.Change, within time.Duration, may func(*model.Change) bool) int {
	best, apart := -1, within
	for i := range list {
		c := &list[i]
		if d := f.At.Sub(c.At).Abs(); c.Component == f.Component && d <= apart && may(c) {
			best, apart = i, d-1
		}
	}
	return best
}

// confirm fills in what metrics know of a change that was told.
func confirm(c, f *model.Change) {
	c.Seen = f.Seen
	if len(c.Instances) == 0 {
		c.Instances = f.Instances
	}
	if c.Kind == f.Kind && c.From == "" && c.To == "" {
		c.From, c.To = f.From, f.To
	}
}

// partOfAnother tells whether a find is what another change brought with it: a process starts again when a version, a
// kernel or a configuration is new, and what only says that something was altered says nothing beside what says what. A
// restart that shows a told change is its sign.
func partOfAnother(f *model.Change, told, found []model.Change) bool {
	vague := f.Kind == model.ChangeRestart || f.Seen.Vague
	if !vague {
		return false
	}
	made := func(c *model.Change) bool {
		return c.Deliberate() && c.Kind != model.ChangeTraffic && c.Kind != model.ChangeRestart && (c.Seen == nil || !c.Seen.Vague) ||
			f.Seen.Vague && c.Kind == model.ChangeScale
	}
	if i := nearest(told, f, partWithin, made); i >= 0 {
		if told[i].Seen == nil {
			confirm(&told[i], f)
		}
		return true
	}
	return nearest(found, f, partWithin, func(c *model.Change) bool { return c.ID != f.ID && made(c) }) >= 0
}

// contradict notes that metrics would have shown a change, and do not: what would show its kind was watched from before it
// on for long enough, and stayed as it was.
func contradict(c *model.Change, watches []model.Watch) {
	for _, w := range watches {
		if w.Component != c.Component || w.Kind != c.Kind || w.Interval.From.After(c.At) || w.Interval.To.Before(c.At.Add(showsWithin)) {
			continue
		}
		what := model.Say("%s shows no change", w.What)
		if w.Shows != "" {
			what = model.Say("%s stayed %s", w.What, w.Shows)
		}
		c.Seen = &model.Sighting{Verdict: model.Refutes, What: what, Query: w.Query, When: model.Onset{Earliest: w.Interval.From, Latest: w.Interval.To}}
		return
	}
}
