// Package batch re-analyses many incidents: a bounded pool of workers whose results come back in the order of the jobs,
// and the scoring of diagnoses against what is known to be true.
//
// Concurrency: Run owns every goroutine it starts and waits for all of them before it returns. Results are delivered on
// the goroutine that called Run, in the order of the jobs, so a consumer needs no lock and output does not depend on the
// number of workers. A worker runs at most lookAhead jobs a worker in front of the delivery, which bounds the results
// held in memory when one early job is slow.
//
// Scoring follows one rule: truth is read after the diagnosis, by the scorer alone. The figures and their definitions
// are at Score; a Baseline holds the figures of an earlier run, and Compare names each one that got worse.
package batch
