package remotewrite

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gogo/protobuf/proto"
	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"github.com/diagnops/diagnops/engine/model"
	"github.com/diagnops/diagnops/engine/window"
)

// shapes are the requests that are measured: series times samples each.
var shapes = []struct{ series, samples int }{{10_000, 1}, {1_000, 10}, {100, 100}}

func benchLabels(i int) model.Labels {
	return model.NewLabels(map[string]string{
		model.MetricName: "http_request_duration_seconds_bucket", "job": "checkout", "instance": fmt.Sprintf("10.0.%d.%d:9100", i/250, i%250),
		"method": "GET", "path": fmt.Sprintf("/api/v1/items/%d", i%37), "status": "200", "le": fmt.Sprint(i % 13),
		"namespace": "shop", "pod": fmt.Sprintf("checkout-7d4b9c-%05d", i), "zone": "ap-northeast-2a",
	})
}

// bodies is how many requests of a shape there are, each later than the one before.
const bodies = 32

func requests(tb testing.TB, series, samples, version int) [][]byte {
	tb.Helper()
	out := make([][]byte, bodies)
	for i := range out {
		v1, v2, symbols := prompb.WriteRequest{}, writev2.Request{}, writev2.NewSymbolTable()
		for s := range series {
			var one prompb.TimeSeries
			var two writev2.TimeSeries
			for _, l := range benchLabels(s) {
				one.Labels = append(one.Labels, prompb.Label{Name: l.Name, Value: l.Value})
				two.LabelsRefs = append(two.LabelsRefs, symbols.Symbolize(l.Name), symbols.Symbolize(l.Value))
			}
			for k := range samples {
				t, v := at((i*samples+k)*15), float64(s+i*k)*1.25
				one.Samples = append(one.Samples, prompb.Sample{Timestamp: t, Value: v})
				two.Samples = append(two.Samples, writev2.Sample{Timestamp: t, Value: v})
			}
			v1.Timeseries, v2.Timeseries = append(v1.Timeseries, one), append(v2.Timeseries, two)
		}
		v2.Symbols = symbols.Symbols()
		var message proto.Message = &v1
		if version == 2 {
			message = &v2
		}
		b, err := proto.Marshal(message)
		if err != nil {
			tb.Fatal(err)
		}
		out[i] = snappy.Encode(nil, b)
	}
	return out
}

// live returns a live window that runs until the benchmark or test ends.
func live(tb testing.TB, opts window.Options) *window.Live {
	tb.Helper()
	l, err := window.NewLive(window.LiveOptions{Options: opts})
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() { cancel(); running.Wait() })
	return l
}

// receiver takes a compressed request in, until its samples can be seen.
type receiver func(body []byte) error

func ourReceiver(tb testing.TB, version int) receiver {
	tb.Helper()
	h, err := New(live(tb, window.Options{}), Options{MaxAhead: 365 * 24 * time.Hour})
	if err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/v1/write", http.NoBody)
	r.Header.Set("Content-Encoding", "snappy")
	r.Header.Set("Content-Type", mediaType+";proto="+map[int]string{1: messageV1, 2: messageV2}[version])
	from, body := h.senders.of(r), &rewound{}
	r.Body = body
	return func(sent []byte) error {
		body.Reset(sent)
		r.ContentLength = int64(len(sent))
		var a answer
		if h.serve(&a, from, r); a.status != http.StatusNoContent {
			return fmt.Errorf("%d %s", a.status, a.text())
		}
		return nil
	}
}

type rewound struct{ bytes.Reader }

func (*rewound) Close() error { return nil }

// course sends requests to a receiver in turn. When all are through it begins with a new receiver that knows all series,
// off the clock.
type course struct {
	b    *testing.B
	make func() receiver
	sent [][]byte
	next int
	to   receiver
}

func (c *course) step() error {
	if c.next == len(c.sent) || c.to == nil {
		c.b.StopTimer()
		c.to, c.next = c.make(), 1
		if err := c.to(c.sent[0]); err != nil {
			return err
		}
		c.b.StartTimer()
	}
	c.next++
	return c.to(c.sent[c.next-1])
}

func eachShape(b *testing.B, measure func(b *testing.B, version, samples int, sent [][]byte)) {
	b.Helper()
	for _, version := range []int{1, 2} {
		for _, shape := range shapes {
			b.Run(fmt.Sprintf("v%d/series=%d/samples=%d", version, shape.series, shape.samples), func(b *testing.B) {
				sent := requests(b, shape.series, shape.samples, version)
				b.ResetTimer()
				measure(b, version, shape.series*shape.samples, sent)
			})
		}
	}
}

// BenchmarkReceive measures from the compressed request to the visible sample, all series known.
func BenchmarkReceive(b *testing.B) {
	eachShape(b, func(b *testing.B, version, samples int, sent [][]byte) {
		b.Helper()
		b.ReportAllocs()
		c := course{b: b, sent: sent, make: func() receiver { return ourReceiver(b, version) }}
		for b.Loop() {
			if err := c.step(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(samples)*float64(b.N)/1e6/b.Elapsed().Seconds(), "Msamples/s")
	})
}

// BenchmarkDecode measures the decoder alone, from the decompressed message to the batch.
func BenchmarkDecode(b *testing.B) {
	eachShape(b, func(b *testing.B, version, samples int, sent [][]byte) {
		b.Helper()
		message, err := snappy.Decode(nil, sent[0])
		if err != nil {
			b.Fatal(err)
		}
		d := newDecoder()
		read := map[int]func([]byte) error{1: d.v1, 2: d.v2}[version]
		b.ReportAllocs()
		b.SetBytes(int64(len(message)))
		for b.Loop() {
			d.reset(at(1 << 30))
			if err := read(message); err != nil || len(d.plain.Points) != samples {
				b.Fatal(err, len(d.plain.Points))
			}
		}
		b.ReportMetric(float64(samples)*float64(b.N)/1e6/b.Elapsed().Seconds(), "Msamples/s")
	})
}
