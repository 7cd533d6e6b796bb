package window

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestTableModel holds the table against a map, with few hashes so that runs grow long and wrap around.
func TestTableModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab table
		hashOf := map[model.SeriesRef]uint32{}
		bits := rapid.SampledFrom([]uint32{0, 3, 15, 0xfffffff0, 0xffffffff}).Draw(t, "hash bits")
		next := model.SeriesRef(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				h := rapid.Uint32().Draw(t, "hash") & bits
				tab.add(h, next)
				hashOf[next] = h
				next++
			},
			"remove": func(t *rapid.T) {
				if next == 0 {
					t.Skip("nothing was ever added")
				}
				ref := model.SeriesRef(rapid.IntRange(0, int(next)-1).Draw(t, "ref"))
				if h, ok := hashOf[ref]; ok {
					tab.remove(h, ref)
					delete(hashOf, ref)
				}
			},
			"": func(t *rapid.T) {
				if tab.used != len(hashOf) {
					t.Fatalf("%d used, want %d", tab.used, len(hashOf))
				}
				for ref, h := range hashOf {
					if got, ok := tab.find(h, func(r model.SeriesRef) bool { return r == ref }); !ok || got != ref {
						t.Fatalf("find(%x) = %d, %v, want %d", h, got, ok, ref)
					}
				}
				if _, ok := tab.find(bits, func(r model.SeriesRef) bool { return hashOf[r] != bits || r >= next }); ok {
					t.Fatal("a series is found that was removed, or has another hash")
				}
			},
		})
	})
}
