package ring

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestShape(t *testing.T) {
	for _, c := range []struct{ keep, rows, stride uint64 }{
		{1, 2, 1},
		{2, 2, 1},
		{3, 4, 2},
		{4, 4, 1},
		{8, 8, 1},
		{5, 8, 4},
		{240, 256, 16},
		{241, 256, 16},
		{242, 256, 8},
		{256, 256, 1},
		{257, 512, 16},
	} {
		if rows, stride := shape(int(c.keep)); rows != c.rows || stride != c.stride {
			t.Errorf("shape(%d) = %d rows, stride %d, want %d, %d", c.keep, rows, stride, c.rows, c.stride)
		}
	}
}

func TestNewPanicsOnBadSize(t *testing.T) {
	for _, c := range [][2]int{{1, -1}, {1, 0}, {1, MaxCapacity + 1}, {0, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewSlab(%d, %d) did not panic", c[0], c[1])
				}
			}()
			NewSlab(c[0], c[1])
		}()
	}
}

func TestSnapshotOfAnEmptyRing(t *testing.T) {
	ts, vs := make([]int64, 4), make([]float64, 4)
	if n, lost := New(4).Snapshot(ts, vs); n != 0 || lost != 0 {
		t.Errorf("Snapshot = %d, %d, want nothing", n, lost)
	}
	if n, first := New(4).Since(0, ts, vs); n != 0 || first != 0 {
		t.Errorf("Since = %d, %d, want nothing", n, first)
	}
}

func TestAppendRefusesWhatIsNotLater(t *testing.T) {
	r := New(4)
	for _, c := range []struct {
		t    int64
		want bool
	}{{math.MinInt64, false}, {-5, true}, {-5, false}, {-6, false}, {0, true}, {math.MaxInt64, true}, {math.MaxInt64, false}} {
		if got := r.Append(c.t, 1); got != c.want {
			t.Errorf("Append at %d = %v, want %v", c.t, got, c.want)
		}
	}
	if oldest, end := r.Bounds(); oldest != 0 || end != 3 {
		t.Errorf("Bounds = %d, %d, want 0, 3", oldest, end)
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

func TestBytesCountsEverything(t *testing.T) {
	s := NewSlab(8, 240)
	if got, want := Bytes(8, 240), 16*len(s.slots)+8*len(s.reserve)+16*len(s.heads); got != want {
		t.Errorf("Bytes = %d, want %d", got, want)
	}
}

// history is everything ever written to a ring since it was last emptied; sample q has the value -times[q].
type history struct{ times []int64 }

// TestModel holds the rings of a slab against plain slices of everything ever written.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.IntRange(1, 70).Draw(t, "keep")
		slab := NewSlab(rapid.IntRange(1, 3).Draw(t, "rings"), keep)
		all := make([]history, slab.Rings())
		pick := func(t *rapid.T) (int, *history) {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "ring")
			return i, &all[i]
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				i, h := pick(t)
				now := int64(-100)
				if len(h.times) > 0 {
					now = h.times[len(h.times)-1]
				}
				for range rapid.IntRange(1, 40).Draw(t, "n") {
					step := rapid.Int64Range(-1, 3).Draw(t, "step")
					now += step
					taken := slab.Append(i, now, float64(-now))
					if want := len(h.times) == 0 || now > h.times[len(h.times)-1]; taken != want {
						t.Fatalf("Append at %d = %v, want %v", now, taken, want)
					} else if taken {
						h.times = append(h.times, now)
					}
				}
			},
			"reset": func(t *rapid.T) {
				i, h := pick(t)
				slab.Reset(i)
				h.times = nil
			},
			"find": func(t *rapid.T) {
				i, h := pick(t)
				oldest, _ := slab.Ring(i).Bounds()
				at := rapid.Int64Range(-102, 100).Draw(t, "at")
				v, ok := slab.Find(i, at)
				if want := slices.Contains(h.times[oldest:], at); ok != want || ok && v != float64(-at) {
					t.Fatalf("Find(%d) = %v, %v, want %v", at, v, ok, want)
				}
			},
			"snapshot": func(t *rapid.T) {
				i, h := pick(t)
				room := rapid.IntRange(0, 100).Draw(t, "room")
				ts, vs := make([]int64, room), make([]float64, room+rapid.IntRange(0, 3).Draw(t, "more"))
				n, lost := slab.Ring(i).Snapshot(ts, vs)
				checkCopied(t, h, ts[:n], vs[:n], len(h.times)-n)
				if held := len(h.times) - int(lost); n != min(held, room) {
					t.Fatalf("%d samples for %d held and room for %d", n, held, room)
				}
			},
			"since": func(t *rapid.T) {
				i, h := pick(t)
				room := rapid.IntRange(0, 100).Draw(t, "room")
				from := rapid.IntRange(0, len(h.times)+3).Draw(t, "from")
				ts, vs := make([]int64, room), make([]float64, room)
				oldest, _ := slab.Ring(i).Bounds()
				n, first := slab.Ring(i).Since(uint64(from), ts, vs)
				wantFirst := from
				if from < len(h.times) {
					wantFirst = max(from, int(oldest))
				}
				if want := min(room, max(0, len(h.times)-wantFirst)); int(first) != wantFirst || n != want {
					t.Fatalf("Since(%d) = %d from %d, want %d from %d", from, n, first, want, wantFirst)
				}
				checkCopied(t, h, ts[:n], vs[:n], int(first))
			},
			"": func(t *rapid.T) {
				for i := range all {
					written := len(all[i].times)
					oldest, end := slab.Ring(i).Bounds()
					if int(end) != written || written-int(oldest) < min(written, keep) {
						t.Fatalf("ring %d holds %d to %d of %d, want at least %d", i, oldest, end, written, keep)
					}
					if last, n, ok := slab.Newest(i); int(n) != written || ok != (written > 0) || ok && last != all[i].times[written-1] {
						t.Fatalf("Newest(%d) = %d, %d, %v", i, last, n, ok)
					}
				}
			},
		})
	})
}

// checkCopied holds copied samples against the history from number first on.
func checkCopied(t *rapid.T, h *history, ts []int64, vs []float64, first int) {
	if len(ts) > 0 && !slices.Equal(ts, h.times[first:first+len(ts)]) {
		t.Fatalf("times %v, want those from number %d of %v", ts, first, h.times)
	}
	for i, v := range vs {
		if v != float64(-ts[i]) {
			t.Fatalf("value %v at time %d", v, ts[i])
		}
	}
}

func TestNoAllocations(t *testing.T) {
	r := New(256)
	ts, vs := make([]int64, 256), make([]float64, 256)
	i := int64(0)
	if got := testing.AllocsPerRun(1000, func() {
		r.Append(i, float64(i))
		r.Snapshot(ts, vs)
		r.Since(uint64(i), ts, vs)
		i++
	}); got != 0 {
		t.Errorf("%v allocations for an append and two reads, want 0", got)
	}
}
