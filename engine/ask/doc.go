// Package ask reads a question in free text, English or Korean: whose symptom it is, of which kind, and when. What was
// understood, and what was not, is echoed; a name that nothing is called by is an error that gives the nearest names.
//
// It is a reader of short questions, not of language: it looks for names, for words of a few tables, and for times. "why is
// db slow since 14:05", "db가 10분 전부터 느려" and "db 5xx" all work. A component may be named by its name, by an alias, by
// its kind when it is the only one of it ("database down"), or by a function that it serves. "Why is it not slow" is
// understood as the question whether it is slow. Words that nothing was made of are listed in the echo, so that nobody
// takes an answer about something else for an answer to the question.
//
// Times of day are taken in the location of the now that is passed in; the answer's times are UTC. The package holds no
// state, starts no goroutine and reads no clock.
package ask
