// Package ask reads a question in free text, English or Korean, into a model.Question: whose symptom it is, of which kind,
// and when. What was understood is echoed; a name that nothing is called by is an error that gives the nearest names.
//
// It is a reader of short questions, not of language: it looks for names, for words of a table, and for times, and leaves
// the rest alone. "why is db slow since 14:05", "db가 10분 전부터 느려" and "db 5xx" all work; a negation is not seen.
//
// Times of day are taken in the location of the now that is passed in; the answer's times are UTC. The package holds no
// state, starts no goroutine and reads no clock.
package ask
