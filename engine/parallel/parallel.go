// Package parallel spreads independent work over processors. What comes out does not hang on how many there are: each piece
// of work has a number, and writes to its own place.
package parallel

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// Width is how many pieces of work that is bound by the processor are worth doing at a time.
func Width() int { return runtime.GOMAXPROCS(0) }

// Each calls do for 0 to n-1, at most width at a time, and returns when all calls have. It starts no new call once ctx has
// ended. With a width of 1 everything happens on the caller's goroutine, in order.
func Each(ctx context.Context, n, width int, do func(i int)) {
	if width <= 1 || n <= 1 {
		for i := 0; i < n && ctx.Err() == nil; i++ {
			do(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(width, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				do(i)
			}
		})
	}
	wg.Wait()
}

// leastStretch is how many pieces of work, of some microseconds each, are worth a goroutine.
const leastStretch = 64

// Stretches calls do for stretches that make up 0 to n-1, from inclusive to exclusive, on all processors: for many small
// pieces of work that share scratch space.
func Stretches(n int, do func(from, to int)) {
	size := max(leastStretch, (n+4*Width()-1)/(4*Width()))
	Each(context.Background(), (n+size-1)/size, Width(), func(i int) { do(i*size, min(n, (i+1)*size)) })
}
