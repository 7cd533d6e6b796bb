package ring

import (
	"fmt"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	r := New(256)
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		r.Append(i, 1.5)
	}
}

// BenchmarkAppendRound appends one sample to each of many rings in turn, as a scrape does: memory, not the cursors, is
// what it costs.
func BenchmarkAppendRound(b *testing.B) {
	for _, rings := range []int{1_700, 100_000} {
		b.Run(fmt.Sprintf("rings=%d/capacity=256", rings), func(b *testing.B) {
			slab := NewSlab(rings, 256)
			t := int64(0)
			for b.Loop() {
				t++
				for i := range slab {
					slab[i].Append(t, 1.5)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rings), "ns/append")
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for _, samples := range []int{64, 256, 1024} {
		b.Run(fmt.Sprintf("samples=%d", samples), func(b *testing.B) {
			r := New(samples)
			for i := range int64(samples) {
				r.Append(i, 1.5)
			}
			ts, vs := make([]int64, samples), make([]float64, samples)
			b.ReportAllocs()
			for b.Loop() {
				r.Snapshot(ts, vs)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
		})
	}
}
