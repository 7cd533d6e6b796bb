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
// No goroutine outlives the call that started it. Close drops idle connections.
package promapi
