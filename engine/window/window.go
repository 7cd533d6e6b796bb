package window

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/ring"
)

const (
	// DefaultSamplesPerSeries is 20 minutes at 5 s, or an hour at 15 s: enough quiet past to compare with.
	DefaultSamplesPerSeries = 240
	// DefaultMaxSeries bounds a process that nobody tuned: about half a gigabyte at the default window.
	DefaultMaxSeries = 100_000
	// maxMaxSeries keeps every SeriesRef within its 32 bits with room to spare.
	maxMaxSeries = 1 << 30

	// maxWidth is the most rings in a slab: a row is 4 KiB then, a page, which is what makes appending to one ring after
	// the other cheap (measured: 66, 40, 29 and 21 ns an append to a million rings at 16, 64, 128 and 256).
	maxWidth = 256
	// slabBytes bounds a slab of long rings, so that the last, half-used one does not matter.
	slabBytes = 4 << 20
)

// ErrTooManySeries says that a series was refused because the window holds Options.MaxSeries already.
var ErrTooManySeries = errors.New("too many series")

// Options bound a Window. Zero fields take the defaults.
type Options struct {
	// SamplesPerSeries is how many samples of each series are kept at least; memory is taken for a power of two of them.
	SamplesPerSeries int
	// MaxSeries is how many series are kept at most.
	MaxSeries int
}

func (o Options) withDefaults() Options {
	if o.SamplesPerSeries == 0 {
		o.SamplesPerSeries = DefaultSamplesPerSeries
	}
	if o.MaxSeries == 0 {
		o.MaxSeries = DefaultMaxSeries
	}
	return o
}

// Validate lists everything that is wrong with the options.
func (o Options) Validate() error {
	o = o.withDefaults()
	var errs []error
	if o.SamplesPerSeries < 1 || o.SamplesPerSeries > ring.MaxCapacity {
		errs = append(errs, fmt.Errorf("samples per series (%d) must be from 1 to %d", o.SamplesPerSeries, ring.MaxCapacity))
	}
	if o.MaxSeries < 1 || o.MaxSeries > maxMaxSeries {
		errs = append(errs, fmt.Errorf("max series (%d) must be from 1 to %d", o.MaxSeries, maxMaxSeries))
	}
	return errors.Join(errs...)
}

// Window is the series index over rings. See the package comment for who may call what.
type Window struct {
	opts   Options
	width  int // rings in a slab, a power of two
	shard  int // index in its Live; 0 of a Window alone
	seed   maphash.Seed
	budget *budget

	// Read and written by the owner only.
	index    table
	slabs    []*slab
	free     []model.SeriesRef // places that series have left
	key      []byte            // scratch for hashing
	stored   []byte            // scratch for the labels that a key is held against
	scratch  model.Labels      // scratch for labels that are not canonical
	hashMask uint64            // all ones; tests narrow it to make hashes clash

	// Written by the owner, read by anybody.
	published atomic.Pointer[[]*slab] // slabs; the part that a reader was once given never changes
	size      atomic.Uint32           // places given out, left ones included
	born      atomic.Uint64           // series registered, ever; moved when all else of a series is in place
	postings  postings

	outOfOrder, duplicate, conflict, unknownRef, refused atomic.Uint64
}

// slab is the rings of some neighbouring refs and the series that have them.
type slab struct {
	rings  *ring.Slab
	series []atomic.Pointer[Series] // owner: the window's; nil = nobody's
}

// budget bounds the series of several windows together.
type budget struct {
	max  int64
	used atomic.Int64
}

// take reserves room for one series, if there is any.
func (b *budget) take() bool {
	if b.used.Add(1) > b.max {
		b.used.Add(-1)
		return false
	}
	return true
}

// New returns an empty window.
func New(opts Options) (*Window, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("window options: %w", err)
	}
	opts = opts.withDefaults()
	return newShard(opts, maphash.MakeSeed(), &budget{max: int64(opts.MaxSeries)}), nil
}

