// Package model is the vocabulary of DiagnOPs: what is measured (Labels, Sample, Series, Signal), what it is measured on
// (Component, Dependency, Topology), what was altered (Change), what was asked (Incident, Question), what was seen
// (Reading, Onset), what is supposed and tested (Hypothesis, Prediction, Evidence, Verdict) and what is answered (Cause,
// Diagnosis).
//
// It uses the standard library only, starts no goroutine and reads no clock. Unknown is a value everywhere: a gap in a
// series is NaN and never zero, a reading that could not be made has a Reason, a prediction that could not be tested is
// VerdictUnknown. Every type is safe to read from many goroutines once built; none is safe to change while read.
//
// Units: times at the edges are time.Time in UTC, times of samples are int64 Unix milliseconds (the resolution of
// Prometheus), spans are time.Duration, ratios and probabilities run from 0 to 1.
package model
