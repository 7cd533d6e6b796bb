// Package correlate sets readings in relation: it gathers them by component and call, and judges along every dependency
// how far the needed side explains the trouble of the dependent. Moving together in time is no evidence by itself; it
// counts only along a dependency, a shared host or volume. Pure functions, no goroutines.
//
// # Explained share
//
// A callee explains its caller's trouble when it was unusual at the same points (overlap), and when its deviation is
// large enough (dose): a database 80 ms slower does not make a page 600 ms slower, unless the page asks it eight times.
// explained = overlap * min(1, doseSlack * dose * fan-out). Where units differ (a queue length under a latency) the
// dose is taken from the strength of both.
//
// # Lags
//
// Courses are correlated at lag 0, and lags are told by onset intervals. A search for the lag of best correlation was
// measured (BenchmarkLag): at 240 points a pair costs 0.4 us at lag 0, 19 us over twenty lags, and 90 us by the Fourier
// transform, which is the sooner way only from some 700 points on and for all lags.
//
// # When it is wrong
//
// Two components that are both slowed by a third, unmeasured one look as if one explained the other. Very short
// troubles (one sample) overlap by chance; the eliminate stage therefore never rules out on overlap alone.
package correlate
