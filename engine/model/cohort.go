package model

// Cohorts are what those who are hit have in common, or that they have nothing in common.
type Cohorts struct {
	SeparatedBy []Separation `json:"separated_by"`
	// Indistinguishable are cohorts that the data cannot tell from one in SeparatedBy, with what would.
	Indistinguishable []Indistinguishable `json:"indistinguishable"`
	// NoLabel tells that labels were compared, and none separates the badness.
	NoLabel bool `json:"no_label"`
	// Tested is how many labels were compared; those that divide the units alike count as one.
	Tested   int          `json:"tested"`
	Compared []Comparison `json:"compared"`
}

// Comparison is one search for what the hit have in common.
type Comparison struct {
	Component string   `json:"component"`
	Signal    string   `json:"signal"` // "stops" where it is how often units stopped or started anew
	Unit      string   `json:"unit"`   // the label that tells units apart
	Units     int      `json:"units"`
	Labels    []string `json:"labels"`    // that were compared
	Separated bool     `json:"separated"` // by one of them: SeparatedBy has it
	Text      Message  `json:"text"`      // what came of it
}

// CohortCondition is a label's value or, negated, any other value.
type CohortCondition struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Not   bool   `json:"not"`
}

// Separation is a cohort that carries the badness.
type Separation struct {
	Component string            `json:"component"`
	Signal    string            `json:"signal"`
	Where     []CohortCondition `json:"where"` // one condition, or two that hold together
	Units     int               `json:"units"`
	Others    int               `json:"others"`
	// ShareOfBadness and ShareOfExposure are the cohort's, 0 to 1: of what is bad, and of the traffic, time or number that
	// it came of. The first may be above 1 where the others fare better than usual.
	ShareOfBadness  float64 `json:"share_of_badness"`
	ShareOfExposure float64 `json:"share_of_exposure"`
	// Effect is how much worse the cohort fares: a ratio of rates, or a difference in Unit; absent bounds are infinite.
	Effect CohortEffect `json:"effect"`
	// P is what chance gives by this label, CorrectedP by any of those compared.
	P          float64 `json:"p"`
	CorrectedP float64 `json:"corrected_p"`
	Text       Message `json:"text"`
}

// CohortEffect is the size of an effect with an interval of 95 %.
type CohortEffect struct {
	Kind  string   `json:"kind"` // rate_ratio or difference
	Unit  string   `json:"unit,omitempty"`
	Value *float64 `json:"value,omitempty"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
}

// Indistinguishable is a cohort that may as well be the one.
type Indistinguishable struct {
	Component string            `json:"component"`
	From      []CohortCondition `json:"from"` // the one in SeparatedBy
	Where     []CohortCondition `json:"where"`
	// SameUnits tells that both are exactly the same units; else they differ in too few.
	SameUnits  bool    `json:"same_units"`
	Text       Message `json:"text"`
	Experiment Message `json:"experiment"` // what would tell them apart
}
