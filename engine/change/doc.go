// Package change finds in metrics what was altered about the components: another version, a process that began anew, a
// configuration that was read again, more or fewer replicas, a cache that was emptied, a standby that took over, another
// level of traffic. What to ask is data (rules, PlanChanges); how the answers are read is one file each:
//
//	label.go    another value of a label: a version, an image, a role
//	time.go     a value that is the time of the last start or reload
//	level.go    a number that stays until it is altered
//	event.go    a count of what happens
//	drop.go     an amount that is thrown away
//	traffic.go  the load of requests, of readings that detection has made already
//
// A reader says nothing where it cannot tell: what began together with the recording, or lies in a gap, is no change. Each
// sighting is an interval, between the last point without it and the first with it.
//
// What somebody told of goes before what was found (merge.go): the same change is kept once, with what metrics show of it,
// and one that metrics would have shown and do not is marked so.
//
// Everything here is a function of its arguments, but for Ask, which puts the questions.
package change
