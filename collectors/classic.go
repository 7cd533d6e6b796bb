package collectors

import (
	"cmp"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/histogram"

	"github.com/diagnops/diagnops/engine/model"
)

// Histograms remembers, for each series of native histograms, the bounds seen so far. An answer or a request shows only the
// buckets that hold something now; a classic histogram needs every bucket in every sample, and a rate needs the value
// before the first. Safe for many goroutines.
type Histograms struct {
	mu    sync.Mutex
	known *LRU[*histogramSeries]
	key   []byte
}

// NewHistograms remembers at most so many series, of 3 to 30 KB each; the ones heard of least recently are forgotten.
func NewHistograms(most int) *Histograms { return &Histograms{known: NewLRU[*histogramSeries](most)} }

// ClassicBatch is what native histograms become. To be given to a sink in the order of the fields.
type ClassicBatch struct {
	Births model.Batch // points before the first of a new bucket; nobody sent them
	Counts model.Batch // NAME_count: a histogram was taken when its count was
	Rest   model.Batch
	labels model.Labels // of buckets
}

// Reset empties the batches and keeps their space.
func (c *ClassicBatch) Reset() {
	c.Births.Reset()
	c.Counts.Reset()
	c.Rest.Reset()
	c.labels = c.labels[:0]
}

// histogramSeries is one of them.
type histogramSeries struct {
	names  ClassicNames
	bounds []float64
	about  []boundInfo // of each bound
	wide   bool        // more bounds than MaxHistogramBounds: no more buckets but +Inf

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

// NativeSample is one native histogram of a series. The histogram must be valid; it is not kept.
type NativeSample struct {
	TMillis       int64
	CreatedMillis int64 // as in model.BatchSeries
	Histogram     *histogram.FloatHistogram
}

// Expand adds the classic points of a histogram to out. The series' labels are copied.
func (s *Histograms) Expand(out *ClassicBatch, own model.Labels, h NativeSample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = AppendKey(s.key[:0], own)
	series, ok := s.known.Get(s.key)
	if !ok {
		series = &histogramSeries{names: NewClassicNames(CloneLabels(own))}
		s.known.Put(s.key, series)
	}
	series.expand(out, h)
}

func (s *histogramSeries) expand(out *ClassicBatch, h NativeSample) {
	stale := StaleHistogram(h.Histogram)
	count, sum := h.Histogram.Count, h.Histogram.Sum
	if stale {
		count, sum = model.StaleMarker(), model.StaleMarker()
	} else {
		s.learn(h)
	}
	one := func(b *model.Batch, ls model.Labels, v float64) {
		addSeries(b, ls, h.CreatedMillis, model.Point{TMillis: h.TMillis, Value: v})
	}
	one(&out.Counts, s.names.Count, count)
	one(&out.Rest, s.names.Sum, sum)
	one(&out.Rest, s.bucket(out, InfiniteBound), count)
	switch {
	case stale:
		for i := range s.about {
			one(&out.Rest, s.bucket(out, s.about[i].text), count)
		}
	case s.wide: // its buckets end here; they are forgotten, so that this comes once
		for i := range s.about {
			one(&out.Rest, s.bucket(out, s.about[i].text), model.StaleMarker())
		}
		s.bounds, s.about, s.newest, s.before = nil, nil, histogram.FloatHistogram{}, histogram.FloatHistogram{}
	default:
		s.births(out, h.TMillis, h.CreatedMillis)
		Cumulate(h.Histogram, s.bounds, func(i int, below float64) {
			one(&out.Rest, s.bucket(out, s.about[i].text), below)
		})
	}
}

// learn makes h the newest histogram, when it is newer, and adds its bounds.
func (s *histogramSeries) learn(h NativeSample) {
	if s.wide || h.TMillis <= s.newestTime {
		return
	}
	s.newest, s.before = s.before, s.newest
	s.beforeT, s.newestTime = s.newestTime, h.TMillis
	h.Histogram.CopyTo(&s.newest)
	s.newest.CustomValues = slices.Clone(h.Histogram.CustomValues) // CopyTo shares them, and they are scratch
	s.bounds = AddBounds(s.bounds, h.Histogram)
	if len(s.bounds) == len(s.about) {
		return
	}
	if len(s.bounds) > MaxHistogramBounds {
		s.wide = true
		return
	}
	about := make([]boundInfo, 0, len(s.bounds))
	for _, bound := range s.bounds {
		i, found := slices.BinarySearchFunc(s.about, bound, func(a boundInfo, b float64) int { return cmp.Compare(a.bound, b) })
		if found {
			about = append(about, s.about[i])
		} else {
			about = append(about, boundInfo{bound, BoundText(bound), h.TMillis})
		}
	}
	s.about = about
}

// births gives the bounds that appeared with the histogram at t their value at the one before.
func (s *histogramSeries) births(out *ClassicBatch, t, created int64) {
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
	Cumulate(&s.before, bounds, func(i int, below float64) {
		addSeries(&out.Births, s.bucket(out, s.about[born[i]].text), created, model.Point{TMillis: s.beforeT, Value: below})
	})
}

// bucket writes the labels of a bucket into the batch's own space.
func (s *histogramSeries) bucket(out *ClassicBatch, bound string) model.Labels {
	first := len(out.labels)
	out.labels = s.names.Bucket(out.labels, bound)
	return out.labels[first:len(out.labels):len(out.labels)]
}

func addSeries(b *model.Batch, ls model.Labels, created int64, p model.Point) {
	b.Series = append(b.Series, model.BatchSeries{Labels: ls, First: len(b.Points), N: 1, CreatedMillis: created})
	b.Points = append(b.Points, p)
}
