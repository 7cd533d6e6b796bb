// Package topology finds out what there is and what depends on what from the metrics that are scraped anyway: components from
// the targets, machines and workloads; calls from meshes, tracing backends and what exporters and clients say of others;
// where things run and store from addresses, labels and Kubernetes.
//
// It works in steps that are apart from each other. Ask puts the questions of this package to a source and gives back labelled
// rows, Observed. Discover is a pure function from those rows to Discovered: components and edges, each edge with its source,
// a confidence from 0 to 1, and why it is believed. Update joins what was known with what is seen now, by event time: that is
// how a running server keeps discovering. Merge writes Discovered into a topology file that a person may have edited.
//
// # How sure an edge is
//
// What was counted as a call (a mesh, a service graph, a connection) or stated with an address counts 0.9 or more. A shared
// name is 0.9 when it is the same word, and a guess (below Certain) when only a part of it is: "shop_backend" and "shop". What
// is below Likely is not written as an edge at all but as a comment that says what would confirm it. Nothing is made up: a
// callee that nobody knows becomes a component only where calls to it were counted.
//
// When it is wrong: names that mean two things (one database name on two servers) are given up, not chosen from; an exporter
// that runs on another machine than its database is taken to be beside it, with a remark; addresses behind a translation are
// not recognised.
//
// # Goroutines
//
// None is started. All functions may be called from many goroutines.
package topology
