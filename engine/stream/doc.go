// Package stream evaluates the PromQL of signals as samples come in.
//
// Compile turns an expression into a plan of incremental operators, or says which part of it has none; a Runner makes
// of many plans one graph of nodes, in which an expression that several programs contain stands once, and moves it from
// grid point to grid point. What does not compile is evaluated at each grid point by Prometheus' own engine, behind the
// same interface.
//
// # The way of a sample
//
// Advance first asks the Source for series that were born, and files them with the selectors that take them; then it
// reads from each bound series, once for all selectors, what came since the last call. The samples wait in a buffer for
// each selector. At a grid point the range of each buffer slides forward: a sample enters it once and leaves it once,
// and what functions over time need to know is kept up on the way, at constant cost a sample. From there on nodes pass
// values. A node lists the rows that changed, and the nodes that read from it look at those alone: an aggregation adds
// up the groups in which a member changed, histogram_quantile looks at histograms in which a bucket did. Nothing is
// allocated for a sample or a grid point, but when series come or go. A series that is born adds rows at the end of the
// nodes concerned; one that is no more leaves its rows, without values, until a selector has more of them than of others,
// and then all are made anew. So a restart in a large system costs what it touches, not what there is.
//
// # Semantics
//
// At each grid point the values are those of an instant query of github.com/prometheus/prometheus/promql v0.315.0,
// with its defaults, at that time: ranges and the lookback are open on the left, stale markers end a series for instant
// selectors and are no samples for ranges, rates are extrapolated by the same formula. Where promql refuses to evaluate
// (two elements of the same labels, vectors that match in more than one way), nothing comes out at that grid point, and
// the failure is counted. The property test in agree_test.go holds both against each other.
//
// Differences that are known: sums over time may differ in the last bits, because they are put together from parts (1e-9
// relative is what the test allows); a sum over time whose parts overflow may be infinite in one way and finite in the
// other; a comparison of vectors with group_left or group_right that filters out one of two elements of the same labels
// gives the other, where promql refuses; there are no native histograms and no annotations.
//
// # Bounds
//
// A buffer holds the samples in its range and those read ahead, at most maxBuffered. Of series that the
// source dropped a Runner keeps, once they have left all ranges, no samples, and no more rows than of the others.
//
// Everything is event time; a Runner belongs to one goroutine at a time and reads no clock.
package stream
