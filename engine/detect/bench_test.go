package detect

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, n)) }

// BenchmarkRead reads frames as incidents have them: seconds apart with a short reference, and minutes apart with a long
// one. Every fifth series steps.
func BenchmarkRead(b *testing.B) {
	for _, size := range []struct{ series, reference, symptom int }{{100, 300, 12}, {1000, 300, 12}, {1000, 300, 120}, {200, 2000, 5}} {
		b.Run(fmt.Sprintf("%dseries/%dpoints/%dwindow", size.series, size.reference, size.symptom), func(b *testing.B) {
			l := straight(size.reference, 24, size.symptom)
			rng := seeded(9)
			for i := range size.series {
				values := families[i%len(families)].course(rng, len(l.phases))
				if i%5 == 0 {
					for k := l.symptomStart(); k < len(values); k++ {
						values[k] *= 5
					}
				}
				l.add(fmt.Sprint("c", i/8), signals[i%len(signals)], values)
			}
			b.ReportAllocs()
			for b.Loop() {
				l.read()
			}
		})
	}
}
