// Package bundle reads recorded incidents: a folder with incident.yaml, topology.yaml, metrics (OpenMetrics text with
// timestamps, gzip or plain, and/or Prometheus TSDB blocks) and, optionally, changes.jsonl. It decodes all metrics into
// columns and replays them, in event time, into whatever keeps windows.
//
// truth.yaml is opened by ReadTruth and by nothing else: only the scorer may know what really happened.
//
// # Metrics
//
// Text is read in one pass, a buffer at a time, and never held as a whole. Most lines of a recording repeat the series of
// the line before, so a line's series is first compared, as bytes, with that one; only a new series is parsed. Numbers
// that a double holds exactly are read by hand, all others by strconv, so that every value is the nearest double.
// Metadata lines (# TYPE, # HELP, # UNIT) are passed over: which series is a counter is decided by the catalogue.
// Exemplars are passed over. Every sample needs a timestamp. A timestamp is cut to the millisecond.
//
// TSDB blocks are opened read-only; nothing is written beside them. Native histograms become classic ones: name_count,
// name_sum and cumulative name_bucket{le}, over the union of the bounds that the series shows in the block. Where a
// sample's resolution is too low to tell the count at a bound, that bucket has no sample at that time. Exemplars,
// metadata and a write-ahead log are not read.
//
// # Concurrency
//
// A Bundle may be loaded from many goroutines; Close must come after all of them. A Data is read-only after Load and may
// be replayed from many goroutines. Load and Replay start none.
package bundle
