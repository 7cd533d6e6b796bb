// Package report writes a model.Diagnosis for people and for programs: text for a terminal, JSON as the contract has it,
// Markdown for a ticket or a review, and one self-contained HTML page. Text, Markdown and HTML speak English or Korean.
//
// All three human forms are drawn from one view (view.go): what is said, in which order, translated and made harmless. A
// renderer adds nothing but layout and the escaping of its own format, so the forms cannot come to say different things.
//
// Everything that came from outside (labels, titles of changes, notes, queries, component names) may be hostile. The view
// neutralises control characters, terminal escapes and text-direction overrides (clean.go); Markdown and HTML escape what
// remains. Colour only repeats what words say.
//
// Translation: a model.Message carries its own Korean format (rule packs), or its English format is looked up in the
// catalogue (files ko_*.go), where arguments are taken by position. What is in neither is said in English.
//
// The package reads no clock, no environment and no terminal; it starts no goroutine, and never changes the Diagnosis it
// is given, so that a published one can be rendered by many goroutines at once. Output is the same byte for byte for the
// same Diagnosis and Options.
package report
