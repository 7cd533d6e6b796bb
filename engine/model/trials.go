package model

// Trials are what was tried to find a cause: settings of factors, and whether the trouble showed.
type Trials struct {
	Title   string
	RunCost float64 // of one run without changing anything
	Factors []Factor
	Trials  []Trial
}

// Factor is something that was varied: a kernel, a cable, a port.
type Factor struct {
	Name   string
	Values []string // all that may be tried; those of the trials, and any given beside them, sorted
	Cost   float64  // of changing it once, in the unit of RunCost
}

// Trial is one setting with what came of it.
type Trial struct {
	Line    int      // in the file, from 1
	Setting []string // by factor
	// Good and Bad are how many runs went well, and in how many the trouble showed; both 0 when it is not known.
	Good, Bad int
}

// Experiment is what trials come to. Its JSON form is a contract like Diagnosis'.
type Experiment struct {
	SchemaVersion int           `json:"schema_version"`
	Title         string        `json:"title"`
	Verdict       Message       `json:"verdict"`
	Combinations  []Combination `json:"combinations"`
	Remaining     []Explanation `json:"remaining"` // the likeliest first
	// SomethingElse is the probability that the cause is none of the factors, nor two of them.
	SomethingElse float64      `json:"something_else"`
	RuledOut      []FactorOut  `json:"ruled_out"`
	Next          []Proposal   `json:"next"` // the most telling for its cost first
	Counts        TrialsCounts `json:"trials"`
}

// TrialsCounts are how much was tried.
type TrialsCounts struct {
	Settings int `json:"settings"`
	Good     int `json:"good"`
	Bad      int `json:"bad"`
	Unknown  int `json:"unknown"` // trials without an outcome
}

// FactorValue is one factor's value.
type FactorValue struct {
	Factor string `json:"factor"`
	Value  string `json:"value"`
}

// Combination is a setting that was tried, its trials taken together.
type Combination struct {
	Setting []FactorValue `json:"setting"`
	Good    int           `json:"good"`
	Bad     int           `json:"bad"`
	Seen    string        `json:"seen"` // good, bad, both or unknown
}

// Explanation is a cause that no trial rules out: a factor's value, or the values of two factors together.
type Explanation struct {
	Where       []FactorValue `json:"where"`
	Probability float64       `json:"probability"`
	Shows       float64       `json:"shows"` // in what share of runs the trouble is expected to show, if it is this
	Good        int           `json:"good"`  // runs with it that went well
	Bad         int           `json:"bad"`
	Text        Message       `json:"text"`
}

// FactorOut is a factor, or one value of it, that cannot be the cause by itself.
type FactorOut struct {
	Factor string  `json:"factor"`
	Value  string  `json:"value,omitempty"` // "" = the factor, whatever its value
	Lines  []int   `json:"lines"`           // of the trials that say so
	Text   Message `json:"text"`
}

// Proposal is an experiment to do next.
type Proposal struct {
	Setting  []FactorValue `json:"setting"`
	Changes  []FactorValue `json:"changes"` // against the last trial
	Runs     int           `json:"runs"`
	GainBits float64       `json:"expected_gain_bits"`
	Cost     float64       `json:"cost"`
	// ChanceBad is how likely the trouble shows in at least one of the runs.
	ChanceBad float64 `json:"chance_bad"`
	// RunsToClear is how many good runs in a row it takes to believe that it is not the likeliest explanation that the
	// setting has; 0 where it has none.
	RunsToClear int           `json:"runs_to_clear"`
	Clears      []FactorValue `json:"clears,omitempty"` // that explanation
	Text        Message       `json:"text"`
	ClearText   Message       `json:"clear_text,omitzero"`
}
