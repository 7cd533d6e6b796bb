package stream

import (
	"math"

	"github.com/prometheus/prometheus/util/kahansum"
)

// partial is the fold of some neighbouring samples: a sum with what rounding left over, or a greatest or least value.
type partial struct{ value, rest float64 }

// folder makes one partial of two neighbouring ones, the older first. It must be associative.
type folder func(older, newer partial) partial

func foldSum(older, newer partial) partial {
	sum, rest := kahansum.Inc(newer.value, older.value, older.rest)
	return partial{sum, rest + newer.rest}
}

// foldMax and foldMin let NaN win only over nothing, as promql's max_over_time does.
func foldMax(older, newer partial) partial {
	if newer.value > older.value || math.IsNaN(older.value) {
		return newer
	}
	return older
}

func foldMin(older, newer partial) partial {
	if newer.value < older.value || math.IsNaN(older.value) {
		return newer
	}
	return older
}

// total is the sum that a partial stands for.
func (p partial) total() float64 {
	if math.IsInf(p.value, 0) {
		return p.value
	}
	return p.value + p.rest
}

// fold folds the samples in range of a buffer at constant cost a sample without ever taking a sample back out, so that
// nothing drifts: the "two stacks" queue (Tangwongsan, Hirzel and Schneider, "Low-latency sliding-window aggregation in
// worst-case constant time", DEBS 2017, section 2). Samples older than mid are folded from each one up to mid; the
// newer ones into one partial. When the last of the older has left, all are folded anew.
type fold struct {
	suffix []partial // by number modulo its length: the fold from that sample to before mid
	newer  partial   // of the samples from mid to before next
	mid    uint64
	next   uint64
}

// of returns the fold of the samples in range, of which there must be one.
func (f *fold) of(b *buffer, combine folder) partial {
	if b.head >= f.mid || len(f.suffix) != len(b.points) {
		f.turn(b, combine)
	}
	for ; f.next < b.edge; f.next++ {
		one := partial{value: b.at(f.next).Value}
		if f.next == f.mid {
			f.newer = one
		} else {
			f.newer = combine(f.newer, one)
		}
	}
	older := f.suffix[b.head&uint64(len(f.suffix)-1)]
	if f.next == f.mid {
		return older
	}
	return combine(older, f.newer)
}

// turn folds all samples in range from each one up to the newest.
func (f *fold) turn(b *buffer, combine folder) {
	if len(f.suffix) != len(b.points) {
		f.suffix = make([]partial, len(b.points))
	}
	f.mid, f.next = b.edge, b.edge
	mask := uint64(len(f.suffix) - 1)
	for i := b.edge; i > b.head; i-- {
		one := partial{value: b.at(i - 1).Value}
		if i < b.edge {
			one = combine(one, f.suffix[i&mask])
		}
		f.suffix[(i-1)&mask] = one
	}
}
