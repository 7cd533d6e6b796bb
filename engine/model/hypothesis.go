package model

// Verdict is the outcome of holding a prediction against what was measured.
type Verdict string

// The verdicts.
const (
	Supports       Verdict = "supports"
	Refutes        Verdict = "refutes"
	VerdictUnknown Verdict = "unknown"
)

// Prediction is something that must hold, or would tell, if a hypothesis is right.
type Prediction struct {
	Test      string  // the test that checks it: "own-signal", "callee-explains", ...
	Subject   Subject // on what
	Signal    string  // name or kind of the signal it is about; "" = any
	Necessary bool    // refuted, it rules the hypothesis out
	Text      Message // in words
	// Expect is what the fault's rule says is to be seen; nil for what follows from the fault's nature.
	Expect *Expectation
}

// Evidence is a tested prediction. The JSON tags are those of contracts.md.
type Evidence struct {
	Test     string  `json:"test"`
	Verdict  Verdict `json:"verdict"`
	Signal   string  `json:"signal"`
	Query    string  `json:"query"`
	Observed string  `json:"observed"`
	Baseline string  `json:"baseline"`
	Text     Message `json:"text"`

	// Weight is what it adds to the log-odds of its hypothesis; 0 when unknown.
	Weight float64 `json:"-"`
	// Necessary and Verdict == Refutes rules out.
	Necessary bool `json:"-"`
	// Reading is what it rests on; nil when it rests on no single one.
	Reading *Reading `json:"-"`
}

// Hypothesis supposes that a component has a fault.
type Hypothesis struct {
	Component string
	Fault     *Fault
	Signal    string // the signal that shows it best; "" when it shows nothing itself
	// Marks are the bad readings that show the fault, most telling first.
	Marks []Mark
	// Quiet are the readings that would have to be bad and are not.
	Quiet []*Reading
	// Predictions are what it stands or falls by.
	Predictions []Prediction
	// Ledger is every prediction, tested, in the order of Predictions.
	Ledger []Evidence
	// RuledOut is the evidence that refuted a necessary prediction; nil = survived.
	RuledOut *Evidence
	// Terms make up the log-odds.
	Terms []Term
	// Hint orders hypotheses of the same log-odds: the largest severity of anything read on the component, bad or not.
	Hint float64
	// LogOdds is the sum of the terms.
	LogOdds float64
}

// Untried is a hypothesis as it was raised, before anything was tested. It shares what it was raised from.
func (h *Hypothesis) Untried() *Hypothesis {
	return &Hypothesis{
		Component: h.Component, Fault: h.Fault, Signal: h.Signal, Marks: h.Marks, Quiet: h.Quiet, Predictions: h.Predictions, Hint: h.Hint,
	}
}

// Term is one summand of a score. The JSON tags are those of contracts.md.
type Term struct {
	Term  string  `json:"term"`
	Value float64 `json:"value"`
	Why   Message `json:"why"`
}

// FaultUnmeasured is the fault of the hypothesis that is always there: the cause is something not measured.
const FaultUnmeasured = "not-measured"

// FaultUnclassified is the fault of a component that misbehaves in a way no rule knows.
const FaultUnclassified = "unclassified"
