package remotewrite

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// histograms remembers, for each series of native histograms, the bounds seen so far. A request shows only the buckets
// that hold something now; a classic histogram needs every bucket in every sample, and a rate needs the value before the
// first. Safe for many goroutines.
type histograms struct {
	mu    sync.Mutex
	known *lru[*histogramSeries]
	key   []byte
}

func newHistograms(most int) *histograms { return &histograms{known: newLRU[*histogramSeries](most)} }

// histogramSeries is one of them.
type histogramSeries struct {
	names  collectors.ClassicNames
	bounds []float64
	about  []boundInfo // of each bound
	wide   bool        // more bounds than collectors.MaxHistogramBounds: no more buckets but +Inf

	// The newest histogram and the one before it; time 0 = none. The one before stays until a newer one comes, so that a
	// request that is sent again gives the same points again.
	newest, before      histogram.FloatHistogram
	newestTime, beforeT int64
}

type boundInfo struct {
	bound float64
	text  string
	born  int64 // time of the histogram that showed it first
}

// expand adds the classic points of a histogram, which must be valid, to out. The series' labels are copied.
func (s *histograms) expand(out *classicBatch, own model.Labels, h *nativeHistogram) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = appendKey(s.key[:0], own)
	series, ok := s.known.get(s.key)
	if !ok {
		series = &histogramSeries{names: collectors.NewClassicNames(cloneLabels(own))}
		s.known.put(s.key, series)
	}
	series.expand(out, h)
}

func (s *histogramSeries) expand(out *classicBatch, h *nativeHistogram) {
	stale := collectors.StaleHistogram(&h.FloatHistogram)
	count, sum := h.Count, h.Sum
	if stale {
		count, sum = model.StaleMarker(), model.StaleMarker()
	} else {
		s.learn(h)
	}
	one := func(b *model.Batch, ls model.Labels, v float64) {
		addSeries(b, ls, h.createdMillis, model.Point{TMillis: h.tMillis, Value: v})
	}
	one(&out.counts, s.names.Count, count)
	one(&out.rest, s.names.Sum, sum)
	one(&out.rest, s.bucket(out, collectors.InfiniteBound), count)
	switch {
	case stale:
		for i := range s.about {
			one(&out.rest, s.bucket(out, s.about[i].text), count)
		}
	case s.wide: // its buckets end here; they are forgotten, so that this comes once
		for i := range s.about {
			one(&out.rest, s.bucket(out, s.about[i].text), model.StaleMarker())
		}
		s.bounds, s.about, s.newest, s.before = nil, nil, histogram.FloatHistogram{}, histogram.FloatHistogram{}
	default:
		s.births(out, h.tMillis, h.createdMillis)
		collectors.Cumulate(&h.FloatHistogram, s.bounds, func(i int, below float64) {
			one(&out.rest, s.bucket(out, s.about[i].text), below)
		})
	}
}

// learn makes h the newest histogram, when it is newer, and adds its bounds.
func (s *histogramSeries) learn(h *nativeHistogram) {
	if s.wide || h.tMillis <= s.newestTime {
		return
	}
	s.newest, s.before = s.before, s.newest
	s.beforeT, s.newestTime = s.newestTime, h.tMillis
	h.CopyTo(&s.newest)
	s.newest.CustomValues = slices.Clone(h.CustomValues) // CopyTo shares them, and they are scratch
	s.bounds = collectors.AddBounds(s.bounds, &h.FloatHistogram)
	if len(s.bounds) == len(s.about) {
		return
	}
	if len(s.bounds) > collectors.MaxHistogramBounds {
		s.wide = true
		return
	}
	about := make([]boundInfo, 0, len(s.bounds))
	for _, bound := range s.bounds {
		i, found := slices.BinarySearchFunc(s.about, bound, func(a boundInfo, b float64) int { return cmp.Compare(a.bound, b) })
		if found {
			about = append(about, s.about[i])
		} else {
			about = append(about, boundInfo{bound, collectors.BoundText(bound), h.tMillis})
		}
	}
	s.about = about
}

// births gives the bounds that appeared with the histogram at t their value at the one before.
func (s *histogramSeries) births(out *classicBatch, t, created int64) {
	if t != s.newestTime || s.beforeT == 0 {
		return
	}
	var born []int
	var bounds []float64
	for i := range s.about {
		if s.about[i].born == t {
			born, bounds = append(born, i), append(bounds, s.bounds[i])
		}
	}
	collectors.Cumulate(&s.before, bounds, func(i int, below float64) {
		addSeries(&out.births, s.bucket(out, s.about[born[i]].text), created, model.Point{TMillis: s.beforeT, Value: below})
	})
}

// bucket writes the labels of a bucket into the batch's own space.
func (s *histogramSeries) bucket(out *classicBatch, bound string) model.Labels {
	first := len(out.labels)
	out.labels = s.names.Bucket(out.labels, bound)
	return out.labels[first:len(out.labels):len(out.labels)]
}

func addSeries(b *model.Batch, ls model.Labels, created int64, p model.Point) {
	b.Series = append(b.Series, model.BatchSeries{Labels: ls, First: len(b.Points), N: 1, CreatedMillis: created})
	b.Points = append(b.Points, p)
}

// appendKey writes labels in a form that no other labels have: 0xff is in no UTF-8 text.
func appendKey(dst []byte, ls model.Labels) []byte {
	for _, l := range ls {
		dst = append(append(dst, l.Name...), 0xff)
		dst = append(append(dst, l.Value...), 0xff)
	}
	return dst
}

// cloneLabels copies labels whose texts are about to be overwritten.
func cloneLabels(ls model.Labels) model.Labels {
	out := make(model.Labels, len(ls))
	for i, l := range ls {
		out[i] = model.Label{Name: strings.Clone(l.Name), Value: strings.Clone(l.Value)}
	}
	return out
}
