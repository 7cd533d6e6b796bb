// Package promapi asks a live Prometheus, or anything that speaks its HTTP API (Thanos, Mimir, VictoriaMetrics), the same
// questions that package bundle answers from files.
//
// A Client is safe for any number of goroutines. What it does to the source is bounded in four ways, whoever calls: at
// most Options.Concurrency requests are in flight, at most Options.MaxRate requests start in a second, a request asks
// for at most Options.MaxPoints points a series, and an answer larger than maxResponseBytes is refused.
//
// A grid longer than MaxPoints is asked in chunks. Every chunk starts on a grid point and uses the grid's own step, so
// no point is asked twice, none is left out, and no value depends on where the cuts are; "@ start()" and "@ end()" are
// resolved to the ends of the whole span before cutting for the same reason.
//
// Requests that fail for a passing reason (connection errors, 429, 502, 503, 504) are made again after an exponential
// back-off with jitter; Retry-After holds back every request of the client, not only the one that was told.
//
// Errors are either ErrUnreachable (nobody could answer) or ErrBadQuery (the question is wrong), or the context's.
// Warnings of the source, partial answers among them, are kept in Answer.Warnings.
//
// # Polling
//
// A Poller is for those who cannot push: at each tick it asks for the raw samples that are new, of the series that are wanted,
// and gives them to a collectors.Ingester with the times they have, in time order per series, each of them once. Fill does the
// same for the past, after a start. The questions are range selectors evaluated at one time, {__name__=~"a|b"}[30s], to
// which Prometheus, Thanos, Mimir and VictoriaMetrics answer with the samples as they are stored.
//
// An answer covers what is newer than the newest sample so far and an overlap, because samples are seen later than their
// times say; those known already are left out again. Where clocks differ, nothing is lost as long as
// the samples of one group of metrics come equally late, give or take the overlap. What the source takes in while it cannot
// be asked is fetched afterwards, up to PollOptions.Backfill; beyond that it is counted as unread.
//
// No answer is larger than PollOptions.MaxAnswerBytes: what is too much is asked for in parts, by time for the past, by names of
// metrics for what every poll asks for. A single metric that is too much for a second is an error; narrow its selector.
//
// Stale markers do not show in range selectors: a series that ends simply stops, and when it ended is for the reader
// to conclude. Native histograms come as buckets with bounds and become classic series as with remote-write; the API
// does not tell when a counter began.
//
// Remote-read was the alternative. Measured with Prometheus 2.42, 10,000 series of 6 and 12 samples, it costs the server as much
// (152 against 162 ms, and 193 against 196 ms of CPU) and us about half (90 against 151 ms, and 103 against 213 ms), and
// it shows stale markers. But VictoriaMetrics has none, so that both would be needed, and a poll of 10,000 series every
// 5 seconds takes 3 % of a processor as it is.
//
// # Goroutines
//
// No goroutine outlives the call that started it. Close drops idle connections.
package promapi
