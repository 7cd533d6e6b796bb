package peers

import (
	"fmt"
	"testing"

	"github.com/gogo/protobuf/proto"
		"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/diagnops/diagnops/engine/model"
)

// shapes are the requests that are measured: series times samples of each.
var shapes = []struct{ series, samples int }{{10_000, 1}, {1_000, 10}, {100, 100}}

const (
	// rounds is how many requests of a shape there are, each later than the one before.
	rounds       = 32
	scrapeMillis = 15_000
	beginMillis  = 1_790_000_000_000
)

// benchLabels are labels of usual size of series i.
func benchLabels(i int) model.Labels {
	return model.NewLabels(map[string]string{
		model.MetricName: "http_request_duration_seconds_bucket", "job": "checkout",
		"instance": fmt.Sprintf("10.0.%d.%d:9100", i/250, i%250), "method": "GET",
		"path": fmt.Sprintf("/api/v1/items/%d", i%37), "status": "200", "le": fmt.Sprint(i % 13),
		"namespace": "shop", "pod": fmt.Sprintf("checkout-7d4b9c-%05d", i), "zone": "ap-northeast-2a",
	})
}

// request is one of a run of requests, as both protocols send it.
type request struct {
	v1    []byte // 1.0, plain
	sent1 []byte // 1.0, compressed
	sent2 []byte // 2.0, compressed
}

// sentIn returns the compressed body in a version of the protocol.
func (r *request) sentIn(version int) []byte {
	if version == 2 {
		return r.sent2
	}
	return r.sent1
}

// requests makes requests with the series in the order given by place, which is the same in all of them.
func requests(b *testing.B, series, samples int, place func(round, i int) int) []request {
	b.Helper()
	labels := make([]model.Labels, series)
	for i := range labels {
		labels[i] = benchLabels(i)
	}
	out := make([]request, rounds)
	for round := range out {
		v1, v2, symbols := prompb.WriteRequest{}, writev2.Request{}, writev2.NewSymbolTable()
		for i := range series {
			s := place(round, i)
			var one prompb.TimeSeries
			var two writev2.TimeSeries
			for _, l := range labels[s] {
				one.Labels = append(one.Labels, prompb.Label{Name: l.Name, Value: l.Value})
				two.LabelsRefs = append(two.LabelsRefs, symbols.Symbolize(l.Name), symbols.Symbolize(l.Value))
			}
			for k := range samples {
				t, v := beginMillis+int64(round*samples+k)*scrapeMillis, float64(s+round*k)*1.25
				one.Samples = append(one.Samples, prompb.Sample{Timestamp: t, Value: v})
				two.Samples = append(two.Samples, writev2.Sample{Timestamp: t, Value: v})
			}
			v1.Timeseries, v2.Timeseries = append(v1.Timeseries, one), append(v2.Timeseries, two)
		}
		v2.Symbols = symbols.Symbols()
		plain := marshal(b, &v1)
		out[round] = request{v1: plain, sent1: compress(b, plain), sent2: compress(b, marshal(b, &v2))}
	}
	return out
}

// compress does as Prometheus does when it sends.
func compress(b *testing.B, plain []byte) []byte {
	b.Helper()
	out, err := compression.Encode(compression.Snappy, plain, nil)
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func marshal(b *testing.B, m proto.Message) []byte {
	b.Helper()
	out, err := proto.Marshal(m)
	if err != nil {
		b.Fatal(err)
	}
	return out
}
