package remotewrite

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/prompb"

	"github.com/diagnops/diagnops/engine/model"
)

// amplification is how many bytes of a decoder's space a byte of a message may take, as the options promise, with as much
// again for arrays that have just doubled.
const amplification = 2 * 16

func space(d *decoder) int {
	n := 0
	for _, b := range []*model.Batch{&d.plain, &d.native.Births, &d.native.Counts, &d.native.Rest} {
		n += cap(b.Series)*int(unsafe.Sizeof(model.BatchSeries{})) + cap(b.Points)*int(unsafe.Sizeof(model.Point{}))
	}
	return n + cap(d.labels)*int(unsafe.Sizeof(model.Label{})) + cap(d.symbols)*int(unsafe.Sizeof(""))
}

// fuzz feeds bytes to one decoder: it must not panic, take more space than promised, nor read other than the generated code.
func fuzz(f *testing.F, read func(*decoder, []byte) error, theirs func([]byte) (read, error)) {
	f.Helper()
	f.Fuzz(func(t *testing.T, b []byte) {
		d := newDecoder()
		err := read(d, b)
		if n := space(d); n > 4096+amplification*len(b) && len(d.native.Rest.Series) == 0 {
			t.Errorf("%d bytes of space for %d", n, len(b))
		}
		want, theirErr := theirs(b)
		if err != nil || theirErr != nil || d.native.Counts.Series != nil || d.refuse[badHistogram].n > 0 {
			return
		}
		got := ours(d)
		got.Refused -= d.refuse[tooLongLabels].n // the generated code knows no limit
		if diff := cmp.Diff(want, got); diff != "" && d.refuse[tooLongLabels].n == 0 {
			t.Errorf("(-generated code +ours)\n%s", diff)
		}
	})
}

// seeds are uncompressed requests.
func seeds(f *testing.F, encode func(testing.TB, ...sent) []byte) {
	f.Helper()
	x := one(lb("__name__", "x", "job", "a"), 0, 1)
	x.created = at(-5)
	h := native(lb("__name__", "h"), 0, exponential(3))
	for _, body := range [][]byte{
		encode(f), encode(f, x), encode(f, x, one(lb("__name__", "y", "job", ""), 1, 0)), encode(f, h),
		encode(f, sent{labels: lb("__name__", "e"), exemplars: 1, histograms: []prompb.Histogram{prompb.FromFloatHistogram(7, exponential().ToFloat(nil))}}),
	} {
		b, err := snappy.Decode(nil, body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzDecodeV1(f *testing.F) {
	seeds(f, v1)
	fuzz(f, (*decoder).v1, theirsV1)
}

func FuzzDecodeV2(f *testing.F) {
	seeds(f, v2)
	fuzz(f, (*decoder).v2, theirsV2)
}
