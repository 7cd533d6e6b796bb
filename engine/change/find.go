package change

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/topo"
)

// Input is what changes are found in.
type Input struct {
	Grid     model.Grid // of the tracks: one span
	Tracks   []Track
	Readings []*model.Reading // for the level of traffic
	Graph    *topo.Graph
	Told     []model.Change
	// Scrape is how often the raw series have samples: a value may be that old. 0 = the grid's step.
	Scrape time.Duration
}

// Found is what was told and found, and what would have shown more.
type Found struct {
	Changes []model.Change // in the order of time, then id
	Watches []model.Watch  // in the order of the tracks
}

// Find reads the tracks and joins what they show with what was told.
func Find(in Input) Found {
	var out Found
	var found []model.Change
	for i := range in.Tracks {
		t := &track{Track: in.Tracks[i], grid: in.Grid, scrape: max(in.Scrape, in.Grid.Step)}
		if w, ok := t.watch(); ok {
			out.Watches = append(out.Watches, w)
		}
		found = append(found, t.changes(readers[t.Query.Rule.By](t))...)
	}
	found = append(found, traffic(in.Readings, in.Graph)...)
	out.Changes = merge(in.Told, found, out.Watches)
	return out
}

// reader is one way to read a track.
type reader func(*track) []shift

// readers is the table: a way to read is one file and one line here.
var readers = map[model.ShowsBy]reader{
	model.ShowsByLabel: byLabel,
	model.ShowsByTime:  byTime,
	model.ShowsByLevel: byLevel,
	model.ShowsByEvent: byEvent,
	model.ShowsByDrop:  byDrop,
}

// rolloutGap is the longest pause between two instances of one rollout: probes, pulls and drains take minutes.
const rolloutGap = 10 * time.Minute

// shift is what was altered about one instance, or about the component as a whole.
type shift struct {
	group    string // what else tells series apart: a container's changes are no other container's
	instance string // "" = the component as a whole
	from, to string // as people read them; "" where no value tells more
	when     model.Onset
	of       int // how many instances there are; 0 = not known
	rises    bool
}

// changes joins shifts of the same kind that came one after the other: one rollout reaches many instances. A level that
// goes on the same way is one change from where it began to where it came to.
func (t *track) changes(shifts []shift) []model.Change {
	slices.SortStableFunc(shifts, func(a, b shift) int {
		return cmp.Or(a.when.Latest.Compare(b.when.Latest), strings.Compare(a.group, b.group), strings.Compare(a.instance, b.instance))
	})
	var groups [][]shift
	for _, s := range shifts {
		i := slices.IndexFunc(groups, func(g []shift) bool { return t.goesOn(g, s) })
		if i < 0 {
			groups = append(groups, []shift{s})
			continue
		}
		groups[i] = append(groups[i], s)
	}
	out := make([]model.Change, len(groups))
	for i, g := range groups {
		out[i] = t.change(g)
	}
	return out
}

// goesOn tells whether a shift belongs to those before it.
func (t *track) goesOn(g []shift, s shift) bool {
	first, last := &g[0], &g[len(g)-1]
	if s.group != first.group || s.when.Latest.Sub(last.when.Latest) > rolloutGap {
		return false
	}
	if t.Query.Rule.By == model.ShowsByLevel && len(t.Query.Rule.States) == 0 {
		return s.instance == last.instance && s.from == last.to && s.rises == last.rises
	}
	return s.from == first.from && s.to == first.to
}

func (t *track) change(g []shift) model.Change {
	rule, first, last := t.Query.Rule, g[0], g[len(g)-1]
	c := model.Change{At: first.when.Latest, Kind: rule.Kind, Component: t.Query.Component, From: first.from, To: last.to, Found: true}
	c.Seen = &model.Sighting{
		Verdict: model.Supports, What: said(rule, c.From, c.To), Query: t.Query.Expr, When: first.when, Instances: first.of, Rises: first.rises,
		Vague: rule.Vague,
	}
	for _, s := range g {
		if s.instance != "" && !slices.Contains(c.Instances, s.instance) {
			c.Instances = append(c.Instances, s.instance)
			c.Seen.Instances = max(c.Seen.Instances, s.of)
			if s.of > 0 {
				c.Seen.Steps = append(c.Seen.Steps, model.RolloutStep{From: s.when.Latest, Share: float64(len(c.Instances)) / float64(s.of)})
			}
		}
	}
	slices.Sort(c.Instances)
	c.Title = c.Seen.What.String()
	c.ID = idOf(&c)
	return c
}

// said names a change by what it led from and to.
func said(rule *model.ChangeRule, from, to string) model.Message {
	switch {
	case to == "":
		return rule.Title
	case rule.By == model.ShowsByLevel || rule.By == model.ShowsByDrop:
		return model.Say("%s went from %s to %s", rule.Title, from, to)
	}
	return model.Say("%s %s, before it %s", rule.Title, to, from)
}

// idOf derives an id from what was seen: the same in every run.
func idOf(c *model.Change) string {
	parts := []string{c.Component, c.At.UTC().Format(time.RFC3339Nano), c.Title, strings.Join(c.Instances, ",")}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return "metrics-" + string(c.Kind) + "-" + hex.EncodeToString(sum[:4])
}
