package changefeed

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// StoreOptions bound a Store. Zero fields take the defaults.
type StoreOptions struct {
	// Count is how many changes are kept: ten thousand, some 10 MB, by default. Beyond it the oldest are forgotten.
	Count int
	// Age is how long after its time a change is kept: 30 days by default, so that what comes back every month is seen
	// twice.
	Age time.Duration
	// SameWithin is how far apart two sources may place the same change: ten minutes by default, the time that a usual
	// rollout takes from the request to its end.
	SameWithin time.Duration
	// MaxAhead is how far in the future a change may lie: ten minutes by default, more than clocks differ.
	MaxAhead time.Duration
}

func (o StoreOptions) withDefaults() StoreOptions {
	if o.Count == 0 {
		o.Count = 10_000
	}
	for _, d := range []struct {
		v  *time.Duration
		to time.Duration
	}{{&o.Age, 30 * 24 * time.Hour}, {&o.SameWithin, 10 * time.Minute}, {&o.MaxAhead, 10 * time.Minute}} {
		if *d.v == 0 {
			*d.v = d.to
		}
	}
	return o
}

// Validate lists everything that is wrong with the options.
func (o StoreOptions) Validate() error {
	o = o.withDefaults()
	var problems []error
	if o.Count < 1 {
		problems = append(problems, fmt.Errorf("count (%d) must be at least 1", o.Count))
	}
	for _, d := range []struct {
		name string
		v    time.Duration
	}{{"age", o.Age}, {"same within", o.SameWithin}, {"max ahead", o.MaxAhead}} {
		if d.v < 0 {
			problems = append(problems, fmt.Errorf("%s (%s) must be at least 0s", d.name, d.v))
		}
	}
	return errors.Join(problems...)
}

// Added is what became of the changes told at once. New + Updated + Known + Joined + TooOld + TooFarAhead is their
// number.
type Added struct {
	New         int `json:"new"`
	Updated     int `json:"updated"`       // told again by the same source, with something new
	Known       int `json:"known"`         // told again by the same source, with nothing new
	Joined      int `json:"joined"`        // told by another source already
	TooOld      int `json:"too_old"`       // older than what is kept
	TooFarAhead int `json:"too_far_ahead"` // further in the future than clocks differ
	// Unmapped holds the names of what is about no component of the topology, each once. It is kept nevertheless.
	Unmapped []string `json:"unmapped,omitempty"`
}

// StoreStats count what became of all changes since the store was made, and what is kept now.
type StoreStats struct {
	Added     Added // without the names
	Evicted   int   // forgotten: too many, or grown too old
	Kept      int
	Unmapped  int // of those kept
	LastAdded time.Time
}

// Store keeps changes in memory; see the package comment. It is safe for concurrent use.
type Store struct {
	opts StoreOptions

	mu     sync.Mutex
	mapper *Mapper
	sorted []*entry // by time, then key
	byKey  map[string]*entry
	bySame map[sameKey][]*entry
	stats  StoreStats
}

// entry is one change, by all who told of it.
type entry struct {
	told      collectors.ToldChange // all tellings joined; the component as told
	component string                // of the topology, or as told
	mapped    bool
	keys      []string // of all tellings
	formats   []collectors.ChangeFormat
}

// sameKey is what two tellings of one change have in common.
type sameKey struct {
	component string
	kind      model.ChangeKind
	version   string // as far as abbreviated commits agree in it
}

func (e *entry) same() sameKey {
	version := bareVersion(e.told.To)
	return sameKey{e.component, e.told.Kind, version[:min(len(version), minCommit)]}
}

// NewStore returns an empty store, in which changes stay as they are told until there is a mapper.
func NewStore(opts StoreOptions) (*Store, error) {
	if err := opts.Validate(); err != nil {
		return nil, fmt.Errorf("change store options: %w", err)
	}
	return &Store{opts: opts.withDefaults(), byKey: map[string]*entry{}, bySame: map[sameKey][]*entry{}}, nil
}

// SetMapper maps all changes, those kept and those to come, by another mapper. What two sources told of one change under
// different names stays two.
func (s *Store) SetMapper(m *Mapper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mapper = m
	clear(s.bySame)
	for _, e := range s.sorted {
		e.component, e.mapped = m.Component(&e.told.Change)
		s.bySame[e.same()] = append(s.bySame[e.same()], e)
	}
}

// Add takes in what was told, at the time now.
func (s *Store) Add(now time.Time, told []collectors.ToldChange) Added {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a Added
	for _, c := range told {
		e := s.add(&a, now, c)
		if e != nil && !e.mapped && !slices.Contains(a.Unmapped, e.component) {
			a.Unmapped = append(a.Unmapped, e.component)
		}
	}
	for len(s.sorted) > 0 && (len(s.sorted) > s.opts.Count || s.sorted[0].told.At.Before(now.Add(-s.opts.Age))) {
		s.remove(s.sorted[0])
		s.stats.Evicted++
	}
	t := &s.stats.Added
	t.New, t.Updated, t.Known, t.Joined = t.New+a.New, t.Updated+a.Updated, t.Known+a.Known, t.Joined+a.Joined
	t.TooOld, t.TooFarAhead = t.TooOld+a.TooOld, t.TooFarAhead+a.TooFarAhead
	if len(told) > 0 {
		s.stats.LastAdded = now
	}
	return a
}

