// Package synth makes up incidents: a service graph, its load over time, and a fault that spreads through it by queueing
// rules rather than by decree. A Scenario is what a recorded incident is (incident, topology, changes, truth and the
// samples in columns), so it goes the same way into the engine, and WriteBundle writes it as a bundle.
//
// # The graph
//
// Balancers hand requests to applications in tiers, which call further applications, databases, caches, queues and
// external services; a few calls close cycles. Components run on hosts and databases are stored on volumes, both shared.
// Large graphs have several entries, one a product, that share some components.
//
// # Physics
//
// Each step, load goes down the calls, multiplied by calls a request and by retries; then latency, its variance and errors
// come up:
//
//   - a component is a station of c servers: utilization rho = load x service / c, waiting time by Sakasegawa's
//     approximation of M/M/c (H. Sakasegawa, "An approximation formula Lq = a rho^b / (1 - rho)", 1977); beyond
//     saturation a backlog builds up, is worked off later, and what would wait too long is turned away;
//   - a host's processors are shared: with many residents, each one's service stretches;
//   - a volume is a single server with an IOPS cap; its queue is IOPS x await (Little's law);
//   - worker threads and connection pools are stations whose service time is the latency of what they wait for, so a slow
//     callee fills them, and a full one delays all requests of its owner;
//   - latency of a caller is its own and the sum of its calls', moments of both taken (compound sums of independent
//     calls); percentiles are those of the lognormal distribution of the same moments;
//   - an attempt fails by its callee's errors, lost packets, or a time-out; it is repeated a bounded number of times;
//   - a cache that misses sends its callers to the database;
//   - garbage collection costs live / (limit - live) of heap for what is allocated.
//
// A fault changes parameters of these rules, never a measured value. The symptom is what an entry then shows; a fault that
// no entry shows is drawn again.
//
// # What it is not
//
// There are no bursts within a scrape interval, no correlated failures of requests, no operators who react, and every
// station is in equilibrium within a step. Accuracy on these scenarios is no proof of accuracy on real ones.
//
// # Determinism and concurrency
//
// The same Options give the same bytes, on any machine that computes float64 alike: every random draw comes from PCG
// streams of the seed, and no clock is read. NameSeed changes names and nothing else. Generate may be called from many
// goroutines; a Scenario is read-only.
package synth
