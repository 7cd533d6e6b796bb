package remotewrite

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/diagnops/diagnops/engine/model"
)

// known is a series that the sink holds, as a sender spells its labels: they need not be read, judged or looked up when
// they come once more in the same spelling. But for next, nobody writes to it once it is in a memory.
type known struct {
	labels model.Labels
	handle model.SeriesHandle
	next   atomic.Pointer[known] // what came after it the last time: senders keep to an order

	spelled string                  // 1.0: its label fields
	symbols []unique.Handle[string] // 2.0: its names and values, in turn
}

// memory holds what is known, by the hash of the spelling. A hash only finds: the whole spelling is compared, and of two
// spellings with one hash the later one is known. Requests read it side by side, and write to it one at a time.
type memory struct {
	seed maphash.Seed
	max  int

	mu     sync.RWMutex
	series map[uint64]*known // owner: whoever holds mu
	tables tables            // owner: whoever holds mu
	swept  time.Time         // owner: whoever holds mu
	missed uint64            // owner: whoever holds mu; spellings there was no room for
}

func newMemory(most int) *memory {
	return &memory{seed: maphash.MakeSeed(), max: most, series: map[uint64]*known{}}
}

// sweepEvery is how often a full memory is searched for series that are gone: it takes some milliseconds.
const sweepEvery = time.Minute

// learn adds what a request has told and the sink now holds.
func (m *memory) learn(now time.Time, d *decoder) {
	m.learnSeries(now, d)
	m.learnTable(d)
}

