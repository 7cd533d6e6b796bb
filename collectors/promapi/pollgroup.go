package promapi

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

const (
	// maxNames bounds the metric names that one request asks for: Prometheus looks alternatives up one by one as long as
	// there are at most 256 of them (model/labels.FastRegexMatcher), and matches every name beyond.
	maxNames = 100
	// firstLook is how far back a group is looked for of which nothing was seen yet: the source's clock may be behind ours,
	// and what it shows late is not lost.
	firstLook = 5 * time.Minute
	// firstSlice is how much time the first piece of a longer stretch is.
	firstSlice = 5 * time.Minute
)

// group is what one request asks for: metrics whose other labels are selected alike. Of one group at a time there is one
// reader, and a series belongs to one group (where matchers overlap, the same point may come from two; the sink counts it).
type group struct {
	names []string // metrics; none = the matchers select them
	rest  []string // the other matchers, as PromQL

	slice  int64 // milliseconds that one request asks for
	read   int64 // asked for up to here, Unix milliseconds; 0 = nothing yet
	newest int64 // time of the newest sample; 0 = none yet
	pause  pause

	// seen is the newest time of each series that has a sample not older than the overlap, by collectors.AppendKey. An
	// answer's size bounds it.
	seen  map[string]*mark
	parts []*group // that it was divided into
	batch pollBatch
}

// mark is how far a series was passed on.
type mark struct{ tMillis int64 }

func newGroup(names, rest []string) *group {
	return &group{names: names, rest: rest, slice: firstSlice.Milliseconds(), seen: map[string]*mark{}}
}

// parseSelector reads a selector of series.
func parseSelector(s string) ([]*labels.Matcher, error) {
	tree, err := promql.ParseExpr(s)
	if err != nil {
		return nil, err
	}
	v, ok := tree.(*parser.VectorSelector)
	if !ok || v.OriginalOffset != 0 || v.Timestamp != nil || v.StartOrEnd != 0 {
		return nil, errors.New("not a plain selector")
	}
	return v.LabelMatchers, nil
}

// planGroups puts the names of selectors that are otherwise alike together, at most maxNames at a time.
func planGroups(selectors []string, extra []*labels.Matcher) ([]*group, error) {
	names := map[string][]string{} // by the rest, which is joined by commas
	for _, s := range selectors {
		ms, err := parseSelector(s)
		if err != nil {
			return nil, fmt.Errorf("matchers (%s): %w", s, err)
		}
		of, rest := splitNames(ms)
		for _, m := range extra {
			rest = append(rest, m.String())
		}
		slices.Sort(rest)
		key := strings.Join(slices.Compact(rest), ",")
		names[key] = append(names[key], of...)
	}
	var groups []*group
	for _, key := range slices.Sorted(maps.Keys(names)) {
		var rest []string
		if key != "" {
			rest = []string{key}
		}
		all := slices.Compact(slices.Sorted(slices.Values(names[key])))
		if len(all) == 0 {
			groups = append(groups, newGroup(nil, rest))
		}
		for chunk := range slices.Chunk(all, maxNames) {
			groups = append(groups, newGroup(chunk, rest))
		}
	}
	return groups, nil
}

// splitNames takes the matcher of the metric's name, where it is one that lists names, from the others.
func splitNames(ms []*labels.Matcher) (names, rest []string) {
	for _, m := range ms {
		switch {
		case m.Name == model.MetricName && m.Type == labels.MatchEqual && names == nil:
			names = []string{m.Value}
		case m.Name == model.MetricName && m.Type == labels.MatchRegexp && names == nil && len(m.SetMatches()) > 0:
			names = m.SetMatches()
		default:
			rest = append(rest, m.String())
		}
	}
	return names, rest
}

// selector is the group in PromQL.
func (g *group) selector() string {
	parts := slices.Clone(g.rest)
	switch len(g.names) {
	case 0:
	case 1:
		parts = append(parts, labels.MustNewMatcher(labels.MatchEqual, model.MetricName, g.names[0]).String())
	default:
		quoted := make([]string, len(g.names))
		for i, n := range g.names {
			quoted[i] = regexp.QuoteMeta(n)
		}
		parts = append(parts, labels.MustNewMatcher(labels.MatchRegexp, model.MetricName, strings.Join(quoted, "|")).String())
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// pollFrom is where a poll up to a time begins, in Unix milliseconds, and how many milliseconds before it will never be
// asked for. It goes by the newest sample rather than by the last poll: when the source's clock is behind ours, or its
// samples come late, nothing falls between two polls.
func (g *group) pollFrom(to int64, o PollOptions) (from, unread int64) {
	earliest := to - o.Backfill.Milliseconds()
	switch {
	case g.read == 0:
		return max(to-firstLook.Milliseconds()+1, earliest), 0
	case g.newest == 0:
		from = g.read - firstLook.Milliseconds()
	default:
		from = min(g.newest, g.read) - o.Overlap.Milliseconds()
	}
	return max(from, earliest), max(0, earliest-g.read-1)
}

// divide makes two groups of one, with half of its names each.
func (g *group) divide() {
	half := len(g.names) / 2
	for _, names := range [][]string{g.names[:half], g.names[half:]} {
		part := &group{names: names, rest: g.rest, slice: g.slice, read: g.read, newest: g.newest, seen: make(map[string]*mark)}
		for key, m := range g.seen {
			part.seen[key] = &mark{m.tMillis}
		}
		g.parts = append(g.parts, part)
	}
	g.seen, g.batch = nil, pollBatch{}
}

// leaves appends the group, or the parts it was divided into.
func (g *group) leaves(to []*group) []*group {
	if g.parts == nil {
		return append(to, g)
	}
	for _, part := range g.parts {
		to = part.leaves(to)
	}
	return to
}

// markOf finds how far the series was passed on, or begins.
func (g *group) markOf(ls model.Labels) *mark {
	g.batch.key = collectors.AppendKey(g.batch.key[:0], ls)
	m, ok := g.seen[string(g.batch.key)]
	if !ok {
		m = &mark{tMillis: -1}
		g.seen[string(g.batch.key)] = m
	}
	return m
}

// forget drops what is older than any sample that will be asked for again.
func (g *group) forget(overlap time.Duration) {
	oldest := g.newest - overlap.Milliseconds() - 1 // Prometheus before 3.0 gives a sample at the beginning of a range too
	maps.DeleteFunc(g.seen, func(_ string, m *mark) bool { return m.tMillis < oldest })
}
