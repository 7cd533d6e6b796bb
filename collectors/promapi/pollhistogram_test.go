package promapi

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	prommodel "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"

	"github.com/diagnops/diagnops/collectors"
	"github.com/diagnops/diagnops/engine/model"
)

// asAPI writes a histogram as Prometheus' API does: with the buckets that hold something.
func asAPI(h *histogram.FloatHistogram) *prommodel.SampleHistogram {
	out := &prommodel.SampleHistogram{Count: prommodel.FloatString(h.Count), Sum: prommodel.FloatString(h.Sum)}
	for it := h.AllBucketIterator(); it.Next(); {
		if b := it.At(); b.Count != 0 {
			out.Buckets = append(out.Buckets, &prommodel.HistogramBucket{
				Lower: prommodel.FloatString(b.Lower), Upper: prommodel.FloatString(b.Upper), Count: prommodel.FloatString(b.Count),
			})
		}
	}
	return out
}

// TestPollHistograms: a bucket that is first shown at 15 s has its value at 0 s too; the overlap changes nothing.
func TestPollHistograms(t *testing.T) {
	t.Parallel()
	at := func(seconds int64, buckets string) string {
		return fmt.Sprintf(`[%d,{"count":"7","sum":"3","buckets":[%s]}]`, epoch.Unix()+seconds, buckets)
	}
	first, second := at(0, `[0,"1","2","7"]`), at(15, `[0,"1","2","2"],[0,"4","+Inf","1"],[0,"2","4","4"]`)
	bad := at(20, `[0,"1","3","2"],[0,"2","4","5"]`)
	s, k := newRawSource(t), newTaker()
	p := poller(t, s, k, PollOptions{Matchers: []string{"lag"}}, Options{})
	for i, hs := range [][]string{{first}, {first, second}, {second, bad}} {
		now := epoch.Add(DefaultOverlap)
		s.turn(now, func(int, request) (reply, bool) {
			return reply{body: matrix(fmt.Sprintf(`{"metric":{"__name__":"lag","job":"j"},"histograms":[%s]}`, strings.Join(hs, ",")))}, true
		})
		if err := p.Poll(t.Context(), now); err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
	want := `lag_bucket{job="j",le="+Inf"} 0:7 15:7
lag_bucket{job="j",le="2"} 0:7 15:2
lag_bucket{job="j",le="4"} 0:7 15:6
lag_count{job="j"} 0:7 15:7
lag_sum{job="j"} 0:3 15:3
`
	if d := cmp.Diff(want, k.printed()); d != "" {
		t.Error(d)
	}
	st := p.Stats()
	onlyAppended(t, st)
	if st.Histograms != 2 || st.Refused != 1 || st.Repeated != 2 || st.Samples != 0 {
		t.Errorf("%+v", st)
	}
}

// classic are the classic points of histograms of one series.
func classic(hs []*histogram.FloatHistogram) map[string][]model.Point {
	out := map[string][]model.Point{}
	known := collectors.NewHistograms(1)
	for i, h := range hs {
		var batch collectors.ClassicBatch
		known.Expand(&batch, model.NewLabels(map[string]string{model.MetricName: "x"}), collectors.NativeSample{TMillis: int64(i + 1), Histogram: h})
		for _, b := range []*model.Batch{&batch.Births, &batch.Counts, &batch.Rest} {
			for j := range b.Series {
				name := b.Series[j].Labels.String()
				out[name] = append(out[name], b.Of(&b.Series[j])...)
			}
		}
	}
	return out
}

// TestHistogramsOfAPI: the buckets of the API give the classic series that the histograms themselves do.
func TestHistogramsOfAPI(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var own, fromAPI []*histogram.FloatHistogram
		schema, offset := rng.Int32N(8)-2, rng.Int32N(9)-4
		custom := rng.IntN(4) == 0
		for range 5 {
			h := &histogram.FloatHistogram{Schema: schema, Sum: 1, ZeroThreshold: 1e-9, ZeroCount: float64(rng.IntN(3))}
			side := func() (spans []histogram.Span, counts []float64) {
				n := 1 + rng.IntN(6)
				for range n {
					counts = append(counts, float64(rng.IntN(4)))
				}
				return []histogram.Span{{Offset: offset, Length: uint32(n)}}, counts
			}
			h.PositiveSpans, h.PositiveBuckets = side()
			h.NegativeSpans, h.NegativeBuckets = side()
			if custom {
				h = &histogram.FloatHistogram{
					Schema: histogram.CustomBucketsSchema, Sum: 1, CustomValues: []float64{-1, 0, .5, 2, 3, 9}, PositiveBuckets: h.PositiveBuckets,
					PositiveSpans: []histogram.Span{{Length: uint32(len(h.PositiveBuckets))}},
				}
			}
			for it := h.AllBucketIterator(); it.Next(); {
				h.Count += it.At().Count
			}
			if err := h.Validate(); err != nil {
				t.Fatal(err)
			}
			got := floatHistogram(asAPI(h))
			if got == nil || got.Validate() != nil {
				t.Fatalf("%v became %v", h, got)
			}
			own, fromAPI = append(own, h), append(fromAPI, got)
		}
		if d := cmp.Diff(classic(own), classic(fromAPI)); d != "" {
			t.Fatalf("(-own +of the API) of %v:\n%s", own, d)
		}
	}
}

// FuzzHistogramOfAPI: whatever a source says is a histogram or is none.
func FuzzHistogramOfAPI(f *testing.F) {
	f.Add([]byte(`{"count":"7","sum":"3","buckets":[[0,"1","2","2"],[0,"2","4","5"]]}`))
	f.Add([]byte(`{"count":"3","sum":"-1","buckets":[[1,"-4","-2","1"],[3,"0","0","1"],[0,"4","+Inf","1"]]}`))
	f.Add([]byte(`{"count":"NaN","buckets":[[0,"-Inf","NaN","-1"]]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h prommodel.SampleHistogram
		if json.Unmarshal(b, &h) != nil {
			return
		}
		got := floatHistogram(&h)
		if got == nil {
			return
		}
		if err := got.Validate(); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		held := 0.0
		for _, one := range h.Buckets {
			held += float64(one.Count)
		}
		below := math.Inf(-1)
		bounds := collectors.AddBounds(nil, got)
		collectors.Cumulate(got, bounds, func(_ int, n float64) {
			if !(n >= below) || n > held*(1+1e-9) {
				t.Fatalf("%s: %v after %v of %v", b, n, below, held)
			}
			below = n
		})
	})
}
