package window

import (
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
)

// Series is a handle of one series of a window, for readers: any number of goroutines may use it, as long as they like.
// When the series has left the window the handle says so; it never speaks of the series that came in its place.
type Series struct {
	labels labels.Labels
	rings  *ring.Slab
	home   *Window
	born   uint64          // how many series the window had registered when it registered this one
	ref    model.SeriesRef // place in the window; given on when the series leaves
	hash   uint32          // as in the window's table

	ended bool        // owner: the window's; the newest sample is a stale marker
	gone  atomic.Bool // owner: the window's; set before the ring is given on, so readers look at it after copying
}

// Labels returns the labels of the series.
func (s *Series) Labels() labels.Labels { return s.labels }

// Gone tells whether the series has left the window.
func (s *Series) Gone() bool { return s.gone.Load() }

// Since copies the samples from number from on, oldest first, into ts and vs, as many as there are and as the shorter of
// the two holds; samples of a series are numbered from 0 in the order of their times, which are Unix milliseconds. first
// is the number of the first one copied; when it is above from, the samples between were overwritten before they were
// asked for. Ask next for first+n. Of a series that has left the window there is nothing. It allocates nothing and never
// waits.
func (s *Series) Since(from uint64, ts []int64, vs []float64) (n int, first uint64) {
	n, first = s.ring().Since(from, ts, vs)
	if s.gone.Load() {
		return 0, from
	}
	return n, first
}

// Bounds returns the number of the oldest sample that is still held and the number after the newest; 0, 0 when the
// series has left the window.
func (s *Series) Bounds() (oldest, end uint64) {
	oldest, end = s.ring().Bounds()
	if s.gone.Load() {
		return 0, 0
	}
	return oldest, end
}

// newest returns the time of the newest sample and how many samples are held.
func (s *Series) newest() (tMillis int64, held int) {
	var ts [1]int64
	var vs [1]float64
	oldest, end := s.ring().Bounds()
	if end == 0 {
		return 0, 0
	}
	if n, _ := s.ring().Since(end-1, ts[:], vs[:]); n == 0 || s.gone.Load() {
		return 0, 0
	}
	return ts[0], int(end - oldest)
}

// ring returns the series' ring. Slabs have a power of two of rings, and a ref's low bits are its place in the slab.
func (s *Series) ring() ring.Ring { return s.rings.Ring(int(s.ref) & (s.rings.Rings() - 1)) }
