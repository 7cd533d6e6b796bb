package journal

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/prometheus/prometheus/tsdb/record"

	"github.com/diagnops/diagnops/engine/model"
)

// A series record, as github.com/prometheus/prometheus/tsdb/record spells it: the type as a byte; then of each series its
// reference as eight bytes, big-endian, and its labels: how many as a varint, and of each name and value the length as a
// varint and the bytes. It is spelled here by hand because the labels, so spelled, are also what series are looked up by.

// errSeriesRecord says that a series record is not what its checksum vouches for.
var errSeriesRecord = errors.New("a series record is malformed")

// appendLabels spells labels.
func appendLabels(b []byte, ls model.Labels) []byte {
	b = binary.AppendUvarint(b, uint64(len(ls)))
	for i := range ls {
		b = appendString(b, ls[i].Name)
		b = appendString(b, ls[i].Value)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendSeries spells one series of a series record; key is its labels, spelled.
func appendSeries(b []byte, ref uint32, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(ref)), key...)
}

// readSeries adds the series of a record to those of its segment, whose references count from zero without a gap.
func readSeries(rec []byte, series []model.Labels) ([]model.Labels, error) {
	if len(rec) == 0 || record.Type(rec[0]) != record.Series {
		return series, errSeriesRecord
	}
	d := decoder{rest: string(rec[1:])} // All names and values share this one copy.
	for d.rest != "" {
		if d.ref() != uint64(len(series)) {
			return series, errSeriesRecord
		}
		ls := d.labels()
		if d.bad {
			return series, errSeriesRecord
		}
		series = append(series, ls)
	}
	return series, nil
}

// decoder reads from the front of a string; once something is missing it is bad and reads zeros.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.rest)) {
		d.rest, d.bad = "", true
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) ref() (ref uint64) {
	for _, c := range []byte(d.take(8)) {
		ref = ref<<8 | uint64(c)
	}
	return ref
}

// uvarint reads a number below 2^63; no length is larger.
func (d *decoder) uvarint() (v uint64) {
	for shift := 0; shift < 63; shift += 7 {
		c := d.take(1)
		if d.bad {
			return 0
		}
		v |= uint64(c[0]&0x7f) << shift
		if c[0] < 0x80 {
			return v
		}
	}
	d.bad = true
	return 0
}

func (d *decoder) labels() model.Labels {
	n := d.uvarint()
	if n > uint64(len(d.rest))/2 { // A label takes two bytes at least.
		d.bad = true
		return nil
	}
	ls := make(model.Labels, n)
	for i := range ls {
		ls[i].Name = d.take(d.uvarint())
		ls[i].Value = d.take(d.uvarint())
		if i > 0 && strings.Compare(ls[i-1].Name, ls[i].Name) >= 0 {
			d.bad = true
		}
	}
	return ls
}
