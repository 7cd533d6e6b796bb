package remotewrite

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/diagnops/diagnops/engine/model"
)

// The functions of this file read protobuf's wire format (protobuf.dev/programming-guides/encoding) in place. They take a
// message and an index into it and return the index after what they read, or a negative one when the message is cut off
// or malformed there.

// errMalformed is all that is told of bytes that are no protobuf message of the kind: a sender's user can do nothing with more.
var errMalformed = errors.New("is not a protobuf message of the type named in Content-Type")

// errSymbols is what 2.0 does not let pass: senders refer to symbol 0 for what is not said.
var errSymbols = errors.New("must have the empty string as the first of its symbols")

// uvarint reads a base-128 number. Nearly all tags and lengths are one byte.
func uvarint(b []byte, i int) (v uint64, next int) {
	if i < len(b) && b[i] < 0x80 {
		return uint64(b[i]), i + 1
	}
	return longUvarint(b, i)
}

func longUvarint(b []byte, i int) (v uint64, next int) {
	if len(b)-i >= 2 && b[i+1] < 0x80 {
		return uint64(b[i]&0x7f) | uint64(b[i+1])<<7, i + 2
	}
	v, n := protowire.ConsumeVarint(b[i:])
	if n < 0 {
		return 0, -1
	}
	return v, i + n
}

// tag reads the number and the type of a field.
func tag(b []byte, i int) (num protowire.Number, typ protowire.Type, next int) {
	v, next := uvarint(b, i)
	if next < 0 {
		return 0, 0, -1
	}
	if num, typ = protowire.DecodeTag(v); num < protowire.MinValidNumber {
		return 0, 0, -1
	}
	return num, typ, next
}

// chunk reads bytes with their length before them: a text, a message, packed numbers.
func chunk(b []byte, i int, typ protowire.Type) (data []byte, next int) {
	if typ != protowire.BytesType {
		return nil, -1
	}
	n, i := uvarint(b, i)
	if i < 0 || n > uint64(len(b)-i) {
		return nil, -1
	}
	next = i + int(n)
	return b[i:next:next], next
}

// number reads a varint field.
func number(b []byte, i int, typ protowire.Type) (v uint64, next int) {
	if typ != protowire.VarintType {
		return 0, -1
	}
	return uvarint(b, i)
}

// double reads a fixed64 field as a float.
func double(b []byte, i int, typ protowire.Type) (v float64, next int) {
	if typ != protowire.Fixed64Type || len(b)-i < 8 {
		return 0, -1
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b[i:])), i + 8
}

// skip passes over a field that nothing is made of.
func skip(b []byte, i int, num protowire.Number, typ protowire.Type) (next int) {
	if typ == protowire.BytesType {
		_, next = chunk(b, i, typ)
		return next
	}
	n := protowire.ConsumeFieldValue(num, typ, b[i:])
	if n < 0 {
		return -1
	}
	return i + n
}

// text is b as a string that shares its bytes: it is valid until b's buffer is used again. This is the one place where
// bytes become strings without being copied.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// These tags begin the fields of the messages that make up nearly all of a request, as one byte each.
const (
	tagBytes1   = 1<<3 | byte(protowire.BytesType)   // Label.name
	tagBytes2   = 2<<3 | byte(protowire.BytesType)   // Label.value
	tagDouble1  = 1<<3 | byte(protowire.Fixed64Type) // Sample.value
	tagVarint2  = 2<<3 | byte(protowire.VarintType)  // Sample.timestamp
	oneByteSize = 0x80                               // a length below it is one byte
)

// shortLabel reads the Label field at b[i] when it is written the usual way: field 1 of its series, name before value,
// every length one byte. Anything else is left to label; it returns a negative index then.
func shortLabel(b []byte, i int) (name, value []byte, next int) {
	if len(b)-i < 6 || b[i] != tagBytes1 || b[i+2] != tagBytes1 {
		return nil, nil, -1
	}
	size, n := int(b[i+1]), int(b[i+3])
	next = i + 2 + size
	v := i + 4 + n // where the value begins, with its tag
	if size >= oneByteSize || next > len(b) || v+2 > next || b[v] != tagBytes2 || v+2+int(b[v+1]) != next {
		return nil, nil, -1
	}
	return b[i+4 : v : v], b[v+2 : next : next], next
}

