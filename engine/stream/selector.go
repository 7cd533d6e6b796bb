package stream

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
)

// selection is the series of one selector. Instant and range selectors embed it.
type selection struct {
	matchers []*labels.Matcher
	offset   int64  // milliseconds
	markers  bool   // stale markers take part: they end a series for this selector
	taps     []*tap // by row of the node
	dead     int    // how many of them are
	node     *node
}

// tap is one series as one selector sees it.
type tap struct {
	buffer
	labels labels.Labels
	of     selector
	dead   bool // the series is no more, and has nothing left to say
}

// selector is an operator that reads series.
type selector interface {
	operator
	sel() *selection
	// over tells whether the tap, to which nothing will be added, has nothing left to say from grid point t on.
	over(tp *tap, t int64) bool
}

func (s *selection) sel() *selection { return s }

func (s *selection) matches(ls labels.Labels) bool {
	for _, m := range s.matchers {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return true
}

func (s *selection) add(tp *tap) {
	s.taps = append(s.taps, tp)
	s.node.grew = true
}

// bury lets go of a series. Its row stays until there are more like it than others.
func (s *selection) bury(tp *tap) {
	tp.dead, tp.buffer = true, buffer{}
	if s.dead++; 2*s.dead > len(s.taps) {
		s.node.stale = true
	}
}

func (s *selection) reset() {
	s.taps = slices.DeleteFunc(s.taps, func(tp *tap) bool { return tp.dead })
	s.dead = 0
}

func (s *selection) extend(n *node, _ []int) (out []labels.Labels) {
	for _, tp := range s.taps[len(n.rows):] {
		out = append(out, tp.labels)
	}
	return out
}

// instant is a vector selector: at each grid point the newest sample of the last lookback, unless it is a stale marker.
// It keeps that sample only.
type instant struct {
	selection
	lookback int64 // milliseconds
}

func (s *instant) step(n *node, t int64, _ bool) error {
	at := t - s.offset
	for i, tp := range s.taps {
		tp.pass(at)
		if tp.len() == 0 {
			n.set(int32(i), 0, false)
			continue
		}
		p := tp.last()
		n.set(int32(i), p.Value, s.tells(p, at))
	}
	return nil
}

// tells is promql's rule for an instant selector (its vectorSelectorSingle): the lookback is open on the left.
func (s *instant) tells(p *model.Point, at int64) bool {
	return p.TMillis > at-s.lookback && !model.IsStale(p.Value)
}

func (s *instant) over(tp *tap, t int64) bool {
	return tp.edge == tp.tail && (tp.len() == 0 || !s.tells(tp.last(), t-s.offset))
}

// ranged is a range selector: at each grid point t the samples in (t-offset-length, t-offset], stale markers left out.
// Its rows have no values; functions over time look at the taps.
type ranged struct {
	selection
	length int64 // milliseconds
}

func (s *ranged) step(_ *node, t int64, _ bool) error {
	at := t - s.offset
	for _, tp := range s.taps {
		tp.slide(at-s.length, at)
	}
	return nil
}

func (s *ranged) over(tp *tap, t int64) bool {
	return tp.edge == tp.tail && (tp.len() == 0 || tp.last().TMillis <= t-s.offset-s.length)
}
