package change

import (
	"slices"
	"strings"
	"time"

	"github.com/diagnops/diagnops/engine/model"
)

// track is a Track as it is read.
type track struct {
	Track
	grid   model.Grid
	scrape time.Duration // how old a value may be
}

// at is the time of a grid point.
func (t *track) at(i int) time.Time { return t.grid.Time(i) }

// between is the onset of what was not there at point i and is at point j: a value may be a scrape old, and looks back.
func (t *track) between(i, j int) model.Onset {
	behind := time.Duration(t.Query.SmearMillis) * time.Millisecond
	return model.Onset{Earliest: t.at(i).Add(-behind), Latest: t.at(j)}
}

// instance is what a series is told apart by; "" where the series is the component as a whole.
func (t *track) instance(ls model.Labels) string {
	for _, name := range t.Query.Rule.Instance {
		if v := ls.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// group is what a series' other labels say, those of the state aside.
func (t *track) group(ls model.Labels) string {
	rule := t.Query.Rule
	var b strings.Builder
	for _, l := range ls {
		if !slices.Contains(rule.Labels, l.Name) && !slices.Contains(rule.Instance, l.Name) {
			b.WriteString(l.Name + "=" + l.Value + "\x00")
		}
	}
	return b.String()
}

// watch says what a track would have shown, and from when to when.
func (t *track) watch() (model.Watch, bool) {
	rule := t.Query.Rule
	first, last := -1, -1
	for i := range t.grid.Len() {
		if slices.ContainsFunc(t.Series, func(s model.AnswerSeries) bool { return !model.IsGap(s.Values[i]) }) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return model.Watch{}, false
	}
	w := model.Watch{
		Component: t.Query.Component, Kind: rule.Kind, What: rule.Title, Query: t.Query.Expr,
		Interval: model.Interval{From: t.at(first), To: t.at(last)},
	}
	var states []string
	for _, s := range t.Series {
		if state := t.state(s, last); state != "" && !slices.Contains(states, state) {
			states = append(states, state)
		}
	}
	slices.Sort(states)
	w.Shows = strings.Join(states, ", ")
	return w, true
}

// state is what a series shows at a point; "" where it shows nothing, or nothing that tells people anything.
func (t *track) state(s model.AnswerSeries, i int) string {
	v := s.Values[i]
	if model.IsGap(v) {
		return ""
	}
	rule := t.Query.Rule
	switch rule.By {
	case model.ShowsByLabel:
		var parts []string
		for _, name := range rule.Labels {
			if p := s.Labels.Get(name); p != "" {
				parts = append(parts, p)
			}
		}
		return strings.Join(parts, " ")
	case model.ShowsByLevel:
		plain := model.FormatValue(v, "")
		if name, ok := rule.States[plain]; ok {
			return name
		}
		return model.FormatValue(v, rule.Unit)
	}
	return ""
}
