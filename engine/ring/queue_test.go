package ring

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNewQueuePanicsOnBadCapacity(t *testing.T) {
	for _, capacity := range []int{-1, 0, 3} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewQueue(%d) did not panic", capacity)
				}
			}()
			NewQueue[int](capacity)
		}()
	}
}

// TestQueueModel holds a queue against a slice with the gaps between its values.
func TestQueueModel(t *testing.T) {
	type item struct {
		v   int
		gap uint64
	}
	rapid.Check(t, func(t *rapid.T) {
		q := NewQueue[int](1 << rapid.IntRange(0, 4).Draw(t, "log2 capacity"))
		var inside []item
		pushed, gap, refused := 0, uint64(0), uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				pushed++
				fits := len(inside) < q.Cap()
				if got := q.Push(pushed); got != fits {
					t.Fatalf("Push with %d of %d inside = %v", len(inside), q.Cap(), got)
				}
				if fits {
					inside, gap = append(inside, item{pushed, gap}), 0
				} else {
					gap++
					refused++
				}
			},
			"pop": func(t *rapid.T) {
				v, g, ok := q.Pop()
				if ok != (len(inside) > 0) || ok && (item{v, g}) != inside[0] {
					t.Fatalf("Pop = %d, gap %d, %v, want the first of %v", v, g, ok, inside)
				}
				if ok {
					inside = inside[1:]
				}
			},
			"": func(t *rapid.T) {
				if q.Empty() != (len(inside) == 0) || q.Refused() != refused {
					t.Fatalf("empty %v, refused %d with %v inside, want %d", q.Empty(), q.Refused(), inside, refused)
				}
			},
		})
	})
}

// pipe is what the queue's hammer strikes: the queue itself, and the variants below.
type pipe interface {
	Push(v uint64) bool
	Pop() (v, gap uint64, ok bool)
}

// queueVariant is the queue written once more, giving way in the middle of its work, and with something wrong on
// request. Its cells are atomics, so that the race detector leaves the finding of the faults to the hammer.
type queueVariant struct {
	tail, head atomic.Uint64
	gap        uint64
	cells      []struct{ v, gap atomic.Uint64 }
	early      bool // the producer moves its cursor before it writes the cell
	overwrites bool // the producer does not look whether there is room
	silent     bool // the producer forgets what it refused
}

func (q *queueVariant) Push(v uint64) bool {
	tail, size := q.tail.Load(), uint64(len(q.cells))
	if !q.overwrites && tail-q.head.Load() >= size {
		if !q.silent {
			q.gap++
		}
		return false
	}
	giveWay := func() {
		if tail%8 == 0 { // Always giving way would always let the consumer empty the queue.
			runtime.Gosched()
		}
	}
	if q.early {
		q.tail.Store(tail + 1)
		giveWay()
	}
	c := &q.cells[tail%size]
	c.v.Store(v)
	giveWay()
	c.gap.Store(q.gap)
	q.gap = 0
	if !q.early {
		q.tail.Store(tail + 1)
	}
	return true
}

func (q *queueVariant) Pop() (v, gap uint64, ok bool) {
	head := q.head.Load()
	if head == q.tail.Load() {
		return 0, 0, false
	}
	c := &q.cells[head%uint64(len(q.cells))]
	v, gap = c.v.Load(), c.gap.Load()
	q.head.Store(head + 1)
	return v, gap, true
}

func newQueueVariant(capacity int) *queueVariant {
	return &queueVariant{cells: make([]struct{ v, gap atomic.Uint64 }, capacity)}
}

// strikeQueue pushes 1, 2, 3, ... for at most the given time while another goroutine pops, and returns the first lie the
// consumer was told: each value is the one before plus one plus the gap.
func strikeQueue(q pipe, limit time.Duration) (popped uint64, lie error) {
	var stop atomic.Bool
	done := make(chan error, 1)
	go func() {
		last := uint64(0)
		for {
			v, gap, ok := q.Pop()
			if !ok {
				if stop.Load() {
					done <- nil
					return
				}
				runtime.Gosched()
				continue
			}
			if v != last+1+gap {
				stop.Store(true)
				done <- fmt.Errorf("%d with a gap of %d after %d", v, gap, last)
				return
			}
			last = v
			popped++
			if popped%61 == 0 {
				runtime.Gosched()
			}
		}
	}()
	deadline := time.Now().Add(limit)
	for v := uint64(1); !stop.Load(); v++ {
		q.Push(v)
		if v%64 == 0 {
			runtime.Gosched()
			if time.Now().After(deadline) {
				stop.Store(true)
			}
		}
	}
	lie = <-done
	return popped, lie
}

func TestHammerQueue(t *testing.T) {
	for _, capacity := range []int{1, 2, 64} {
		popped, lie := strikeQueue(NewQueue[uint64](capacity), hammerFor)
		if lie != nil {
			t.Errorf("capacity %d: %v", capacity, lie)
		}
		if popped == 0 {
			t.Errorf("capacity %d: nothing came through: the hammer proves nothing", capacity)
		}
	}
}

func TestHammerCatchesBrokenQueues(t *testing.T) {
	if popped, lie := strikeQueue(newQueueVariant(2), hammerFor); lie != nil || popped == 0 {
		t.Errorf("the right variant: %d came through, %v", popped, lie)
	}
	for name, q := range map[string]*queueVariant{"early": {early: true}, "overwrites": {overwrites: true}, "silent": {silent: true}} {
		q.cells = newQueueVariant(2).cells
		if _, lie := strikeQueue(q, 20*time.Second); lie == nil {
			t.Errorf("%s: not caught", name)
		}
	}
}

func TestQueueAllocatesNothing(t *testing.T) {
	q := NewQueue[*int](4)
	v := new(int)
	if got := testing.AllocsPerRun(1000, func() {
		q.Push(v)
		q.Pop()
	}); got != 0 {
		t.Errorf("%v allocations for a push and a pop, want 0", got)
	}
}
