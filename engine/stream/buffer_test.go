package stream

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"github.com/diagnops/diagnops/engine/model"
)

// TestBufferCounts moves a range over random samples and counts anew what the buffer keeps up.
func TestBufferCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b buffer
		var all []model.Point
		var f fold
		after, upTo := int64(-10), int64(-1)
		for range 60 {
			for range rapid.IntRange(0, 4).Draw(t, "new") {
				p := model.Point{TMillis: int64(len(all)), Value: float64(rapid.IntRange(0, 3).Draw(t, "value"))}
				all = append(all, p)
				if b.push(p) {
					t.Fatal("dropped a sample")
				}
			}
			upTo += rapid.Int64Range(0, 4).Draw(t, "up")
			after = max(after, upTo-rapid.Int64Range(1, 30).Draw(t, "length"))
			b.slide(after, upTo)
			n, resets, changes, sum := 0, 0, 0, 0.0
			for i, p := range all {
				if p.TMillis <= after || p.TMillis > upTo {
					continue
				}
				if n > 0 && p.Value < all[i-1].Value {
					resets++
				}
				if n > 0 && p.Value != all[i-1].Value {
					changes++
				}
				n++
				sum += p.Value
			}
			if b.len() != n || b.resets != resets || b.changes != changes {
				t.Fatalf("(%d, %d]: %d samples, %d resets, %d changes, want %d, %d, %d", after, upTo, b.len(), b.resets, b.changes, n, resets, changes)
			}
			if n > 0 && rapid.Bool().Draw(t, "look") {
				if got := f.of(&b, foldSum).total(); got != sum {
					t.Fatalf("(%d, %d]: sum %g, want %g", after, upTo, got, sum)
				}
			}
		}
	})
}

// TestBufferIsBounded pushes more than a buffer may hold.
func TestBufferIsBounded(t *testing.T) {
	var b buffer
	dropped := 0
	for i := range int64(maxBuffered + 10) {
		if b.push(model.Point{TMillis: i, Value: float64(-i)}) {
			dropped++
		}
		b.slide(-1, i)
	}
	if dropped != 10 || b.len() != maxBuffered || b.resets != maxBuffered-1 || b.first().TMillis != 10 {
		t.Errorf("dropped %d, %d left, %d resets, first %v", dropped, b.len(), b.resets, *b.first())
	}
}

// TestSelectorIndexFindsAll holds the index against trying every selector.
func TestSelectorIndexFindsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := selectorIndex{byLabel: map[labels.Label][]selector{}}
		var all []selector
		for range rapid.IntRange(1, 8).Draw(t, "selectors") {
			p, err := Compile(exprs{t}.selector())
			if err != nil {
				t.Fatal(err)
			}
			s := p.root.build(&building{}).(selector)
			all = append(all, s)
			x.file(s)
		}
		for _, ls := range drawSeries(t) {
			found := x.matching(ls)
			n := 0
			for _, s := range all {
				if s.sel().matches(ls) {
					n++
				}
			}
			if len(found) != n {
				t.Fatalf("%s: %d selectors found, want %d", ls, len(found), n)
			}
		}
	})
}
