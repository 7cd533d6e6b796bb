// Package detect holds every series of a frame against its reference and says what it showed: normal, abnormal or
// unknown, in which direction, how large, since when. Frame in, Readings out; one detector a file; pure functions that
// start no goroutine and keep no state.
//
// # Signal
//
// Incidents in recorded data are short: three samples are normal, and a single wild sample is ordinary in a p99. What is
// compared is therefore not a sample with a bell curve but a statistic of the symptom's whole window with the same
// statistic of every window of that length in the reference (a scan statistic with an empirical null, see window.go). Two
// are used: the extreme, and the second-to-fifth most extreme ("held"), which a single spike cannot move. Severity is
// their weighted mean in units of the worst usual (the 99th percentile over reference windows).
//
// # Defaults
//
// Location is the median, scale the largest of 1.4826 MAD, the 10..90 % range over 2.563 and a floor from the signal's
// unit and resolution (scale.go): MAD is 0 on availability and on integers. With few reference windows the worst usual is
// drawn towards that of the same signal on other components (pool.go), because five quiet minutes do not tell how a p99
// behaves, but fifty such minutes of ten services do. Where the reference does not touch the symptom (it lies on another
// day), the level just before the symptom counts too: a deviation that was there before is drift, not incident.
//
// Where earlier days are recorded, what comes back at a time of day or of the week is judged by those days (season.go);
// what comes back now and then is held against the ordinary level (recurrence.go).
//
// # When it is wrong
//
// A trouble that was already there through the whole reference is invisible. A level that moves slowly (a leak) within
// the reference widens the usual. A reference of fewer than MinReference points gives unknown, not normal.
//
// # What was tried
//
// n-sigma on MAD alone accused a spiky p99 in most quiet windows; the 99th percentile of single samples let a window of
// twelve samples cross it by chance one time in eight; the maximum alone could not tell a spike from a step.
package detect
