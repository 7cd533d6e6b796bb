package ring

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCapacity(t *testing.T) {
	for _, c := range []struct{ samples, want int }{
		{-1, 1}, {0, 1}, {1, 1}, {2, 2}, {3, 4}, {240, 256}, {256, 256}, {257, 512}, {MaxCapacity + 1, MaxCapacity},
	} {
		if got := Capacity(c.samples); got != c.want {
			t.Errorf("Capacity(%d) = %d, want %d", c.samples, got, c.want)
		}
	}
}

func TestNewPanicsOnBadCapacity(t *testing.T) {
	for _, c := range []int{-1, 0, 3, 240, 2 * MaxCapacity} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("New(%d) did not panic", c)
				}
			}()
			New(c)
		}()
	}
}

func TestSnapshotOfAnEmptyRing(t *testing.T) {
	ts, vs := make([]int64, 4), make([]float64, 4)
	if n, lost := New(4).Snapshot(ts, vs); n != 0 || lost != 0 {
		t.Errorf("Snapshot = %d, %d, want nothing", n, lost)
	}
}

// The bits of a NaN carry meaning (a stale marker is one NaN among many), so they must come back as they went in.
func TestNaNBitsSurvive(t *testing.T) {
	const marker = 0x7ff0000000000002
	r := New(1)
	r.Append(1, math.Float64frombits(marker))
	ts, vs := make([]int64, 1), make([]float64, 1)
	if n, _ := r.Snapshot(ts, vs); n != 1 || math.Float64bits(vs[0]) != marker {
		t.Errorf("got %d samples, bits %x", n, math.Float64bits(vs[0]))
	}
}

func TestSlabRingsDoNotOverlap(t *testing.T) {
	rings := NewSlab(3, 4)
	for i := range rings {
		for k := range 6 {
			rings[i].Append(int64(100*i+k), float64(i))
		}
	}
	ts, vs := make([]int64, 4), make([]float64, 4)
	for i := range rings {
		n, lost := rings[i].Snapshot(ts, vs)
		want := []int64{int64(100*i + 2), int64(100*i + 3), int64(100*i + 4), int64(100*i + 5)}
		if lost != 2 || !slices.Equal(ts[:n], want) {
			t.Errorf("ring %d: times %v, lost %d, want %v, 2", i, ts[:n], lost, want)
		}
	}
}

// TestModel holds a ring against a plain slice of everything ever written.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := New(1 << rapid.IntRange(0, 5).Draw(t, "log2 capacity"))
		var all []int64
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				for range rapid.IntRange(1, 40).Draw(t, "n") {
					v := int64(len(all))
					r.Append(v, float64(-v))
					all = append(all, v)
				}
			},
			"snapshot": func(t *rapid.T) {
				room := rapid.IntRange(0, 40).Draw(t, "room")
				ts, vs := make([]int64, room), make([]float64, room+rapid.IntRange(0, 3).Draw(t, "more"))
				n, lost := r.Snapshot(ts, vs)
				want := all[len(all)-min(len(all), room, r.Cap()):]
				if !slices.Equal(ts[:n], want) {
					t.Fatalf("times %v, want %v", ts[:n], want)
				}
				for i, v := range vs[:n] {
					if v != float64(-ts[i]) {
						t.Fatalf("value %v at time %d", v, ts[i])
					}
				}
				if want := uint64(len(all) - min(len(all), r.Cap())); lost != want || r.Overwritten() != want {
					t.Fatalf("lost %d, overwritten %d, want %d", lost, r.Overwritten(), want)
				}
			},
			"": func(t *rapid.T) {
				if got, want := r.Len(), min(len(all), r.Cap()); got != want {
					t.Fatalf("Len = %d, want %d", got, want)
				}
				if got := r.Written(); got != uint64(len(all)) {
					t.Fatalf("Written = %d, want %d", got, len(all))
				}
			},
		})
	})
}

func TestNoAllocations(t *testing.T) {
	r := New(256)
	ts, vs := make([]int64, 256), make([]float64, 256)
	i := int64(0)
	if got := testing.AllocsPerRun(1000, func() {
		r.Append(i, float64(i))
		r.Snapshot(ts, vs)
		i++
	}); got != 0 {
		t.Errorf("%v allocations for an append and a snapshot, want 0", got)
	}
}
