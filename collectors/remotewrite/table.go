package remotewrite

import (
	"bytes"
	"hash/maphash"
	"slices"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// table is the symbols of an earlier request of 2.0 and the series that referred to them. A sender that sends the same
// series in the same order sends the same symbols; then a series with the same references is the same, and neither the
// symbols nor what they say need be read. Nobody writes to a table once it is in a memory.
type table struct {
	symbols []byte // symbol fields that a request begins with: all it has
	refs    []byte // packed references of all series, one after the other
	series  []referrer
}

// referrer is a known series of a table.
type referrer struct {
	*known
	from, to int // its references in table.refs
}

const (
	// maxTables is how many tables are remembered: some more than there are shards of one Prometheus at work on usual load,
	// each of which sends series of its own.
	maxTables = 16
	// maxTableBytes bounds each, everything counted. A request of 10,000 series, which is five times what Prometheus sends, takes half of it.
	maxTableBytes = 2 << 20
	// maxSeen is how many tables are kept in mind that came once. One that comes again is remembered.
	maxSeen = 4 * maxTables
	// seenEnd is how many bytes of a table's end tell it from others then: there is what only its last series say.
	seenEnd = 256
	// maxMissing is how many series of a table in a row may be missing from a request.
	maxMissing = 8
)

// tables are those that a memory holds; the oldest gives way first.
type tables struct {
	held []*table
	seen []uint64 // hashes of the ends of those that came once
}

// of returns the table that a message begins with, the longest of several; nil when none is remembered.
func (t *tables) of(message []byte) (found *table) {
	for _, one := range t.held {
		if (found == nil || len(one.symbols) > len(found.symbols)) && bytes.HasPrefix(message, one.symbols) {
			found = one
		}
	}
	return found
}

// again tells whether a table with this hash came before, and notes that it came.
func (t *tables) again(hash uint64) bool {
	if i := slices.Index(t.seen, hash); i >= 0 {
		t.seen = slices.Delete(t.seen, i, i+1)
		return true
	}
	if len(t.seen) == maxSeen {
		t.seen = slices.Delete(t.seen, 0, 1)
	}
	t.seen = append(t.seen, hash)
	return false
}

// add remembers a table, instead of the oldest one if need be.
func (t *tables) add(one *table) {
	if len(t.held) == maxTables {
		t.held = slices.Delete(t.held, 0, 1)
	}
	t.held = append(t.held, one)
}

// drop forgets a table.
func (t *tables) drop(one *table) {
	t.held = slices.DeleteFunc(t.held, func(o *table) bool { return o == one })
}

// referred is a series that was known although no table told so, and its references in the message.
type referred struct {
	*known
	refs []byte
}

// learnTable remembers the table of a request when it came before; or forgets the one that the request began with, when
// series came that it should have told of.
func (m *memory) learnTable(d *decoder) {
	if len(d.referred) == 0 || d.table == nil && d.tableEnd == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if d.table != nil {
		m.tables.drop(d.table)
		return
	}
	t := &table{symbols: d.message[:d.tableEnd]}
	refs := 0
	for _, r := range d.referred {
		refs += len(r.refs)
	}
	if len(t.symbols)+refs+len(d.referred)*int(unsafe.Sizeof(referrer{})) > maxTableBytes ||
		!m.tables.again(maphash.Bytes(m.seed, t.symbols[max(0, len(t.symbols)-seenEnd):])+uint64(len(t.symbols))) {
		return
	}
	t.symbols = bytes.Clone(t.symbols)
	t.refs = make([]byte, 0, refs)
	t.series = make([]referrer, 0, len(d.referred))
	for _, r := range d.referred {
		from := len(t.refs)
		t.refs = append(t.refs, r.refs...)
		t.series = append(t.series, referrer{r.known, from, len(t.refs)})
	}
	m.tables.add(t)
}

// recallReferrer looks for the series of the message's table that has the references b begins with, and returns where
// they end; 0 when there is none.
func (d *decoder) recallReferrer(b []byte) (end int) {
	t := d.table
	if t == nil || len(b) == 0 || b[0] != tagBytes1 {
		return 0
	}
	refs, end := chunk(b, 1, protowire.BytesType)
	if end < 0 {
		return 0
	}
	for i := d.place; i < min(d.place+maxMissing, len(t.series)); i++ {
		if r := &t.series[i]; bytes.Equal(refs, t.refs[r.from:r.to]) {
			d.place = i + 1
			if r.handle.Gone() {
				return 0
			}
			d.before, d.current.known = r.known, r.known
			return end
		}
	}
	return 0
}
