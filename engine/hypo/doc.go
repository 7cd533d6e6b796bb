// Package hypo turns what was seen into hypotheses: suppositions that a component has a fault, each with the predictions
// it stands or falls by. They come from the fault knowledge of the rule packs (experience), from troubles that no rule
// knows, from components that are not measured at all, and there is always one more: "something not measured".
//
// A hypothesis is raised when one of its signals is bad, when callers see the component slow or failing, when a change
// hit the component, or when it is what people suspect first and a measurement can rule it out (its signals are measured
// and quiet): ruling out is half of the answer. Pure functions, no goroutines.
package hypo
