package stream

import (
	"math"

	"github.com/diagnops/diagnops/engine/model"
)

const (
	// firstCapacity of a buffer holds the usual rate window: four scrapes, and what is read ahead.
	firstCapacity = 8
	// maxBuffered bounds a buffer: 18 hours of samples a second apart, 1 MiB.
	maxBuffered = 1 << 16
)

// buffer is a queue of samples of one series, as one selector sees them at a time. Samples are numbered from 0; those
// from head to before edge are in the selector's range, those from edge to before tail are still to come. A sample
// passes through once, so everything that is kept up here costs constant time a sample.
type buffer struct {
	points           []model.Point // a ring; its length is a power of two
	head, edge, tail uint64

	// Of the samples in range: how often one is smaller than, and how often it differs from, the one before it in range.
	// Whole numbers, so that taking away what was added leaves nothing behind.
	resets, changes int
}

func (b *buffer) at(number uint64) *model.Point {
	return &b.points[number&uint64(len(b.points)-1)]
}

// push adds a sample newer than all others. A full buffer gives up its oldest sample: dropped tells.
func (b *buffer) push(p model.Point) (dropped bool) {
	if b.tail-b.head == uint64(len(b.points)) {
		if len(b.points) >= maxBuffered {
			b.leave()
			dropped = true
		} else {
			b.grow()
		}
	}
	*b.at(b.tail) = p
	b.tail++
	return dropped
}

func (b *buffer) grow() {
	old := *b
	b.points = make([]model.Point, max(firstCapacity, 2*len(old.points)))
	for i := b.head; i < b.tail; i++ {
		*b.at(i) = *old.at(i)
	}
}

// slide moves the range to (after, upTo], in Unix milliseconds; neither ever moves back.
func (b *buffer) slide(after, upTo int64) {
	for b.edge < b.tail && b.at(b.edge).TMillis <= upTo {
		b.enter()
	}
	for b.head < b.edge && b.at(b.head).TMillis <= after {
		b.leave()
	}
}

// pass moves the range to the newest sample not later than upTo, Unix milliseconds, and gives up those before it. For
// readers that look at the last sample alone: nothing is counted.
func (b *buffer) pass(upTo int64) {
	for b.edge < b.tail && b.at(b.edge).TMillis <= upTo {
		b.edge++
	}
	if b.edge > b.head {
		b.head = b.edge - 1
	}
}

// enter takes the next sample into the range.
func (b *buffer) enter() {
	if b.edge > b.head {
		b.pair(b.edge-1, 1)
	}
	b.edge++
}

// leave gives up the oldest sample.
func (b *buffer) leave() {
	if b.head+1 < b.edge {
		b.pair(b.head, -1)
	}
	b.head++
	b.edge = max(b.edge, b.head)
}

// pair counts what happened between a sample and the next, sign times.
func (b *buffer) pair(number uint64, sign int) {
	before, after := b.at(number).Value, b.at(number+1).Value
	if after < before {
		b.resets += sign
	}
	if after != before && !(math.IsNaN(after) && math.IsNaN(before)) {
		b.changes += sign
	}
}

// len is the number of samples in range.
func (b *buffer) len() int { return int(b.edge - b.head) }

// first and last are the oldest and the newest sample in range, of which there must be one.
func (b *buffer) first() *model.Point { return b.at(b.head) }
func (b *buffer) last() *model.Point  { return b.at(b.edge - 1) }