// usualSamples reads Sample fields with the one-byte tag from b[i] on as long as they are the usual ones to the byte: a value
// and a time of six bytes, which is any from 1971 to 2109, and not later than latest. It adds them to points, and returns
// where anything else begins.
func usualSamples(b []byte, i int, tag byte, latest uint64, points []model.Point) (more []model.Point, next int) {
	const (
		size = 1 + 8 + 1 + 6 // of a sample; before it stand its tag and its length
		// The first four bytes up to the value's, and the last eight from the value's last one on.
		headMask           = 0x00ffffff
		tailMask, tailWant = 0x80808080_8080_ff_00, 0x00808080_8080_00_00 | uint64(tagVarint2)<<8
	)
	headWant := uint32(tag) | size<<8 | uint32(tagDouble1)<<16
	for len(b)-i >= 2+size {
		s := b[i : i+2+size : i+2+size]
		t := binary.LittleEndian.Uint64(s[2+size-8:])
		if binary.LittleEndian.Uint32(s)&headMask != headWant || t&tailMask != tailWant {
			break
		}
		// The groups of seven bits are pushed together in pairs, then into one.
		t = t>>16&0x007f007f007f | t>>17&(0x7f007f007f00>>1)
		t = t&0x3fff | t>>2&(0x3fff<<14) | t>>4&(0x3fff<<28)
		if t > latest {
			break
		}
		points = append(points, model.Point{TMillis: int64(t), Value: math.Float64frombits(binary.LittleEndian.Uint64(s[3:]))})
		i += 2 + size
	}
	return points, i
}

// shortSample reads the Sample field at b[i] when it is written the usual way: a length of one byte, the value unless it
// is zero, then the time. The tag at b[i] has been looked at. Anything else is left to sample; it returns a negative index then.
func shortSample(b []byte, i int) (value float64, tMillis int64, next int) {
	if len(b)-i < 4 || b[i+1] < 2 || b[i+1] >= oneByteSize {
		return 0, 0, -1
	}
	next = i + 2 + int(b[i+1])
	if next > len(b) {
		return 0, 0, -1
	}
	i += 2
	if b[i] == tagDouble1 && next-i > 10 {
		value = math.Float64frombits(binary.LittleEndian.Uint64(b[i+1:]))
		i += 9
	}
	if b[i] != tagVarint2 {
		return 0, 0, -1
	}
	t, ok := wholeVarint(b, i+1, next)
	if !ok {
		return 0, 0, -1
	}
	return value, int64(t), next
}

// wholeVarint reads a varint of at most eight bytes that takes up all of b[i:end], without a loop: times have six bytes.
// The groups of seven bits are pushed together in pairs, then in fours, then in eights.
func wholeVarint(b []byte, i, end int) (v uint64, ok bool) {
	const more = 0x8080808080808080 // set in every byte but the last
	n := end - i
	if n < 1 || n > 8 || len(b)-i < 8 {
		return slowVarint(b, i, end)
	}
	x := binary.LittleEndian.Uint64(b[i:]) << (8 * (8 - n)) >> (8 * (8 - n))
	if bits.OnesCount64(x&more) != n-1 || b[end-1] >= 0x80 {
		return 0, false
	}
	x &^= more
	x = x&0x007f007f007f007f | x&0x7f007f007f007f00>>1
	x = x&0x00003fff00003fff | x&0x3fff00003fff0000>>2
	return x&0x000000000fffffff | x&0x0fffffff00000000>>4, true
}

func slowVarint(b []byte, i, end int) (v uint64, ok bool) {
	if i >= end {
		return 0, false
	}
	v, next := uvarint(b[:end], i)
	return v, next == end
}
