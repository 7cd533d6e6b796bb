// Package store keeps what must outlive the process: incidents with their milestones, every diagnosis made of them, the
// on-call log, alerts, changes, what people said was right or wrong, and word that is still to be sent.
//
// It is SQLite in a file by default, PostgreSQL where one is configured; the statements are the same for both, and so
// are the tests. What belongs together is written in one transaction: a milestone and its line in the log, a diagnosis and
// its summary in the incident. A call that returned without an error survives a kill.
//
// # Several replicas
//
// Replicas share one PostgreSQL. Two that detect the same trouble make one incident, since no two open incidents have
// the same key; two that want to tell of it put one notification into the outbox, since it is known by its key; one of
// them sends it, since whoever claims it holds it for a while. A lease names who does what one replica should do alone.
//
// Times are parameters: the package reads no clock. All methods may be called by many goroutines.
package store
