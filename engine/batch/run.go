package batch

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// lookAhead is how many results a worker may be in front of the delivery: enough that one slow job does not idle the
// others at once, few enough that a stuck one cannot pile up a whole data set.
const lookAhead = 4

// PanicError is a job that panicked. One bad incident must not end a run over thousands.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("BUG: the job panicked: %v", e.Value) }

// Result is the outcome of one job.
type Result[Out any] struct {
	Value Out
	Err   error
}

// Run does the jobs on the given number of workers (0 or less: one a processor) and hands each result to deliver, in the
// order of the jobs, on the calling goroutine. A job's error or panic is its result and stops nothing; an error of
// deliver stops the run and is returned. When ctx ends, jobs that run are waited for, those not begun are left out, and
// Run returns the context's cause after delivering the results that come before the first job left out.
func Run[In, Out any](
	ctx context.Context, workers int, jobs []In,
	do func(context.Context, In) (Out, error),
	deliver func(i int, r Result[Out]) error,
) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, len(jobs))
	ctx, cancel := context.WithCancelCause(ctx)
	p := newPool[In, Out](jobs, workers*lookAhead)
	var wg sync.WaitGroup
	defer func() {
		cancel(nil)
		wg.Wait()
	}()
	wg.Go(func() { p.feed(ctx) })
	for range workers {
		wg.Go(func() {
			for i := range p.todo {
				p.done[i] <- attempt(ctx, do, jobs[i])
			}
		})
	}
	for i := range jobs {
		// A job that was begun always sends its result; one that was not has its channel closed by feed.
		r, begun := <-p.done[i]
		if !begun {
			return context.Cause(ctx)
		}
		<-p.ahead
		if err := deliver(i, r); err != nil {
			return err
		}
	}
	return nil
}

type pool[In, Out any] struct {
	todo  chan int           // indices of jobs to begin, in order; closed by feed
	done  []chan Result[Out] // one buffered slot a job: sent once by its worker, or closed by feed when never begun
	ahead chan struct{}      // a token a job that was begun and not delivered; its capacity is the bound
}

func newPool[In, Out any](jobs []In, ahead int) *pool[In, Out] {
	p := &pool[In, Out]{
		todo:  make(chan int),
		done:  make([]chan Result[Out], len(jobs)),
		ahead: make(chan struct{}, max(ahead, 1)),
	}
	for i := range p.done {
		p.done[i] = make(chan Result[Out], 1)
	}
	return p
}

// feed hands out the jobs in order until they end or ctx does.
func (p *pool[In, Out]) feed(ctx context.Context) {
	defer close(p.todo)
	for i := range p.done {
		if !p.offer(ctx, i) {
			for _, never := range p.done[i:] {
				close(never)
			}
			return
		}
	}
}

// offer hands out job i; false means that ctx ended first, so nobody will do it.
func (p *pool[In, Out]) offer(ctx context.Context, i int) bool {
	if ctx.Err() != nil { // stop beats work: select alone would choose at random
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case p.ahead <- struct{}{}:
	}
	select {
	case <-ctx.Done():
		return false
	case p.todo <- i:
		return true
	}
}

func attempt[In, Out any](ctx context.Context, do func(context.Context, In) (Out, error), job In) (r Result[Out]) {
	defer func() {
		if v := recover(); v != nil {
			r.Err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	r.Value, r.Err = do(ctx, job)
	return r
}
