package remotewrite

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/gogo/protobuf/proto"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// read is a message as both decoders show it: a line for each point, with its series, and how many were refused.
type read struct {
	Points    []string
	Exemplars int
	Refused   int
}

func point(ls model.Labels, t int64, v float64, created int64) string {
	return fmt.Sprintf("%q %d %x %d", ls, t, math.Float64bits(v), created)
}

// ours decodes with the package's decoder, native histograms left as they are.
func ours(d *decoder) read {
	var r read
	for i := range d.plain.Series {
		s := &d.plain.Series[i]
		for _, p := range d.plain.Of(s) {
			r.Points = append(r.Points, point(s.Labels, p.TMillis, p.Value, s.CreatedMillis))
		}
	}
	r.Exemplars, r.Refused = d.seen.Exemplars, d.refuse.total()
	return r
}

// good says by the words of the specification whether labels are fit to be stored.
func good(ls model.Labels) bool {
	if len(ls) == 0 || len(ls) > defaultLabels || ls.Get(model.MetricName) == "" {
		return false
	}
	for i, l := range ls {
		if l.Name == "" || !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value) || i > 0 && ls[i-1].Name >= l.Name {
			return false
		}
	}
	return true
}

func theirsV1(b []byte) (r read, err error) {
	var req prompb.WriteRequest
	if err := proto.Unmarshal(b, &req); err != nil {
		return r, err
	}
	for _, ts := range req.Timeseries {
		var ls model.Labels
		for _, l := range ts.Labels {
			if l.Value != "" {
				ls = append(ls, model.Label{Name: l.Name, Value: l.Value})
			}
		}
		if !good(ls) {
			r.Refused += len(ts.Samples) + len(ts.Histograms)
			continue
		}
		r.Exemplars += len(ts.Exemplars)
		for _, s := range ts.Samples {
			if s.Timestamp < 0 {
				r.Refused++
				continue
			}
			r.Points = append(r.Points, point(ls, s.Timestamp, s.Value, 0))
		}
	}
	return r, nil
}

func theirsV2(b []byte) (r read, err error) {
	var req writev2.Request
	if err := proto.Unmarshal(b, &req); err != nil {
		return r, err
	}
	if len(req.Symbols) == 0 || req.Symbols[0] != "" {
		return r, errSymbols
	}
	for _, ts := range req.Timeseries {
		var ls model.Labels
		fit := len(ts.LabelsRefs)%2 == 0
		for i, ref := range ts.LabelsRefs {
			fit = fit && int(ref) < len(req.Symbols)
			if fit && i%2 == 1 && req.Symbols[ref] != "" {
				ls = append(ls, model.Label{Name: req.Symbols[ts.LabelsRefs[i-1]], Value: req.Symbols[ref]})
			}
		}
		n := len(ts.Samples) + len(ts.Histograms)
		switch {
		case fit && n+len(ts.Exemplars) == 0:
			r.Refused++
			continue
		case !fit || !good(ls) || len(ts.Samples) > 0 && len(ts.Histograms) > 0:
			r.Refused += n
			continue
		}
		r.Exemplars += len(ts.Exemplars)
		for _, s := range ts.Samples {
			if s.Timestamp < 0 {
				r.Refused++
				continue
			}
			r.Points = append(r.Points, point(ls, s.Timestamp, s.Value, s.StartTimestamp))
		}
	}
	return r, nil
}

// drawText draws texts that are short, long, empty, and sometimes not UTF-8.
func drawText(t *rapid.T, what string) string {
	switch rapid.IntRange(0, 9).Draw(t, what+" kind") {
	case 0:
		return ""
	case 1:
		return string(rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, what))
	case 2:
		return rapid.StringN(100, 200, 300).Draw(t, what)
	case 3:
		return "지연" + rapid.StringMatching(`[a-z]{1,20}`).Draw(t, what)
	default:
		return rapid.StringMatching(`[a-z_]{1,20}`).Draw(t, what)
	}
}

// drawLabels draws labels that are mostly good.
func drawLabels(t *rapid.T) model.Labels {
	ls := model.Labels{{Name: model.MetricName, Value: drawText(t, "metric")}}
	for range rapid.IntRange(0, 6).Draw(t, "labels") {
		ls = append(ls, model.Label{Name: drawText(t, "name"), Value: drawText(t, "value")})
	}
	if rapid.IntRange(0, 9).Draw(t, "sorted") > 0 {
		ls.Sort()
		ls = slices.CompactFunc(ls, func(a, b model.Label) bool { return a.Name == b.Name })
	}
	return ls
}

// Generators are made for each test: parallel tests may not share one.

func times() *rapid.Generator[int64] {
	return rapid.OneOf(rapid.Int64Range(at(0), at(1000)), rapid.Int64Range(-3, 300), rapid.Int64())
}

func values() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), model.StaleMarker(), math.Inf(1)}))
}

func TestDecoderAgreesV1(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var req prompb.WriteRequest
		for range rapid.IntRange(0, 5).Draw(t, "series") {
			var ts prompb.TimeSeries
			for _, l := range drawLabels(t) {
				ts.Labels = append(ts.Labels, prompb.Label{Name: l.Name, Value: l.Value})
			}
			for range rapid.IntRange(0, 4).Draw(t, "samples") {
				ts.Samples = append(ts.Samples, prompb.Sample{Timestamp: times().Draw(t, "time"), Value: values().Draw(t, "value")})
			}
			for range rapid.IntRange(0, 2).Draw(t, "exemplars") {
				ts.Exemplars = append(ts.Exemplars, prompb.Exemplar{Labels: []prompb.Label{{Name: "trace_id", Value: "1"}}, Value: 1})
			}
			req.Timeseries = append(req.Timeseries, ts)
		}
		for range rapid.IntRange(0, 2).Draw(t, "metadata") {
			req.Metadata = append(req.Metadata, prompb.MetricMetadata{MetricFamilyName: "m", Help: "helps"})
		}
		b, err := proto.Marshal(&req)
		if err != nil {
			t.Fatal(err)
		}
		d := newDecoder()
		if err := d.v1(b); err != nil {
			t.Fatal(err)
		}
		want, err := theirsV1(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ours(d)); diff != "" {
			t.Fatalf("(-generated code +ours)\n%s", diff)
		}
		if d.seen.Metadata != len(req.Metadata) {
			t.Fatalf("%d of %d metadata", d.seen.Metadata, len(req.Metadata))
		}
	})
}