// newShard returns an empty window that shares seed and budget with others; opts are valid and complete.
func newShard(opts Options, seed maphash.Seed, b *budget) *Window {
	width := 1
	for width < maxWidth && width < opts.MaxSeries && ring.Bytes(2*width, opts.SamplesPerSeries) <= slabBytes {
		width *= 2
	}
	return &Window{opts: opts, width: width, seed: seed, budget: b, hashMask: math.MaxUint64}
}

func (w *Window) slabOf(ref model.SeriesRef) int { return int(ref) / w.width }

func (w *Window) placeOf(ref model.SeriesRef) int { return int(ref) & (w.width - 1) }

// Series returns the handle of the series with exactly these labels, registering it when it is new. Labels must be
// sorted by name; a label with an empty value counts as absent, as in Prometheus. Over Options.MaxSeries it fails with
// ErrTooManySeries and names the series; a name that comes twice is an error too. Owner only.
func (w *Window) Series(ls model.Labels) (model.SeriesRef, error) {
	ls = w.canonical(ls)
	w.key = appendKey(w.key[:0], ls)
	h := maphash.Bytes(w.seed, w.key) & w.hashMask
	if ref, ok := w.find(uint32(h), w.key); ok {
		return ref, nil
	}
	for i := 1; i < len(ls); i++ {
		if ls[i].Name == ls[i-1].Name {
			return 0, fmt.Errorf("registering series %s: label %s comes twice", ls, ls[i].Name)
		}
	}
	if !w.budget.take() {
		w.refused.Add(1)
		return 0, fmt.Errorf("registering series %s: %w: the window holds %d", ls, ErrTooManySeries, w.opts.MaxSeries)
	}
	return w.register(uint32(h), ls).ref, nil
}

// find returns the place of the series whose labels have the hash and the key.
func (w *Window) find(hash uint32, key []byte) (model.SeriesRef, bool) {
	return w.index.find(hash, func(ref model.SeriesRef) bool {
		w.stored = w.series(ref).labels.Bytes(w.stored)
		return bytes.Equal(w.stored, key)
	})
}

// lookup returns the series whose labels have the hash and the key, nil when there is none. Owner only.
func (w *Window) lookup(hash uint32, key []byte) *Series {
	if ref, ok := w.find(hash, key); ok {
		return w.series(ref)
	}
	return nil
}

// series returns the series in a place that is not left. Owner only.
func (w *Window) series(ref model.SeriesRef) *Series {
	return w.slabs[w.slabOf(ref)].series[w.placeOf(ref)].Load()
}

// register adds a series that is known to be new and for which there is room in the budget. Labels are copied.
func (w *Window) register(hash uint32, ls model.Labels) *Series {
	b := labels.NewScratchBuilder(len(ls))
	for _, l := range ls {
		b.Add(l.Name, l.Value)
	}
	s := &Series{labels: b.Labels(), home: w, hash: hash, born: w.born.Load() + 1, ref: w.place()}
	at := w.slabs[w.slabOf(s.ref)]
	s.rings = at.rings
	w.index.add(hash, s.ref)
	at.series[w.placeOf(s.ref)].Store(s)
	w.postings.add(s.ref, s.labels)
	w.born.Store(s.born)
	return s
}

// place gives out a place: one that was left, else a new one.
func (w *Window) place() model.SeriesRef {
	if n := len(w.free); n > 0 {
		ref := w.free[n-1]
		w.free = w.free[:n-1]
		return ref
	}
	ref := model.SeriesRef(w.size.Load())
	if w.slabOf(ref) == len(w.slabs) {
		w.slabs = append(w.slabs, &slab{
			rings:  ring.NewSlab(w.width, w.opts.SamplesPerSeries),
			series: make([]atomic.Pointer[Series], w.width),
		})
		slabs := w.slabs
		w.published.Store(&slabs)
	}
	w.size.Store(uint32(ref) + 1)
	return ref
}

