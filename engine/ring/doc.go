// Package ring holds the lock-free window of a series, that is its newest samples, each a time and a value, in a fixed
// space; and the queue by which such samples reach their writer. It knows int64 and float64 and nothing else.
//
// # Concurrency
//
// A Slab is many rings with one writer (Append, Newest, Find, Reset). Each Ring has any number of readers (Snapshot,
// Since, Bounds), wait-free on both sides: neither loops on the other, neither blocks it. The writer never stalls for a
// reader; a reader that is too slow gets a shorter window and the count of what it lost, never a torn sample.
// A Queue has one producer and one consumer.
//
// # How
//
// Samples of a ring are numbered from 0 in the order of writing, and their times ascend strictly: Append refuses others.
// Number q lies in row q mod rows. One cursor, reserve, a multiple of the stride: no number from it on has been started.
//
// To write number q, the writer moves reserve to q+stride if q is a multiple of stride, stores the value, stores the
// time. A reader loads reserve, finds the end, copies the numbers below it, loads reserve
// again, and drops every number whose slot may have been reserved for another one since: all below reserve - rows.
//
// All words are atomics, which in Go are sequentially consistent: there is one order of all loads and stores that every
// goroutine agrees on. By it:
//
//   - Complete: numbers below reserve-stride are, because the writer moves reserve only when it is through with them. A
//     number q among the stride's is complete when its slot's time is later than that of number q-1. While q is not
//     written the slot holds number q-rows, whose time is earlier than that of q-1 (rows >= 2), or never; the time is
//     stored last, so with it the value is there. Time is the commit.
//   - Whole: a slot copied for number q that holds a word of number q+rows was reserved for that one before the word
//     was stored, so before it was copied, so before reserve was loaded again: q < reserve - rows and q is dropped.
//     That includes the case that the number before q, which q was compared with, was itself overwritten: then the
//     time it is compared with is too late, not too early, and the reader stops short.
//   - Why the value must be stored first: a reader that finds the time takes the number for complete; with the value
//     still to come it would copy the old value with the new time, and no cursor would tell.
//
// The package's tests walk every interleaving of a small machine, and hold the wrong ways (no second look at reserve,
// no look at the times, the time stored first, reserving after the store) and insist that they are caught.
//
// A sequence lock over plain memory would do the same in C; in Go it is a data race and undefined. On amd64 loads cost
// nothing extra, and a store is a locked exchange: an append is two of them and a stride's share of a third, where two
// cursors would make four.
//
// # Memory
//
// A sample is 16 bytes, a ring 24 bytes beside its slots. The slots of a slab lie row by row: a scrape appends to rings
// one after the other, about as many times each, and so writes one row from left to right, which the processor fetches
// ahead; with ring after ring it would be a miss of the cache and of the address translation for each sample. At a
// million rings that is the difference between 21 ns and more than 100 ns an append. A reader of one ring steps from
// row to row, and its loads do not wait for each other.
//
// Up to stride-1 reserved slots stand by, so a ring of 256 rows promises 241 samples at a stride of 16. The stride is the
// largest up to 16 that keeps what was asked for without another doubling of the rows.
package ring
