package remotewrite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/prompb"

	"github.com/diagnops/diagnops/engine/model"
)

// exponential has 2 observations in (1, 2], then more in (2, 4], (4, 8] and so on, as many as are given.
func exponential(more ...int64) *histogram.Histogram {
	h := &histogram.Histogram{Count: 2, Sum: 3, PositiveSpans: []histogram.Span{{Offset: 1, Length: uint32(1 + len(more))}}, PositiveBuckets: []int64{2}}
	last := int64(2)
	for _, n := range more {
		h.PositiveBuckets = append(h.PositiveBuckets, n-last)
		h.Count += uint64(n)
		last = n
	}
	return h
}

func native(ls model.Labels, seconds int, h *histogram.Histogram) sent {
	return sent{labels: ls, created: at(-60), histograms: []prompb.Histogram{prompb.FromIntHistogram(at(seconds), h)}}
}

// printed lists what is stored: a line a series.
func printed(s *store) string {
	var b strings.Builder
	for _, name := range s.names() {
		fmt.Fprintf(&b, "%s", name)
		for _, p := range s.of(name) {
			if model.IsStale(p.Value) {
				fmt.Fprintf(&b, " %d:stale", (p.TMillis-at(0))/1000)
			} else {
				fmt.Fprintf(&b, " %d:%g", (p.TMillis-at(0))/1000, p.Value)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestHistogramsOverRequests: a bucket that is first shown at 15 s has its value at 0 s too; a request sent again changes
// nothing and is no error.
func TestHistogramsOverRequests(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{typeV1, typeV2} {
		kept := newStore()
		h := newHandler(t, kept, Options{})
		ls := lb("__name__", "lag", "job", "j")
		for i, one := range []sent{
			native(ls, 0, exponential()), native(ls, 15, exponential(0, 5)), native(ls, 15, exponential(0, 5)),
			native(ls, 30, &histogram.Histogram{Sum: model.StaleMarker()}),
		} {
			body := v2(t, one)
			if typ == typeV1 {
				body = v1(t, one)
			}
			w := post(h, typ, body)
			if w.Code != 204 || typ == typeV2 && w.Header().Get("X-Prometheus-Remote-Write-Histograms-Written") != "1" {
				t.Fatalf("request %d: %d %v %s", i, w.Code, w.Header(), w.Body)
			}
		}
		want := `lag_bucket{job="j",le="+Inf"} 0:2 15:7 30:stale
lag_bucket{job="j",le="2"} 0:2 15:2 30:stale
lag_bucket{job="j",le="8"} 0:2 15:7 30:stale
lag_count{job="j"} 0:2 15:7 30:stale
lag_sum{job="j"} 0:3 15:3 30:stale
`
		if d := cmp.Diff(want, printed(kept)); d != "" {
			t.Errorf("%s: %s", typ, d)
		}
		created := map[string]int64{typeV1: 0, typeV2: at(-60)}[typ]
		for _, s := range kept.series {
			if s.created != created {
				t.Errorf("%s: %s was created at %d", typ, s.labels, s.created)
			}
		}
		if s := h.Stats(); s.Histograms != 4 || s.Samples != 0 {
			t.Errorf("%+v", s)
		}
	}
}

func TestHistogramKinds(t *testing.T) {
	t.Parallel()
	custom := &histogram.Histogram{
		Schema: histogram.CustomBucketsSchema, Count: 6, Sum: 9, CustomValues: []float64{0.1, 0.5},
		PositiveSpans: []histogram.Span{{Length: 3}}, PositiveBuckets: []int64{1, 1, 1},
	}
	float := prompb.FromFloatHistogram(at(0), exponential(4).ToFloat(nil))
	kept := newStore()
	h := newHandler(t, kept, Options{})
	w := post(h, typeV2, v2(t, native(lb("__name__", "custom"), 0, custom), sent{labels: lb("__name__", "float"), histograms: []prompb.Histogram{float}}))
	if w.Code != 204 || w.Header().Get("X-Prometheus-Remote-Write-Histograms-Written") != "2" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	want := `custom_bucket{le="+Inf"} 0:6
custom_bucket{le="0.1"} 0:1
custom_bucket{le="0.5"} 0:3
custom_count 0:6
custom_sum 0:9
float_bucket{le="+Inf"} 0:6
float_bucket{le="2"} 0:2
float_bucket{le="4"} 0:6
float_count 0:6
float_sum 0:3
`
	if d := cmp.Diff(want, printed(kept)); d != "" {
		t.Error(d)
	}

	bad := exponential()
	bad.PositiveSpans[0].Length = 9
	late := native(lb("__name__", "late"), 86400, exponential())
	w = post(h, typeV2, v2(t, native(lb("__name__", "bad"), 0, bad), late, native(lb("__name__", "good"), 0, exponential())))
	if w.Code != 400 || w.Header().Get("X-Prometheus-Remote-Write-Histograms-Written") != "1" ||
		!strings.Contains(w.Body.String(), "1 refused: a series must have a valid native histogram, such as bad") ||
		!strings.Contains(w.Body.String(), "1 refused: a series must not have times before 1970 or in the future, such as late") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if d := cmp.Diff([]Count{{"mistimed", 1}, {"bad_histogram", 1}}, h.Stats().Refused); d != "" {
		t.Error(d)
	}
}

// TestWideHistogram: buckets end, once, when there come to be too many; count, sum and +Inf go on.
func TestWideHistogram(t *testing.T) {
	t.Parallel()
	kept := newStore()
	h := newHandler(t, kept, Options{})
	fine := func(n uint32) *histogram.Histogram {
		h := &histogram.Histogram{Schema: 8, Count: uint64(n), PositiveSpans: []histogram.Span{{Offset: 1, Length: n}}, PositiveBuckets: make([]int64, n)}
		h.PositiveBuckets[0] = 1
		return h
	}
	for i, n := range []uint32{2, 600, 600} {
		if w := post(h, typeV1, v1(t, native(lb("__name__", "w"), i, fine(n)))); w.Code != 204 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	lines := strings.Split(strings.TrimSuffix(printed(kept), "\n"), "\n")
	if len(lines) != 5 || !strings.HasSuffix(lines[0], `le="+Inf"} 0:2 1:600 2:600`) || !strings.HasSuffix(lines[1], "0:1 1:stale") {
		t.Errorf("%s", strings.Join(lines, "\n"))
	}
}
