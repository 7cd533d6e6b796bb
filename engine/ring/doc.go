// Package ring holds the lock-free window of one series: the newest samples, each a time and a value, in a fixed space.
// It knows int64 and float64 and nothing else.
//
// # Concurrency
//
// One writer (Append), any number of readers (Snapshot, Len, Overwritten), wait-free on both sides: neither loops on the
// other, neither blocks it. The writer never stalls for a reader; a reader that is too slow gets a shorter window and
// the count of what it lost, never a torn sample.
//
// # How
//
// Samples are numbered from 0 in the order of writing; number q lives in slot q mod capacity. Two cursors, both owned by
// the writer, only ever grow:
//
//   - reserve: numbers below it may have been started,
//   - commit: numbers below it are complete.
//
// The writer moves reserve, stores the two words of the slot, moves commit. A reader loads commit, copies the slots of
// the numbers below it, loads reserve, and drops every number whose slot has been reserved again since, that is all
// below reserve - capacity.
//
// Why it must be reserve that is loaded last: the writer is between its two cursors while it overwrites. A reader that
// copied a slot in that moment may hold the new time with the old value. Sequentially consistent atomics (all that Go
// has) order "reserve moved" before "word stored" before "word seen by the reader" before "reserve loaded", so the
// reader sees the reservation and drops the number. Checked against commit, which has not moved yet, it would keep it.
// The package's tests hold both wrong ways (checking commit, checking nothing) and insist that the hammer catches them.
//
// A sequence lock over plain memory would do the same in C; in Go it is a data race and undefined, so every word is a
// typed atomic. On amd64 the loads cost nothing extra and the four stores of an Append are four locked exchanges.
//
// # Size
//
// A sample is 16 bytes, a ring 48 bytes beside its slots. NewSlab lays the slots of many rings into one allocation, so
// that a hundred thousand rings are a few hundred allocations without pointers for the collector to follow.
package ring