func TestDecoderAgreesV2(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		symbols := writev2.NewSymbolTable()
		var req writev2.Request
		for range rapid.IntRange(0, 5).Draw(t, "series") {
			var ts writev2.TimeSeries
			for _, l := range drawLabels(t) {
				ts.LabelsRefs = append(ts.LabelsRefs, symbols.Symbolize(l.Name), symbols.Symbolize(l.Value))
			}
			if rapid.IntRange(0, 9).Draw(t, "bad reference") == 0 {
				ts.LabelsRefs = append(ts.LabelsRefs, rapid.Uint32().Draw(t, "reference"))
			}
			for range rapid.IntRange(0, 4).Draw(t, "samples") {
				ts.Samples = append(ts.Samples, writev2.Sample{
					Timestamp: times().Draw(t, "time"), Value: values().Draw(t, "value"),
					StartTimestamp: rapid.SampledFrom([]int64{0, 0, 0, 1, at(-7), -1}).Draw(t, "start"),
				})
			}
			for range rapid.IntRange(0, 2).Draw(t, "exemplars") {
				ts.Exemplars = append(ts.Exemplars, writev2.Exemplar{Value: 1, Timestamp: 1})
			}
			ts.Metadata = writev2.Metadata{Type: writev2.Metadata_METRIC_TYPE_COUNTER, HelpRef: symbols.Symbolize("helps")}
			req.Timeseries = append(req.Timeseries, ts)
		}
		req.Symbols = symbols.Symbols()
		b, err := proto.Marshal(&req)
		if err != nil {
			t.Fatal(err)
		}
		d := newDecoder()
		if err := d.v2(b); err != nil {
			t.Fatal(err)
		}
		want, err := theirsV2(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ours(d)); diff != "" {
			t.Fatalf("(-generated code +ours)\n%s", diff)
		}
	})
}

// TestHistogramAgrees holds a decoded histogram against what prompb makes of it; 2.0 has the same fields.
func TestHistogramAgrees(t *testing.T) {
	t.Parallel()
	spans := func(t *rapid.T, what string) (out []prompb.BucketSpan) {
		for range rapid.IntRange(0, 3).Draw(t, what) {
			out = append(out, prompb.BucketSpan{
				Offset: rapid.Int32().Draw(t, "offset"), Length: rapid.Uint32Range(0, 9).Draw(t, "length"),
			})
		}
		return out
	}
	floats, ints := rapid.SliceOfN(values(), 0, 6), rapid.SliceOfN(rapid.Int64Range(-1<<40, 1<<40), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		in := prompb.Histogram{
			Sum: values().Draw(t, "sum"), Schema: rapid.Int32().Draw(t, "schema"), ZeroThreshold: values().Draw(t, "threshold"),
			Timestamp: times().Draw(t, "time"), PositiveSpans: spans(t, "positive"), NegativeSpans: spans(t, "negative"),
			PositiveDeltas: ints.Draw(t, "positive deltas"), NegativeDeltas: ints.Draw(t, "negative deltas"),
			PositiveCounts: floats.Draw(t, "positive counts"), NegativeCounts: floats.Draw(t, "negative counts"),
			CustomValues: floats.Draw(t, "custom"),
		}
		if rapid.Bool().Draw(t, "float") {
			in.Count = &prompb.Histogram_CountFloat{CountFloat: values().Draw(t, "count")}
			in.ZeroCount = &prompb.Histogram_ZeroCountFloat{ZeroCountFloat: values().Draw(t, "zero count")}
		} else {
			in.Count = &prompb.Histogram_CountInt{CountInt: rapid.Uint64().Draw(t, "count")}
			in.ZeroCount = &prompb.Histogram_ZeroCountInt{ZeroCountInt: rapid.Uint64().Draw(t, "zero count")}
		}
		b, err := proto.Marshal(&in)
		if err != nil {
			t.Fatal(err)
		}
		got := nativeHistogram{tMillis: 7, custom: []float64{1}, pos: side{counts: []float64{1}, summed: []float64{2}, lastSummedCount: 3}}
		if err := got.decode(b); err != nil {
			t.Fatal(err)
		}
		var back prompb.Histogram
		if err := proto.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		want := back.ToFloatHistogram()
		want.CounterResetHint = 0
		text := func(h *histogram.FloatHistogram) string {
			return fmt.Sprintf("%d %x %x %x %x %v %x %v %x %x", h.Schema, math.Float64bits(h.ZeroThreshold), math.Float64bits(h.ZeroCount),
				math.Float64bits(h.Count), math.Float64bits(h.Sum), h.PositiveSpans, h.PositiveBuckets, h.NegativeSpans, h.NegativeBuckets, h.CustomValues)
		}
		if diff := cmp.Diff(text(want), text(&got.FloatHistogram)); diff != "" || got.tMillis != in.Timestamp {
			t.Fatalf("(-generated code +ours) %s", diff)
		}
		got.valid() // does not panic on nonsense
	})
}
