package window

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"sync"
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

	// slabBytes is how much ring space is made at a time: large enough for few allocations, small enough that the last,
	// half-used slab does not matter.
	slabBytes = 1 << 20
	// bytesPerSample is what a sample takes in a ring: a time and a value.
	bytesPerSample = 16
	// maxSlabRings bounds a slab of very short rings.
	maxSlabRings = 256
)

// ErrTooManySeries says that a series was refused because the window holds Options.MaxSeries already.
var ErrTooManySeries = errors.New("too many series")

// Options bound a Window. Zero fields take the defaults.
type Options struct {
	// SamplesPerSeries is how many samples of each series are kept at least; rounded up to a power of two.
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
	opts     Options
	capacity int // of a ring
	seed     maphash.Seed

	// Read and written by the owner only.
	refs     map[uint64]model.SeriesRef   // by hash of the labels: the first series with that hash
	clashes  map[uint64][]model.SeriesRef // the others, should there ever be any
	lastT    []int64                      // newest time by ref; math.MinInt64 = no sample yet
	key      []byte                       // scratch for hashing
	scratch  model.Labels                 // scratch for labels that are not canonical
	hashMask uint64                       // all ones; tests narrow it to make hashes clash

	// Written by the owner with mu held, so read by the owner without it and by others with it. What lies below the
	// length of a slice once read never changes again.
	mu     sync.RWMutex
	series []entry
	free   []ring.Ring // rings of the newest slab not given out yet
	index  postings

	outOfOrder, duplicate, unknownRef, refused atomic.Uint64 // written by the owner, read by anybody
}

// entry is one series; it never changes once registered.
type entry struct {
	labels labels.Labels
	ring   *ring.Ring
}

// New returns an empty window.
func New(opts Options) (*Window, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("window options: %w", err)
	}
	opts = opts.withDefaults()
	return &Window{
		opts:     opts,
		capacity: ring.Capacity(opts.SamplesPerSeries),
		seed:     maphash.MakeSeed(),
		hashMask: math.MaxUint64,
		refs:     map[uint64]model.SeriesRef{},
		clashes:  map[uint64][]model.SeriesRef{},
		index:    postings{},
	}, nil
}

// Series returns the handle of the series with exactly these labels, registering it when it is new. Labels must be
// sorted by name; a label with an empty value counts as absent, as in Prometheus. Over Options.MaxSeries it fails with
// ErrTooManySeries and names the series; a name that comes twice is an error too. Owner only.
func (w *Window) Series(ls model.Labels) (model.SeriesRef, error) {
	ls = w.canonical(ls)
	h := w.hash(ls)
	if ref, ok := w.refs[h]; ok {
		if same(w.series[ref].labels, ls) {
			return ref, nil
		}
		for _, ref := range w.clashes[h] {
			if same(w.series[ref].labels, ls) {
				return ref, nil
			}
		}
	}
	for i := 1; i < len(ls); i++ {
		if ls[i].Name == ls[i-1].Name {
			return 0, fmt.Errorf("registering series %s: label %s comes twice", ls, ls[i].Name)
		}
	}
	if len(w.series) >= w.opts.MaxSeries {
		w.refused.Add(1)
		return 0, fmt.Errorf("registering series %s: %w: the window holds %d", ls, ErrTooManySeries, w.opts.MaxSeries)
	}
	return w.register(h, ls), nil
}

// register adds a series that is known to be new.
func (w *Window) register(h uint64, ls model.Labels) model.SeriesRef {
	ref := model.SeriesRef(len(w.series))
	b := labels.NewScratchBuilder(len(ls))
	for _, l := range ls {
		b.Add(l.Name, l.Value)
	}
	e := entry{labels: b.Labels()}
	if _, taken := w.refs[h]; taken {
		w.clashes[h] = append(w.clashes[h], ref)
	} else {
		w.refs[h] = ref
	}
	w.lastT = append(w.lastT, math.MinInt64)

	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.free) == 0 {
		n := min(max(slabBytes/(bytesPerSample*w.capacity), 1), maxSlabRings, w.opts.MaxSeries-len(w.series))
		w.free = ring.NewSlab(n, w.capacity)
	}
	e.ring, w.free = &w.free[0], w.free[1:]
	w.series = append(w.series, e)
	w.index.add(ref, e.labels)
	return ref
}

// Append adds a sample of a registered series. Times are Unix milliseconds. A sample that is not newer than the
// series' newest is refused and counted, as is one of a ref that Series never gave out. Owner only; allocates nothing.
func (w *Window) Append(ref model.SeriesRef, tMillis int64, v float64) {
	if int(ref) >= len(w.lastT) {
		w.unknownRef.Add(1)
		return
	}
	if last := w.lastT[ref]; tMillis <= last {
		if tMillis == last {
			w.duplicate.Add(1)
		} else {
			w.outOfOrder.Add(1)
		}
		return
	}
	w.lastT[ref] = tMillis
	w.series[ref].ring.Append(tMillis, v)
}

// Stats are the counters of a Window.
type Stats struct {
	Series        int    // registered
	Samples       uint64 // appended, ever
	Live          uint64 // samples held now
	Overwritten   uint64 // samples that newer ones took the place of
	OutOfOrder    uint64 // samples refused because older than their series' newest
	Duplicate     uint64 // samples refused because of the same time as their series' newest
	UnknownRef    uint64 // samples refused because of no series
	RefusedSeries uint64 // registrations refused over the budget
}

// Stats adds up the counters; it looks at every ring once. Any goroutine.
func (w *Window) Stats() Stats {
	s := Stats{
		OutOfOrder: w.outOfOrder.Load(), Duplicate: w.duplicate.Load(),
		UnknownRef: w.unknownRef.Load(), RefusedSeries: w.refused.Load(),
	}
	series := w.snapshot()
	s.Series = len(series)
	for i := range series {
		written, over := series[i].ring.Written(), series[i].ring.Overwritten()
		s.Samples += written
		s.Overwritten += over
		s.Live += written - min(written, over)
	}
	return s
}

// snapshot returns the series registered so far. Any goroutine.
func (w *Window) snapshot() []entry {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.series
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

// hash is a hash of canonical labels. The separator cannot occur in UTF-8, so that different labels rarely meet.
func (w *Window) hash(ls model.Labels) uint64 {
	w.key = w.key[:0]
	for _, l := range ls {
		w.key = append(w.key, l.Name...)
		w.key = append(w.key, 0xff)
		w.key = append(w.key, l.Value...)
		w.key = append(w.key, 0xff)
	}
	return maphash.Bytes(w.seed, w.key) & w.hashMask
}

// same tells whether both are the same labels; a hash that agrees is not enough.
func same(a labels.Labels, b model.Labels) bool {
	i, equal := 0, true
	a.Range(func(l labels.Label) {
		if i >= len(b) || b[i].Name != l.Name || b[i].Value != l.Value {
			equal = false
		}
		i++
	})
	return equal && i == len(b)
}