// learnSeries adds the series that a request has spelled out.
func (m *memory) learnSeries(now time.Time, d *decoder) {
	if len(d.spellings) == 0 {
		return
	}
	type entry struct {
		hash uint64
		*known
	}
	var learnt []entry
	all := d.plain.Series
	for i := range d.spellings {
		s := &d.spellings[i]
		for len(all) > 0 && all[0].First < s.point { // a limit may have taken series out, but no points
			all = all[1:]
		}
		if len(all) > 0 && all[0].First == s.point && all[0].Handle != nil {
			learnt = append(learnt, entry{s.hash, d.know(s, all[0].Handle)})
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, e := range learnt {
		if _, there := m.series[e.hash]; !there && len(m.series) >= m.max && !m.sweep(now) {
			m.missed += uint64(len(learnt) - i)
			return
		}
		m.series[e.hash] = e.known
	}
}

// sweep makes room, if there is any to be made.
func (m *memory) sweep(now time.Time) bool {
	if now.Sub(m.swept) < sweepEvery {
		return false
	}
	m.swept = now
	for hash, k := range m.series {
		if k.handle.Gone() {
			delete(m.series, hash)
		}
	}
	return len(m.series) < m.max
}

// stats returns how many spellings are known, and how many there was no room for.
func (m *memory) stats() (series int, missed uint64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.series), m.missed
}

// spelling is how a request spells a series that is not known. Its bytes are the message's.
type spelling struct {
	hash   uint64
	labels []byte // 1.0: label fields; 2.0: packed references; nil = not to be learnt
	point  int    // index of the series' first point in the batch
}

// know copies a spelling and all that a known series is made of.
func (d *decoder) know(s *spelling, h model.SeriesHandle) *known {
	k := &known{handle: h}
	if d.version == 1 {
		fields := bytes.Clone(s.labels)
		k.spelled = text(fields)
		for i := 0; i < len(fields); {
			var field []byte
			field, i = chunk(fields, i+1, protowire.BytesType)
			name, value, _ := label(field)
			k.labels = append(k.labels, model.Label{Name: text(name), Value: text(value)})
		}
		k.labels = slices.Clip(k.labels)
		return k
	}
	for i := 0; i < len(s.labels); {
		var ref uint64
		ref, i = uvarint(s.labels, i)
		k.symbols = append(k.symbols, unique.Make(d.symbols[uint32(ref)]))
	}
	k.symbols = slices.Clip(k.symbols)
	k.labels = make(model.Labels, 0, len(k.symbols)/2)
	for i := 0; i < len(k.symbols); i += 2 {
		k.labels = append(k.labels, model.Label{Name: k.symbols[i].Value(), Value: k.symbols[i+1].Value()})
	}
	return k
}

// maxWrong is how many guesses in a row may be wrong until no more are made: to look at the wrong series costs as much as
// to find the right one by its hash. They are made again as soon as one would have been right.
const maxWrong = 8

// guess returns the series that came next the last time.
func (d *decoder) guess() *known {
	if d.before == nil || d.wrong >= maxWrong {
		return nil
	}
	d.wrong++
	return d.before.next.Load()
}

// find returns the series that may have the spelling with a hash.
func (d *decoder) find(hash uint64) *known {
	k := d.memory.series[hash]
	if k == nil || k.handle.Gone() {
		return nil
	}
	return k
}

// recognise makes k the current series.
func (d *decoder) recognise(k *known) {
	if d.before != nil {
		if d.before.next.Load() == k {
			d.wrong = 0
		} else {
			d.before.next.Store(k)
		}
	}
	d.before, d.current.known = k, k
}

// recallV1 looks for the known series that b spells, and returns where its labels end; 0 when there is none.
func (d *decoder) recallV1(b []byte) (end int) {
	if k := d.guess(); k != nil {
		end = len(k.spelled)
		if end > 0 && len(b) >= end && text(b[:end]) == k.spelled && (len(b) == end || b[end] != tagBytes1) && !k.handle.Gone() {
			d.recognise(k)
			return end
		}
	}
	end = 0
	for end < len(b) && b[end] == tagBytes1 {
		if _, end = chunk(b, end+1, protowire.BytesType); end < 0 {
			return 0 // whoever reads the labels will tell
		}
	}
	fields := b[:end]
	h := maphash.Bytes(d.memory.seed, fields)
	if k := d.find(h); k != nil && k.spelled == text(fields) {
		d.recognise(k)
		return end
	}
	d.current.spelling = spelling{hash: h, labels: fields}
	return 0
}

// recallV2 looks for the known series that b refers to, and returns where its references end; 0 when there is none. The
// message's symbols have been read.
func (d *decoder) recallV2(b []byte) (end int) {
	if len(b) == 0 || b[0] != tagBytes1 {
		return 0
	}
	refs, end := chunk(b, 1, protowire.BytesType)
	if end < 0 {
		return 0
	}
	if k := d.guess(); k != nil && d.refers(refs, k) && !k.handle.Gone() {
		d.recognise(k)
		d.referred = append(d.referred, referred{k, refs})
		return end
	}
	h, ok := d.hashSymbols(refs)
	if !ok {
		return 0
	}
	if k := d.find(h); k != nil && d.refers(refs, k) {
		d.recognise(k)
		d.referred = append(d.referred, referred{k, refs})
		return end
	}
	d.current.spelling = spelling{hash: h, labels: refs}
	return 0
}

// symbol is what the decoder knows of a symbol of the message at hand, beside its text.
type symbol struct {
	handle unique.Handle[string] // of its text, once a known series was found to have it; until then the zero handle
	hash   uint64                // of its text, once asked for; until then 0
}

// refers tells whether packed references are those to the names and values of a known series. A text is compared the first
// time that a message refers to it; from then on its handle is, of which there is one a text.
func (d *decoder) refers(refs []byte, k *known) bool {
	about := d.about
	i := 0
	for n, want := range k.symbols {
		if i >= len(refs) {
			return false
		}
		ref := uint32(refs[i]) // what is common in a request comes early in it, so that most references are one byte
		if i++; ref >= 0x80 {
			var v uint64
			if v, i = longUvarint(refs, i-1); i < 0 {
				return false
			}
			ref = uint32(v) // as the type says, whatever was sent
		}
		if uint64(ref) >= uint64(len(about)) {
			return false
		}
		if have := about[ref].handle; have != want {
			if have != (unique.Handle[string]{}) || d.symbols[ref] != k.text(n) {
				return false
			}
			about[ref].handle = want
		}
	}
	return i == len(refs) && len(k.symbols) > 0
}

// text returns the text of symbol n. Asked of its handle it would lie one more step away.
func (k *known) text(n int) string {
	if n%2 == 0 {
		return k.labels[n/2].Name
	}
	return k.labels[n/2].Value
}

// hashSymbols hashes what packed references refer to; ok is false when one refers to nothing. Hashes of symbols are folded
// in as in wyhash (github.com/wangyi-fudan/wyhash): multiplied to 128 bits, the halves of which are joined.
func (d *decoder) hashSymbols(refs []byte) (h uint64, ok bool) {
	const odd = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio
	for i := 0; i < len(refs); {
		var v uint64
		if v, i = uvarint(refs, i); i < 0 || uint64(uint32(v)) >= uint64(len(d.about)) {
			return 0, false
		}
		about := &d.about[uint32(v)]
		if about.hash == 0 {
			about.hash = maphash.String(d.memory.seed, d.symbols[uint32(v)])
		}
		hi, lo := bits.Mul64(h^about.hash, odd)
		h = hi ^ lo + about.hash
	}
	return h, true
}
