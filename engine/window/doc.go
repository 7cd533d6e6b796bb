// Package window keeps the newest samples of every series and cuts from them what a diagnosis reads.
//
//   - Window is the series index over rings: one owner goroutine registers series and appends samples.
//   - Cut is one read-only view of a Window at an event time; it is a Prometheus storage.Queryable.
//   - Evaluator and Local answer PromQL on a Cut: expressions in common forms by operators that compute whole columns,
//     the others, and all that ends in an error or a warning, by Prometheus' own engine. The answers are the same to the
//     last bit. Querier is what Local offers and what a remote Prometheus can offer as well.
//   - Frame is every signal of every subject on one time grid, gaps marked; Build makes it from a plan and a Querier.
//
// # Concurrency and ownership
//
// Series, Append and everything they write belong to one goroutine, the owner. Append takes no lock: samples go into the
// lock-free rings of engine/ring. Series takes the write lock only when it registers a series it has not seen. Cut,
// Stats and all that hangs on a Cut may be used by any number of goroutines while the owner goes on; they take the read
// lock only to look up postings and slice headers, never while they copy samples.
//
// A Cut copies a series when it is first asked for, and keeps the copy: asked again it answers the same. Samples later
// than the cut's time are left out. What the owner overwrites between the making of the cut and the first use of a
// series is gone for that cut, and what it appends in that span with a time at or before the cut's is in it; so the
// caller cuts at a time all sources have passed, and reads before the rings go round (a ring holds minutes, a
// diagnosis takes milliseconds).
//
// The package reads no clock and starts goroutines only inside Build, which waits for them.
package window
