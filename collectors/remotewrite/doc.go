// Package remotewrite receives metrics that others push: an http.Handler for Prometheus remote-write 1.0
// (prometheus.WriteRequest) and 2.0 (io.prometheus.write.v2.Request), as prometheus.io/docs/specs/prw describes them.
//
// # The way of a request
//
// Whoever sends is told apart by a header, a basic-auth user or an address, and held against the limits of a sender. The
// body is read, decompressed and decoded into a model.Batch in buffers that are used again: labels are strings that
// share the decompressed bytes. The batch goes to the collectors.Ingester, which copies what it keeps before it returns; what
// became of it is the answer.
//
// A series that the ingester left a handle for (model.SeriesHandle) is known from then on by how its labels are spelled: by
// the bytes of its label fields in 1.0, by its names and values in 2.0. When they come again, the same spelling is first
// looked for where it was the last time, after the series before it, then by its hash; it is compared in full either way, and
// neither decoded nor judged nor looked up again. The ingester goes straight to the series by its handle.
//
// A request of 2.0 whose symbols came before, byte for byte, need not even have them read: of a series that came with them
// its references are compared, which is as good as its labels then. That serves senders that push the same series in the same
// order each time; a request with any other symbols is read as said above.
//
// # Answers
//
//	204  everything was taken; a point sent twice counts as taken
//	400  the request is malformed, or some of it was refused for good: what was valid is taken, the body counts the rest by
//	     reason and names examples. A sender does not send it again.
//	405, 413, 415  not POST; more bytes than allowed; another content type or encoding
//	429  the sender is over its rates, with Retry-After; nothing was taken
//	500  the sink failed; as with 503
//	503  the sink or this handler is too busy, with Retry-After; some may have been taken, and all may be sent again
//
// Answers to 2.0 carry X-Prometheus-Remote-Write-{Samples,Histograms,Exemplars}-Written, whatever the status; those to 1.0
// do not, as with Prometheus itself. Whether a sender may be believed (passwords, certificates) is for the server around the handler.
//
// # What is made of what
//
// A stale marker is passed on as it is. A start timestamp (2.0) becomes the series' CreatedMillis. A native histogram
// becomes classic series, see collectors.ClassicNames; over requests, each bound once seen stays, and a bound that appears
// for the first time also gets its value at the histogram before, so that a rate over it is right from its first point on.
// Exemplars are accepted, counted and forgotten. So is metadata: which series is a counter is decided by the catalogue of
// rules. A label with an empty value is the same as none.
//
// # Concurrency and memory
//
// A Handler may be used by many goroutines and starts none. Requests under way are bounded in number and in size, senders,
// native histograms and known series that are remembered in number, tables of symbols in number and size: 16 of at most 2 MiB.
// Everything refused is counted (Stats).
package remotewrite
