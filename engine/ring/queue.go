package ring

import (
	"fmt"
	"sync/atomic"
)

// cacheLine keeps words of different owners apart; two lines, because processors fetch lines in pairs.
const cacheLine = 128

// Queue hands values from one producer to one consumer in order, in a fixed space and without locks. It does not make
// the producer wait: what does not fit is refused, counted, and marked as a gap on the next value that does fit.
//
// Both sides keep a copy of the other's cursor and look at the real one only when the copy says full or empty, so that
// they seldom touch each other's cache line. Slots are plain memory: the cursor's store after writing a slot and its
// load before reading it order the two, as any atomic does in Go's memory model.
type Queue[T any] struct {
	_        [cacheLine]byte
	tail     atomic.Uint64 // owner: the producer; values pushed
	refused  atomic.Uint64 // owner: the producer; values that did not fit
	headSeen uint64        // owner: the producer; head as last looked at
	gap      uint64        // owner: the producer; values refused since the last push
	_        [cacheLine]byte
	head     atomic.Uint64 // owner: the consumer; values popped
	tailSeen uint64        // owner: the consumer; tail as last looked at
	_        [cacheLine]byte
	cells    []cell[T] // owner: the producer from head+len on to tail, then the consumer
}

// cell is a value and how many values before it were refused.
type cell[T any] struct {
	value T
	gap   uint64
}

// NewQueue returns an empty queue for capacity values, a power of two; anything else is a programmer's error and panics.
func NewQueue[T any](capacity int) *Queue[T] {
	if capacity < 1 || capacity&(capacity-1) != 0 {
		panic(fmt.Sprintf("BUG: ring: queue of capacity %d: want a power of two", capacity))
	}
	return &Queue[T]{cells: make([]cell[T], capacity)}
}

// Push appends a value and tells whether there was room. Only one goroutine at a time may call it.
func (q *Queue[T]) Push(v T) bool {
	tail, size := q.tail.Load(), uint64(len(q.cells))
	if tail-q.headSeen == size {
		q.headSeen = q.head.Load()
		if tail-q.headSeen == size {
			q.gap++
			q.refused.Add(1)
			return false
		}
	}
	q.cells[tail&(size-1)] = cell[T]{value: v, gap: q.gap}
	q.gap = 0
	q.tail.Store(tail + 1)
	return true
}

// Pop takes the oldest value; ok is false when there is none. gap is how many values were refused right before it. Only
// one goroutine at a time may call it.
func (q *Queue[T]) Pop() (v T, gap uint64, ok bool) {
	head := q.head.Load()
	if head == q.tailSeen {
		q.tailSeen = q.tail.Load()
		if head == q.tailSeen {
			return v, 0, false
		}
	}
	c := &q.cells[head&uint64(len(q.cells)-1)]
	v, gap = c.value, c.gap
	*c = cell[T]{} // What was handed over is not kept alive.
	q.head.Store(head + 1)
	return v, gap, true
}

// Empty tells whether there is nothing to pop. For the consumer; what it says of a queue that is pushed to meanwhile is
// of the past.
func (q *Queue[T]) Empty() bool { return q.head.Load() == q.tail.Load() }

// Cap returns how many values fit.
func (q *Queue[T]) Cap() int { return len(q.cells) }

// Refused returns how many values did not fit, ever. Any goroutine.
func (q *Queue[T]) Refused() uint64 { return q.refused.Load() }
