package remotewrite

import (
	"math"

	"github.com/prometheus/prometheus/model/histogram"
	"google.golang.org/protobuf/encoding/protowire"
)

// nativeHistogram is a decoded Histogram message.
type nativeHistogram struct {
	histogram.FloatHistogram
	tMillis, createdMillis int64

	pos, neg side
	custom   []float64 // the space of CustomValues
}

// decode reads a Histogram message: the fields of 1.0 and of 2.0 have the same numbers.
func (h *nativeHistogram) decode(b []byte) error {
	h.pos.reset()
	h.neg.reset()
	h.FloatHistogram, h.custom = histogram.FloatHistogram{}, h.custom[:0]
	h.tMillis, h.createdMillis = 0, 0
	float := false
	var zeroInt, countInt uint64
	var zeroFloat, countFloat float64
	zeroIsFloat := false
	for i := 0; i < len(b); {
		num, typ, next := tag(b, i)
		if next < 0 {
			return errMalformed
		}
		var v uint64
		switch num {
		case 1:
			countInt, i = number(b, next, typ)
			float = false
		case 2:
			countFloat, i = double(b, next, typ)
			float = true
		case 3:
			h.Sum, i = double(b, next, typ)
		case 4:
			v, i = number(b, next, typ)
			h.Schema = int32(protowire.DecodeZigZag(v & math.MaxUint32))
		case 5:
			h.ZeroThreshold, i = double(b, next, typ)
		case 6:
			zeroInt, i = number(b, next, typ)
			zeroIsFloat = false
		case 7:
			zeroFloat, i = double(b, next, typ)
			zeroIsFloat = true
		case 8, 9, 10:
			i = h.neg.field(num-8, b, next, typ)
		case 11, 12, 13:
			i = h.pos.field(num-11, b, next, typ)
		case 15:
			v, i = number(b, next, typ)
			h.tMillis = int64(v)
		case 16:
			h.custom, i = appendDoubles(h.custom, b, next, typ)
		case 17:
			v, i = number(b, next, typ)
			h.createdMillis = int64(v)
		default:
			i = skip(b, next, num, typ)
		}
		if i < 0 {
			return errMalformed
		}
	}
	if float {
		h.Count = countFloat
	} else {
		h.Count = float64(countInt)
	}
	// A message of one kind does not speak of the zero bucket of the other.
	switch {
	case float && zeroIsFloat:
		h.ZeroCount = zeroFloat
	case !float && !zeroIsFloat:
		h.ZeroCount = float64(zeroInt)
	}
	if len(h.custom) > 0 {
		h.CustomValues = h.custom
	}
	h.PositiveSpans, h.PositiveBuckets = h.pos.spans, h.pos.buckets(float)
	h.NegativeSpans, h.NegativeBuckets = h.neg.spans, h.neg.buckets(float)
	return nil
}

// field reads one of the three fields of a side: its spans, deltas and counts.
func (s *side) field(which protowire.Number, b []byte, i int, typ protowire.Type) (next int) {
	switch which {
	case 0:
		return s.span(b, i, typ)
	case 1:
		return s.deltas(b, i, typ)
	default:
		s.counts, next = appendDoubles(s.counts, b, i, typ)
		return next
	}
}

// span reads a BucketSpan message.
func (s *side) span(b []byte, i int, typ protowire.Type) (next int) {
	data, next := chunk(b, i, typ)
	if next < 0 {
		return -1
	}
	var span histogram.Span
	for j := 0; j < len(data); {
		num, typ, after := tag(data, j)
		if after < 0 {
			return -1
		}
		var v uint64
		switch num {
		case 1:
			v, j = number(data, after, typ)
			span.Offset = int32(protowire.DecodeZigZag(v & math.MaxUint32))
		case 2:
			v, j = number(data, after, typ)
			span.Length = uint32(v)
		default:
			j = skip(data, after, num, typ)
		}
		if j < 0 {
			return -1
		}
	}
	s.spans = append(s.spans, span)
	return next
}

// side are the buckets of one sign, as counts of a float histogram, and as the deltas of an integer one summed up.
type side struct {
	spans           []histogram.Span
	counts, summed  []float64
	lastSummedCount float64
}

func (s *side) reset() { *s = side{spans: s.spans[:0], counts: s.counts[:0], summed: s.summed[:0]} }

// buckets picks the counts that belong to the histogram's kind.
func (s *side) buckets(float bool) []float64 {
	if float {
		return s.counts
	}
	return s.summed
}

// appendDoubles reads a repeated double, packed or not.
func appendDoubles(dst []float64, b []byte, i int, typ protowire.Type) (out []float64, next int) {
	if typ == protowire.Fixed64Type {
		v, next := double(b, i, typ)
		return append(dst, v), next
	}
	data, next := chunk(b, i, typ)
	if next < 0 || len(data)%8 != 0 {
		return dst, -1
	}
	for j := 0; j < len(data); j += 8 {
		v, _ := double(data, j, protowire.Fixed64Type)
		dst = append(dst, v)
	}
	return dst, next
}

// deltas reads a repeated sint64, packed or not, and adds the counts they sum up to.
func (s *side) deltas(b []byte, i int, typ protowire.Type) (next int) {
	if typ == protowire.VarintType {
		v, next := number(b, i, typ)
		s.delta(v)
		return next
	}
	data, next := chunk(b, i, typ)
	for j := 0; j < len(data); {
		var v uint64
		if v, j = uvarint(data, j); j < 0 {
			return -1
		}
		s.delta(v)
	}
	return next
}

func (s *side) delta(zigzag uint64) {
	s.lastSummedCount += float64(protowire.DecodeZigZag(zigzag))
	s.summed = append(s.summed, s.lastSummedCount)
}

// maxNativeBuckets bounds the buckets of one histogram sample, empty ones included; 160 is Prometheus' default limit.
const maxNativeBuckets = 2048

// valid tells whether buckets, spans and schema fit together; nothing else may be asked for its buckets.
func (h *nativeHistogram) valid() bool {
	if len(h.PositiveBuckets)+len(h.NegativeBuckets)+len(h.CustomValues) > maxNativeBuckets {
		return false
	}
	if histogram.IsExponentialSchemaReserved(h.Schema) && h.Schema > histogram.ExponentialSchemaMax &&
		h.ReduceResolution(histogram.ExponentialSchemaMax) != nil {
		return false
	}
	return h.Validate() == nil && !math.IsNaN(h.Count)
}
