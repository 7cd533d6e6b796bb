package ring

import (
	"fmt"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	r := New(240)
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		r.Append(i, 1.5)
	}
}

// BenchmarkAppendRound appends one sample to each of many rings in turn, as a scrape does: memory, not the cursors, is
// what it costs.
func BenchmarkAppendRound(b *testing.B) {
	const width = 256
	for _, rings := range []int{1_700, 100_000} {
		b.Run(fmt.Sprintf("rings=%d/keep=240", rings), func(b *testing.B) {
			slabs := make([]*Slab, (rings+width-1)/width)
			for i := range slabs {
				slabs[i] = NewSlab(width, 240)
			}
			t := int64(0)
			for b.Loop() {
				t++
				for i := range rings {
					slabs[i/width].Append(i%width, t, 1.5)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rings), "ns/append")
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for _, samples := range []int{64, 240, 1024} {
		for _, width := range []int{1, 256} {
			b.Run(fmt.Sprintf("samples=%d/width=%d", samples, width), func(b *testing.B) {
				slab := NewSlab(width, samples)
				for i := range int64(samples) {
					for k := range width {
						slab.Append(k, i, 1.5)
					}
				}
				ts, vs := make([]int64, samples), make([]float64, samples)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					slab.Ring(i%width).Snapshot(ts, vs)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
			})
		}
	}
}

func BenchmarkQueue(b *testing.B) {
	q := NewQueue[int](64)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		q.Push(i)
		q.Pop()
	}
}
