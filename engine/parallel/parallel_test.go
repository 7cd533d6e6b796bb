package parallel

import (
	"context"
	"sync/atomic"
	"testing"
)

func TestEachDoesEverythingOnce(t *testing.T) {
	for _, width := range []int{0, 1, 2, 7, 200} {
		for _, n := range []int{0, 1, 2, 100} {
			done := make([]atomic.Int32, n)
			var now, most atomic.Int32
			Each(t.Context(), n, width, func(i int) {
				if at := now.Add(1); at > most.Load() {
					most.Store(at)
				}
				done[i].Add(1)
				now.Add(-1)
			})
			for i := range done {
				if got := done[i].Load(); got != 1 {
					t.Errorf("of %d on %d: number %d was done %d times", n, width, i, got)
				}
			}
			if int(most.Load()) > max(1, width) {
				t.Errorf("of %d on %d: %d were done at a time", n, width, most.Load())
			}
		}
	}
}

func TestEachEndsWithItsContext(t *testing.T) {
	for _, width := range []int{1, 4} {
		ctx, cancel := context.WithCancel(t.Context())
		var n atomic.Int32
		Each(ctx, 1000, width, func(int) {
			n.Add(1)
			cancel()
		})
		if got := int(n.Load()); got > width {
			t.Errorf("on %d: %d were begun after the end", width, got-1)
		}
	}
}

func TestStretchesMakeUpTheWhole(t *testing.T) {
	for _, n := range []int{0, 1, leastStretch, leastStretch + 1, 10_007} {
		done := make([]atomic.Int32, n)
		Stretches(n, func(from, to int) {
			if from >= to {
				t.Errorf("of %d: an empty stretch from %d to %d", n, from, to)
			}
			for i := from; i < to; i++ {
				done[i].Add(1)
			}
		})
		for i := range done {
			if got := done[i].Load(); got != 1 {
				t.Fatalf("of %d: number %d was done %d times", n, i, got)
			}
		}
	}
}
