// Package experiment reasons about trials: which factor makes the trouble, which cannot, and what to try next.
//
// # The model
//
// One cause is supposed: a value of one factor, or the values of two factors together, or something that is no factor.
// Where it is present the trouble shows in each run with a probability that nobody knows, anything from 0 to 1 being as
// likely beforehand; where it is absent a run is bad by mistake, with a chance of 1 %. A good run is therefore weak
// evidence, and a bad one without the supposed cause strong evidence against it. Posterior probabilities follow by Bayes'
// rule. A pair is less likely beforehand than a single value: it takes two things to be wrong.
//
// # What to try next
//
// The expected gain of an experiment is the mutual information of its outcome and the cause, in bits (D. V. Lindley, "On a
// measure of the information provided by an experiment", 1956); it is divided by what the experiment costs: changing the
// factors that differ from the last trial, and the runs.
package experiment
