// Package window keeps the newest samples of every series and cuts from them what a diagnosis reads.
//
//   - Window is the series index over rings: one owner goroutine registers series and appends samples.
//   - Live is many Windows, the shards, each with its owner goroutine, behind one door for batches: what a server keeps.
//   - Cut is one read-only view of a Window or a Live at an event time; it is a Prometheus storage.Queryable.
//   - Evaluator and Local answer PromQL on a Cut: expressions in common forms by operators that compute whole columns,
//     the others, and all that ends in an error or a warning, by Prometheus' own engine. The answers are the same to the
//     last bit. Querier is what Local offers and what a remote Prometheus can offer as well.
//   - Frame is every signal of every subject on one time grid, gaps marked; Build makes it from a plan and a Querier.
//
// # Concurrency and ownership
//
// Series, Append and everything they write belong to one goroutine, the owner. Cut, Stats, Series handles and all that
// hangs on them may be used by any number of goroutines while the owner goes on. Neither side takes a lock or waits for
// the other: samples are in the rings of engine/ring, the table of slabs is published behind an atomic pointer, postings
// are sync.Maps of lists that only grow or are replaced. What a reader finds by postings may be of the past, so it looks
// at the series' own labels.
//
// A Live deals series out to its shards by the hash of their labels. Whoever ingests takes a lane, of which there are a
// fixed number, hashes the labels once, and hands each shard its part through the lane's queues; the owner looks the
// series up by the same hash, compares all labels, appends, and counts; the caller waits for the counts. The owner leaves the
// Series in the batch as its handle; whoever brings it again beside the same labels is spared the hashing and the look-up. So a sample is
// to be seen by readers when Ingest returns, and batches neither pile up nor get lost: when all lanes are taken, it is
// the sender that waits. The labels of a batch are copied only when their series is new.
//
// # Out of order
//
// A series only grows at its end. What is not later than its newest sample is not appended, however little late it is:
// a sample that is held already with the same value is a duplicate, as when a sender repeats a whole request, and no
// loss; with another value it is a conflict; one that is not held is out of order, and its sender is told. Sorting late
// samples in would take away what readers go by, that a sample once numbered keeps its number and its place.
//
// # Births and deaths
//
// The first sample of a series, a stale marker, the first sample after one, and the leaving of an idle series are events
// that readers take by number. A series leaves when Live.Expire is told so; its ring, its place in the table and its
// share of the budget are given on. A Series handle stands for one series and no other: before its ring is given on it
// is marked as gone, and readers look at the mark after they copied. A sample of the ring's next series could only have
// been copied after the mark was set, so they see it and drop what they have.
//
// A Cut copies a series when it is first asked for, and keeps the copy: asked again it answers the same. Samples later
// than the cut's time are left out. What the owner overwrites between the making of the cut and the first use of a
// series is gone for that cut, and what it appends in that span with a time at or before the cut's is in it; so the
// caller cuts at a time all sources have passed, and reads before the rings go round (a ring holds minutes, a
// diagnosis takes milliseconds).
//
// The package reads no clock and starts goroutines only inside Build and Live.Run, which wait for them.
package window
