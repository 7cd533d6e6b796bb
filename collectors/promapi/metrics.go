package promapi

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Stats are what a client did since it was made.
type Stats struct {
	Requests uint64 // attempts, retries among them
	Retries  uint64 // attempts after the first
	Failures uint64 // attempts without a usable answer
	Points   uint64 // values received, gaps left out
	Bytes    uint64 // read from answers, after decompression
}

// metrics are the live counters behind Stats.
type metrics struct {
	requests, retries, failures, points, bytes atomic.Uint64
}

func (m *metrics) stats() Stats {
	return Stats{
		Requests: m.requests.Load(), Retries: m.retries.Load(), Failures: m.failures.Load(),
		Points: m.points.Load(), Bytes: m.bytes.Load(),
	}
}

// register shows the counters to reg; nil is nobody.
func (m *metrics) register(reg prometheus.Registerer) error {
	if reg == nil {
		return nil
	}
	for _, c := range []struct {
		name, help string
		v          *atomic.Uint64
	}{
		{"requests_total", "Requests to the source, retries among them.", &m.requests},
		{"retries_total", "Requests made again after a passing failure.", &m.retries},
		{"failures_total", "Requests that got no usable answer.", &m.failures},
		{"points_total", "Values received.", &m.points},
		{"response_bytes_total", "Bytes of answers read, after decompression.", &m.bytes},
	} {
		err := reg.Register(prometheus.NewCounterFunc(
			prometheus.CounterOpts{Namespace: "diagnops", Subsystem: "promapi", Name: c.name, Help: c.help},
			func() float64 { return float64(c.v.Load()) }))
		if err != nil {
			return err
		}
	}
	return nil
}