// add takes in one change and counts what became of it; nil when it is not kept.
func (s *Store) add(a *Added, now time.Time, c collectors.ToldChange) *entry {
	switch {
	case c.At.Before(now.Add(-s.opts.Age)):
		a.TooOld++
		return nil
	case c.At.After(now.Add(s.opts.MaxAhead)):
		a.TooFarAhead++
		return nil
	}
	c.Change = bounded(c.Change)
	if e := s.byKey[c.Key]; e != nil {
		before := e.told
		joined := before.With(c)
		if c.Format == before.Format { // The newer words of whoever told of it first count.
			joined = c.With(before)
			joined.ID, joined.Kind, joined.Key = before.ID, before.Kind, before.Key
		}
		if reflect.DeepEqual(before, joined) {
			a.Known++
			return e
		}
		a.Updated++
		s.replace(e, joined)
		return e
	}
	e := &entry{told: c, keys: []string{c.Key}, formats: []collectors.ChangeFormat{c.Format}}
	e.component, e.mapped = s.mapper.Component(&c.Change)
	if twin := s.twin(e); twin != nil {
		a.Joined++
		twin.keys = append(twin.keys, c.Key)
		twin.formats = append(twin.formats, c.Format)
		s.byKey[c.Key] = twin
		s.replace(twin, twin.told.With(c))
		return twin
	}
	a.New++
	s.byKey[c.Key] = e
	s.insert(e)
	return e
}

// twin finds the change that another source told of already: about the same component, of the same kind, to the same
// version, at about the same time. Without a version there is nothing to know it by.
func (s *Store) twin(e *entry) *entry {
	if e.told.To == "" {
		return nil
	}
	alike := s.bySame[e.same()]
	for _, o := range alike[max(0, len(alike)-maxTwins):] {
		apart := o.told.At.Sub(e.told.At).Abs()
		if apart <= s.opts.SameWithin && !slices.Contains(o.formats, e.told.Format) && sameVersion(o.told.To, e.told.To) &&
			(len(o.told.Instances) == 0 || len(e.told.Instances) == 0 || slices.Equal(o.told.Instances, e.told.Instances)) {
			return o
		}
	}
	return nil
}

const (
	// minCommit is the fewest digits by which a commit is abbreviated.
	minCommit = 7
	// maxTwins bounds how many of the changes alike, the last told of, may be the same as another: who deploys one version
	// of a component more often within minutes tells of instances, or in a loop.
	maxTwins = 32
)

// sameVersion tells whether two texts name one version: they are equal, but for a "v" in front, or one is the other
// abbreviated, as commits are.
func sameVersion(a, b string) bool {
	a, b = bareVersion(a), bareVersion(b)
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= minCommit && strings.HasPrefix(b, a) && strings.Trim(a, "0123456789abcdef") == ""
}

func bareVersion(version string) string { return strings.TrimPrefix(version, "v") }

// replace gives an entry other contents, and the place that goes with them.
func (s *Store) replace(e *entry, told collectors.ToldChange) {
	s.unlink(e)
	told.Change = bounded(told.Change)
	e.told = told
	e.component, e.mapped = s.mapper.Component(&told.Change)
	s.insert(e)
}

func (s *Store) insert(e *entry) {
	i, _ := slices.BinarySearchFunc(s.sorted, e, compare)
	s.sorted = slices.Insert(s.sorted, i, e)
	s.bySame[e.same()] = append(s.bySame[e.same()], e)
}

// unlink takes an entry out of its place in the order.
func (s *Store) unlink(e *entry) {
	if i, found := slices.BinarySearchFunc(s.sorted, e, compare); found {
		s.sorted = slices.Delete(s.sorted, i, i+1)
	}
	rest := slices.DeleteFunc(s.bySame[e.same()], func(o *entry) bool { return o == e })
	if len(rest) == 0 {
		delete(s.bySame, e.same())
		return
	}
	s.bySame[e.same()] = rest
}

func (s *Store) remove(e *entry) {
	s.unlink(e)
	for _, key := range e.keys {
		delete(s.byKey, key)
	}
}

// compare orders entries by time, then by the key that they were first told with, which no two share.
func compare(a, b *entry) int {
	if c := a.told.At.Compare(b.told.At); c != 0 {
		return c
	}
	return strings.Compare(a.keys[0], b.keys[0])
}

// Changes returns the changes in an interval, both ends included, by time, then id, each with the component that it is
// about. A zero end of the interval is open. The result is the caller's; what it refers to is never written to again.
func (s *Store) Changes(in model.Interval) []model.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, _ := slices.BinarySearchFunc(s.sorted, in.From, func(e *entry, t time.Time) int { return e.told.At.Compare(t) })
	var out []model.Change
	for _, e := range s.sorted[from:] {
		if !in.To.IsZero() && e.told.At.After(in.To) {
			break
		}
		c := e.told.Change
		c.Component = e.component
		out = append(out, c)
	}
	collectors.SortChanges(out)
	return out
}

// Stats returns the counters.
func (s *Store) Stats() StoreStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Kept = len(s.sorted)
	for _, e := range s.sorted {
		if !e.mapped {
			st.Unmapped++
		}
	}
	return st
}
