package synth

import (
	"context"
	"fmt"
	"testing"

	"github.com/diagnops/diagnops/collectors/bundle"
)

func TestScratch(t *testing.T) {
	for _, k := range Kinds() {
		ok, bad := 0, 0
		for seed := range uint64(12) {
			h, err := run(Options{Seed: seed, Faults: []Kind{k}})
			if err != nil {
				bad++
				continue
			}
			ok++
			f := h.faults[0]
			fmt.Printf("%-18s seed %d at %s(%s) level %g entry %s worse %.2f from %d onset %d\n", k, seed, h.graph.nodes[f.node].name, h.graph.nodes[f.node].kind, f.level, h.symptom.signal, h.worse[0], h.symptom.from, h.onset)
		}
		fmt.Println(k, ok, bad)
	}
}

func TestBundle(t *testing.T) {
	sc, err := Generate(Options{Seed: 1, Faults: []Kind{KindCPU}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := sc.WriteBundle(dir); err != nil {
		t.Fatal(err)
	}
	sum, problems, err := bundle.Check(context.Background(), dir)
	fmt.Println(sum, problems, err)
}

func BenchmarkGenerate(b *testing.B) {
	for _, c := range []Options{{Components: 50}, {Components: 50, Detail: DetailLean}, {Components: 1000, Detail: DetailLean}} {
		b.Run(fmt.Sprintf("%d-%s", c.Components, c.Detail), func(b *testing.B) {
			b.ReportAllocs()
			c.Faults = []Kind{KindCPU}
			for b.Loop() {
				sc, err := Generate(c)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(sc.Data.NumSamples()), "samples")
			}
		})
	}
}
