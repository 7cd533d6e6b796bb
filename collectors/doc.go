// Package collectors holds what every collector shares: the file formats that people write by hand (topology, change
// events, incidents, truths), the positioned errors those give, the columns of samples (Data) that a recorded or a
// generated incident is replayed from, the classic series that a native histogram becomes, and the Ingester that live
// samples go to.
//
// A file is read whole or not at all. Every problem found in it is reported at once, as Problems, each with file, line,
// column, field and the rule that was broken. Hand-written files (YAML) are strict: an unknown key is an error and ends
// with the nearest known one. Machine-written lines (JSON) tolerate unknown keys, because other programs add their own.
//
// Nothing here starts a goroutine, reads a clock or opens a file: callers pass the file's name (for messages) and bytes.
// All functions are safe to call from many goroutines; of the types, those that say so.
package collectors