// retire takes series out of the window; their places are given on. Handles of them say that they are gone before the
// rings are emptied. Owner only.
func (w *Window) retire(leaving []*Series) {
	for _, s := range leaving {
		s.gone.Store(true)
		w.slabs[w.slabOf(s.ref)].series[w.placeOf(s.ref)].Store(nil)
		w.index.remove(s.hash, s.ref)
	}
	w.postings.remove(leaving)
	for _, s := range leaving {
		s.rings.Reset(w.placeOf(s.ref))
		w.free = append(w.free, s.ref)
	}
	w.budget.used.Add(-int64(len(leaving)))
}

// outcome is what became of a sample.
type outcome int

const (
	appended   outcome = iota
	outOfOrder         // older than the series' newest, and not held
	duplicate          // held already with the same value
	conflict           // held already with another value
)

// Append adds a sample of a registered series. Times are Unix milliseconds. A sample that is not newer than the
// series' newest is refused and counted, as is one of a ref that Series never gave out. Owner only; allocates nothing.
func (w *Window) Append(ref model.SeriesRef, tMillis int64, v float64) {
	if w.slabOf(ref) >= len(w.slabs) || uint32(ref) >= w.size.Load() {
		w.unknownRef.Add(1)
		return
	}
	rings, place := w.slabs[w.slabOf(ref)].rings, w.placeOf(ref)
	if rings.Append(place, tMillis, v) {
		return
	}
	switch judge(rings, place, tMillis, v) {
	case duplicate:
		w.duplicate.Add(1)
	case conflict:
		w.conflict.Add(1)
	case outOfOrder, appended:
		w.outOfOrder.Add(1)
	}
}

// judge tells why a ring refused a sample. Senders who got no answer send all they have once more, so what is older than
// the newest sample is most often one that is held already.
func judge(rings *ring.Slab, place int, tMillis int64, v float64) outcome {
	held, ok := rings.Find(place, tMillis)
	switch {
	case !ok:
		return outOfOrder
	case math.Float64bits(held) != math.Float64bits(v):
		return conflict
	default:
		return duplicate
	}
}

// Select returns the series that satisfy every matcher, sorted by labels; all of them when there is none. Any goroutine.
func (w *Window) Select(ms ...*labels.Matcher) []*Series {
	return w.Cut(model.FromMillis(math.MaxInt64)).handles(ms)
}

// Stats are the counters of a Window.
type Stats struct {
	Series        int    // registered
	Samples       uint64 // appended, ever
	Live          uint64 // samples held now
	Overwritten   uint64 // samples that newer ones took the place of
	OutOfOrder    uint64 // samples refused because older than their series' newest and not held
	Duplicate     uint64 // samples refused because held already, with the same value
	Conflict      uint64 // samples refused because held already, with another value
	UnknownRef    uint64 // samples refused because of no series
	RefusedSeries uint64 // registrations refused over the budget
}

// Stats adds up the counters; it looks at every ring once. Any goroutine.
func (w *Window) Stats() Stats {
	s := Stats{
		OutOfOrder: w.outOfOrder.Load(), Duplicate: w.duplicate.Load(), Conflict: w.conflict.Load(),
		UnknownRef: w.unknownRef.Load(), RefusedSeries: w.refused.Load(),
	}
	p := w.part()
	for ref := range model.SeriesRef(p.size) {
		if series := p.series(ref); series != nil {
			oldest, end := series.Bounds()
			s.Series++
			s.Samples += end
			s.Overwritten += oldest
			s.Live += end - oldest
		}
	}
	return s
}

// canonical returns the labels sorted and without empty values; the given ones when they are so already, which is the
// rule. The result may be overwritten by the next call.
func (w *Window) canonical(ls model.Labels) model.Labels {
	ok := true
	for i := range ls {
		if ls[i].Value == "" || i > 0 && ls[i].Name < ls[i-1].Name {
			ok = false
			break
		}
	}
	if ok {
		return ls
	}
	w.scratch = w.scratch[:0]
	for _, l := range ls {
		if l.Value != "" {
			w.scratch = append(w.scratch, l)
		}
	}
	w.scratch.Sort()
	return w.scratch
}
