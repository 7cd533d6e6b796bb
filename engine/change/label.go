package change

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/diagnops/diagnops/engine/model"
)

// byLabel reads another value of a label, as a series that takes the place of another. An instance that keeps its name
// has changed when its state is another than before. One with a new name (a pod) has when it shows what none of the
// others showed before it came; else it is one more of the same, and no news.
//
// When it is wrong: two instances that share a name; a roll-back while some still run the version it leads back to, which
// passes for more of the same.
func byLabel(t *track) []shift {
	groups := map[string][]model.AnswerSeries{}
	for _, s := range t.Series {
		groups[t.group(s.Labels)] = append(groups[t.group(s.Labels)], s)
	}
	var out []shift
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		for _, s := range newCrowd(t, groups[name]).shifts() {
			s.group = name
			out = append(out, s)
		}
	}
	return out
}

// crowd is the states of a component's instances, point by point; "" = not there.
type crowd struct {
	t      *track
	names  []string // instances, sorted
	states [][]string
}

func newCrowd(t *track, series []model.AnswerSeries) *crowd {
	byName := map[string][]model.AnswerSeries{}
	for _, s := range series {
		byName[t.instance(s.Labels)] = append(byName[t.instance(s.Labels)], s)
	}
	c := &crowd{t: t, names: slices.Sorted(maps.Keys(byName))}
	for _, name := range c.names {
		c.states = append(c.states, t.statesOf(byName[name]))
	}
	return c
}

// statesOf is the state of one instance at every point. Where an old series lingers beside the new one, because a source
// looks back for the last sample, the one that came later counts.
func (t *track) statesOf(series []model.AnswerSeries) []string {
	out := make([]string, t.grid.Len())
	since := make([]int, len(series)) // the point from which each is there without a gap; -1 = it is not
	for k := range since {
		since[k] = -1
	}
	for i := range out {
		newest := -1
		for k, s := range series {
			switch {
			case model.IsGap(s.Values[i]) || s.Values[i] <= 0:
				since[k] = -1
				continue
			case since[k] < 0:
				since[k] = i
			}
			if newest < 0 || since[k] > since[newest] {
				newest = k
			}
		}
		if newest >= 0 {
			out[i] = t.state(series[newest], i)
		}
	}
	return out
}

// shifts follows all instances through time.
func (c *crowd) shifts() []shift {
	var out []shift
	last := make([]int, len(c.names)) // the last point at which each was seen; -1 = never
	for k := range last {
		last[k] = -1
	}
	seen := -1                 // the last point at which any was
	open := map[string]shift{} // the newest shift to a state
	for i := range c.t.grid.Len() {
		present := false
		for k := range c.names {
			to := c.states[k][i]
			if to == "" {
				continue
			}
			present = true
			s, ok := c.shift(k, i, last[k], seen, open)
			if last[k] = i; ok {
				s.instance, s.to = c.names[k], to
				open[to] = s
				out = append(out, s)
			}
		}
		if present {
			seen = i
		}
	}
	of := c.size()
	for i := range out {
		out[i].of = of
	}
	return out
}

// shift tells whether what instance k shows at point i is a change, and from what. lastSeen is when it was seen before,
// crowdSeen when any was.
func (c *crowd) shift(k, i, lastSeen, crowdSeen int, open map[string]shift) (shift, bool) {
	to := c.states[k][i]
	switch {
	case lastSeen >= 0:
		from := c.states[k][lastSeen]
		return shift{from: from, when: c.t.between(lastSeen, i)}, from != to
	case crowdSeen < 0:
		return shift{}, false // it was there from the beginning
	}
	before := c.census(crowdSeen)
	if before[to] == 0 {
		return shift{from: commonest(before), when: c.t.between(crowdSeen, i)}, true
	}
	s, rolling := open[to]
	s.when = c.t.between(crowdSeen, i)
	return s, rolling && s.when.Latest.Sub(open[to].when.Latest) <= rolloutGap
}

// census counts the states at a point.
func (c *crowd) census(i int) map[string]int {
	if i < 0 {
		return nil
	}
	out := map[string]int{}
	for k := range c.names {
		if s := c.states[k][i]; s != "" {
			out[s]++
		}
	}
	return out
}

// size is how many instances there are in the end, and at least as many as at any one time: those that a rollout replaces
// have gone by then.
func (c *crowd) size() int {
	for i := c.t.grid.Len() - 1; i >= 0; i-- {
		n := 0
		for _, count := range c.census(i) {
			n += count
		}
		if n > 0 {
			return n
		}
	}
	return 0
}

// commonest is the state that most have; of equals the first by name.
func commonest(census map[string]int) string {
	states := slices.Collect(maps.Keys(census))
	if len(states) == 0 {
		return ""
	}
	return slices.MinFunc(states, func(a, b string) int { return cmp.Or(cmp.Compare(census[b], census[a]), strings.Compare(a, b)) })
}
