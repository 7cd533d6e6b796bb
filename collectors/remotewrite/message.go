package remotewrite

import (
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// v1 reads a prometheus.WriteRequest.
func (d *decoder) v1(b []byte) error {
	for i := 0; i < len(b); {
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		switch num {
		case 1:
			var series []byte
			if series, i = chunk(b, next, typ); i < 0 {
				return errMalformed
			}
			if err := d.seriesV1(series); err != nil {
				return err
			}
		case 3:
			d.seen.Metadata++
			i = skip(b, next, num, typ)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return errMalformed
		}
	}
	return nil
}

// seriesV1 reads a prometheus.TimeSeries. The usual one is a stretch of labels, then of samples, all with lengths of one
// byte; whatever else is allowed is read field by field.
func (d *decoder) seriesV1(b []byte) error {
	d.begin()
	i := d.recallV1(b)
	if i == 0 {
		i = d.shortLabels(b)
	}
	for i < len(b) {
		if b[i] == tagBytes2 {
			if i = d.shortSamples(b, i, tagBytes2); i == len(b) {
				break
			}
		}
		begin := i
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		var data []byte
		var err error
		switch num {
		case 1, 2, 3, 4:
			data, i = chunk(b, next, typ)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return errMalformed
		}
		switch num {
		case 1:
			if begin >= len(d.current.spelling.labels) {
				d.unfold()
			}
			err = d.labelV1(data)
		case 2:
			err = d.sample(data)
		case 3:
			d.current.exemplars++
		case 4:
			d.current.histograms = append(d.current.histograms, data)
		}
		if err != nil {
			return err
		}
	}
	return d.end()
}

// shortLabels reads the labels that a series begins with as long as they are written the usual way, and returns where
// something else begins. What stands between their texts is tags and lengths below 128, which are ASCII: the stretch as a
// whole is valid UTF-8 if and only if every text is.
func (d *decoder) shortLabels(b []byte) (end int) {
	for {
		name, value, next := shortLabel(b, end)
		if next < 0 {
			break
		}
		d.label(text(name), text(value))
		end = next
	}
	d.current.doubtful = !utf8.Valid(b[:end])
	return end
}

// labelV1 reads a prometheus.Label.
func (d *decoder) labelV1(b []byte) error {
	name, value, ok := label(b)
	if !ok {
		return errMalformed
	}
	d.current.doubtful = true
	d.label(text(name), text(value))
	return nil
}

// label reads the fields of a prometheus.Label.
func label(b []byte) (name, value []byte, ok bool) {
	for i := 0; i < len(b); {
		num, typ, next := tag(b, i)
		if next < 0 {
			return nil, nil, false
		}
		switch num {
		case 1:
			name, i = chunk(b, next, typ)
		case 2:
			value, i = chunk(b, next, typ)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return nil, nil, false
		}
	}
	return name, value, true
}

// v2 reads an io.prometheus.write.v2.Request: its symbols first, unless its table is remembered, then its series.
func (d *decoder) v2(b []byte) error {
	d.message = b
	i := 0
	if d.table = d.memory.tables.of(b); d.table != nil {
		i = len(d.table.symbols)
	} else if err := d.readSymbols(); err != nil {
		return err
	}
	for i < len(b) {
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		var data []byte
		switch num {
		case 4, 5:
			data, i = chunk(b, next, typ)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return errMalformed
		}
		if num == 5 {
			if err := d.seriesV2(data); err != nil {
				return err
			}
		}
	}
	return nil
}

// readSymbols reads the symbols of the message, wherever they stand, unless it has.
func (d *decoder) readSymbols() error {
	if len(d.symbols) > 0 {
		return nil
	}
	b := d.message
	apart := false // something else stands before some of them
	for i := 0; i < len(b); {
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		if num != 4 {
			if i = skip(b, next, num, typ); i < 0 {
				return errMalformed
			}
			continue
		}
		if apart = apart || i != d.tableEnd; apart {
			d.tableEnd = 0
		}
		var symbol []byte
		if symbol, i = chunk(b, next, typ); i < 0 {
			return errMalformed
		}
		d.symbols = append(d.symbols, text(symbol))
		if !apart {
			d.tableEnd = i
		}
	}
	if len(d.symbols) == 0 || d.symbols[0] != "" {
		return errSymbols
	}
	d.about = slices.Grow(d.about, len(d.symbols))[:len(d.symbols)]
	clear(d.about)
	return nil
}

// seriesV2 reads an io.prometheus.write.v2.TimeSeries.
func (d *decoder) seriesV2(b []byte) error {
	d.begin()
	refs := references{d: d}
	i := d.recallReferrer(b)
	if i == 0 {
		if err := d.readSymbols(); err != nil {
			return err
		}
		i = d.recallV2(b)
	}
	for i < len(b) {
		begin := i
		if b[i] == tagBytes2 {
			if i = d.shortSamples(b, i, tagBytes2); i == len(b) {
				break
			}
		}
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		var data []byte
		switch num {
		case 1:
			if err := d.readSymbols(); err != nil {
				return err
			}
			if begin > 0 {
				d.unfold()
			}
			i = refs.field(b, next, typ)
		case 2, 3, 4:
			data, i = chunk(b, next, typ)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return errMalformed
		}
		switch num {
		case 2:
			if err := d.sample(data); err != nil {
				return err
			}
		case 3:
			d.current.histograms = append(d.current.histograms, data)
		case 4:
			d.current.exemplars++
		}
	}
	c := &d.current
	samples := len(d.plain.Points) - c.point0 + c.mistimed
	switch {
	case refs.n%2 != 0:
		c.fault = badReference
	case c.fault != fine:
	case samples > 0 && len(c.histograms) > 0:
		c.fault = mixed
	case samples+len(c.histograms)+c.exemplars == 0: // exemplars alone is how Prometheus sends them
		d.refuse.add(noSamples, 1, c.labels(d))
	}
	return d.end()
}

// references turns labels_refs, in pairs, into the labels of the current series.
type references struct {
	d    *decoder
	n    int
	name string // of the pair's first half
}

// field reads a repeated uint32, packed or not.
func (r *references) field(b []byte, i int, typ protowire.Type) (next int) {
	if typ == protowire.VarintType {
		v, next := number(b, i, typ)
		r.add(v)
		return next
	}
	data, next := chunk(b, i, typ)
	for j := 0; j < len(data); {
		var v uint64
		if v, j = uvarint(data, j); j < 0 {
			return -1
		}
		r.add(v)
	}
	return next
}

func (r *references) add(v uint64) {
	r.n++
	ref := uint32(v) // as the type says, whatever was sent
	if uint64(ref) >= uint64(len(r.d.symbols)) {
		r.d.current.fault = badReference
		return
	}
	if r.n%2 == 1 {
		r.name = r.d.symbols[ref]
		return
	}
	r.d.label(r.name, r.d.symbols[ref])
}
