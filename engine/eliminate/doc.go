// Package eliminate holds every prediction of every hypothesis against what was measured: supports, refutes or unknown,
// each with the query, the value, the baseline and what it adds to the log-odds. One refuted necessary prediction rules
// a hypothesis out, with the sentence why. One refutation test a file; a test is a function and a line in the table
// below. Pure functions, no goroutines.
package eliminate
