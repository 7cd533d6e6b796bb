package model

// SignalQuery asks for one signal: which expressions to try, and how to tell whose the answer is.
type SignalQuery struct {
	Signal *Signal
	// Subject is whose signal it is, when the expression already selects it (catalogue); zero when By or Edge tell.
	Subject Subject
	// By is the label of the answer that carries the component's name.
	By string
	// Edge names the labels of the answer that carry caller and callee.
	Edge *EdgeLabels
	// Candidates are PromQL expressions in order of preference: the first that answers is taken, and recorded.
	Candidates []string
	// SmearMillis is the longest range in the candidates: how far back a value looks.
	SmearMillis int64
}

// Answer is the result of one PromQL expression on a grid.
type Answer struct {
	Series   []AnswerSeries
	Warnings []string
}

// AnswerSeries is one series of an Answer; Values has one entry a grid point, gaps are NaN.
type AnswerSeries struct {
	Labels Labels
	Values []float64
}
