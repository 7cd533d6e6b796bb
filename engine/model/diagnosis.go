package model

import "time"

// SchemaVersion is the version of Diagnosis' JSON form.
const SchemaVersion = 1

// Status is the kind of answer.
type Status string

// "Inconclusive" is a normal answer.
const (
	Diagnosed    Status = "diagnosed"
	Inconclusive Status = "inconclusive"
	Healthy      Status = "healthy"
)

// Diagnosis is the answer. Its JSON form is a contract: fields may be added, never taken away, and no list is null (see
// Normalize).
type Diagnosis struct {
	SchemaVersion int            `json:"schema_version"`
	Question      Asked          `json:"question"`
	Outcome       Outcome        `json:"verdict"`
	Earlier       []Interval     `json:"earlier,omitempty"` // before, when the symptom was bad as it is now
	Later         []Interval     `json:"later,omitempty"`   // the same after it, where the baseline lies after it
	Causes        []Cause        `json:"causes"`
	Eliminated    []Eliminated   `json:"eliminated"`
	Untested      []Untested     `json:"untested"`
	Changes       []JudgedChange `json:"changes"`
	Claims        []JudgedClaim  `json:"claims,omitempty"`   // what people said, in the order in which it was given
	Warnings      []Warning      `json:"warnings,omitempty"` // what will be used up, the earliest first
	Chain         []Link         `json:"chain"`
	Triage        Triage         `json:"triage"`
	Actions       Actions        `json:"actions"`
	Cohorts       *Cohorts       `json:"cohorts,omitempty"` // absent where there are no units to compare
	Coverage      Coverage       `json:"coverage"`
	Expected      []Expected     `json:"expected,omitempty"` // unusual, and not held against anybody
	Engine        EngineInfo     `json:"engine"`

	// Contest is what the ranking rested on, for the fit of its weights; nil when it is not known, as of a diagnosis that
	// was read from JSON.
	Contest *Contest `json:"-"`
	// Incident and Sparks are for renderers that draw: not part of the JSON contract.
	Incident Incident `json:"-"`
	Sparks   []Spark  `json:"-"`
}

// Asked is the question as it was taken.
type Asked struct {
	Component  string     `json:"component"`
	Signal     SignalKind `json:"signal"`
	From       time.Time  `json:"from,omitzero"`
	To         time.Time  `json:"to,omitzero"`
	Understood Message    `json:"understood"`
}

// Outcome is the answer in one sentence.
type Outcome struct {
	Status  Status  `json:"status"`
	Summary Message `json:"summary"`
}

// Cause is a surviving hypothesis, ranked.
type Cause struct {
	Rank        int        `json:"rank"`
	Component   string     `json:"component"`
	Signal      string     `json:"signal"`
	SignalKind  SignalKind `json:"signal_kind"` // the family of Signal; "" when the cause shows nothing itself
	Fault       string     `json:"fault"`
	Probability float64    `json:"probability"`
	Onset       Onset      `json:"onset"`
	Chain       []string   `json:"chain"` // from the symptom down to the component
	Score       []Term     `json:"score"`
	Evidence    []Evidence `json:"evidence"`
	WouldFlip   Message    `json:"would_flip"`
	// RivalFaults are other faults of the same component that nearly as much speaks for, the likeliest first; absent when
	// there is none. Probability is the component's, whichever fault it is.
	RivalFaults []RivalFault `json:"rival_faults,omitempty"`
}

// RivalFault is what else may be wrong with a cause.
type RivalFault struct {
	Fault  string  `json:"fault"`
	Signal string  `json:"signal"` // that shows it best; "" when none does
	Text   Message `json:"text"`
}

// Eliminated is a hypothesis that was ruled out, and by what.
type Eliminated struct {
	Component string     `json:"component"`
	Fault     string     `json:"fault"`
	Test      string     `json:"test"`
	Evidence  []Evidence `json:"evidence"`
	Text      Message    `json:"text"`
}

// Untested is a hypothesis that could not be decided for want of measurements.
type Untested struct {
	Component      string   `json:"component"`
	Fault          string   `json:"fault"`
	Missing        []string `json:"missing"`
	HowToGet       Message  `json:"how_to_get"`
	DecidesBetween []string `json:"decides_between"`
	// ExpectedGainBits is how far measuring what is missing is expected to lower the entropy of the components'
	// probabilities; 0 to 1.
	ExpectedGainBits float64 `json:"expected_gain_bits"`
	// Outcomes say who would come first if what is missing turned out bad, and who if as usual; not said of what would tell
	// next to nothing.
	Outcomes Message `json:"outcomes,omitzero"`
}

// JudgedChange is a change with what the diagnosis says of it.
type JudgedChange struct {
	ID        string     `json:"id"`
	Kind      ChangeKind `json:"kind"`
	Component string     `json:"component"`
	At        time.Time  `json:"at"`
	Relation  Relation   `json:"relation"`
	Reason    Message    `json:"reason"`
	Title     string     `json:"title"`
	Notes     string     `json:"notes,omitempty"`
	From      string     `json:"from,omitempty"`
	To        string     `json:"to,omitempty"`
	Instances []string   `json:"instances,omitempty"` // those that have it; absent: not known, or all
	// Source is SourceMetrics for a change that nobody told of.
	Source string `json:"source,omitempty"`
	// Seen says what metrics show of a change that was told, or of one that was found; absent: nothing would show it.
	Seen  Message `json:"seen,omitzero"`
	Query string  `json:"query,omitempty"` // PromQL that shows it

	Said Message `json:"-"` // the title, where it can be said in several languages
}

// SourceMetrics is the source of changes that were found in metrics.
const SourceMetrics = "metrics"

// Warning is a signal that will reach its end if it goes on as it does: a disk that fills, a pool that leaks.
type Warning struct {
	Component string     `json:"component"`
	Peer      string     `json:"peer,omitempty"` // of a signal of calls, the callee
	Signal    string     `json:"signal"`
	Unit      string     `json:"unit"`
	Limit     float64    `json:"limit"` // where it ends, in the unit
	PerHour   float64    `json:"per_hour"`
	Exhausted Exhaustion `json:"exhausted"`
	Text      Message    `json:"text"`
}

// Exhaustion is when something will be used up: nine in ten such courses get there between Earliest and Latest.
type Exhaustion struct {
	Earliest time.Time `json:"earliest"`
	Likely   time.Time `json:"likely"`
	Latest   time.Time `json:"latest"`
}

// Link is one step of the chain from the symptom (first) to the first cause (last).
type Link struct {
	Component      string  `json:"component"`
	Signal         string  `json:"signal"`
	Onset          Onset   `json:"onset"`
	MagnitudeSigma float64 `json:"magnitude_sigma"`
	LagSeconds     float64 `json:"lag_seconds"` // after the link below it (the next in the list); 0 for the last
	Correlation    float64 `json:"correlation"` // with the link below it
	Via            string  `json:"via"`         // the dependency kind to the next link: calls, stored_on, ...
	State          string  `json:"state"`       // normal, abnormal, unknown
	Observed       string  `json:"observed"`    // with unit
	Baseline       string  `json:"baseline"`    // with unit
	// Judged is the observed value against the usual: a chain may lead through what is well, when nobody measures how the
	// trouble passes it.
	Judged Judgement `json:"judged"`

	Title Message `json:"-"` // of Signal, for people
}

// Judgement is an observed value against the usual, in words.
type Judgement string

// The judgements. What is not unusual lies away from the baseline on the bad side, but not far enough to mean
// anything; what is better moved the other way.
const (
	JudgedUnknown Judgement = "unknown"
	JudgedWorse   Judgement = "worse than usual"
	JudgedNearly  Judgement = "not unusual"
	JudgedUsual   Judgement = "as usual"
	JudgedBetter  Judgement = "better than usual"
)

// Severity is how bad it is for people's sleep (mission C1).
type Severity string

// Critical wakes somebody; severe waits for the morning.
const (
	SeverityCritical Severity = "critical"
	SeveritySevere   Severity = "severe"
	SeverityOther    Severity = "other"
)

// Severities lists every severity, the worst first.
func Severities() []Severity { return []Severity{SeverityCritical, SeveritySevere, SeverityOther} }

// Control is who could have prevented or can end it (mission B2).
type Control string

// The controls.
const (
	ControlTechnical Control = "technical"
	ControlHuman     Control = "human"
	ControlExternal  Control = "external"
)

// Controls lists every control.
func Controls() []Control { return []Control{ControlTechnical, ControlHuman, ControlExternal} }

// Triage is how urgent it is, for whom, and why.
type Triage struct {
	Severity Severity `json:"severity"`
	WakeUp   bool     `json:"wake_up"`
	Reason   Message  `json:"reason"`
	Scope    Scope    `json:"scope"`
	Control  Control  `json:"control"`
}

// Scope is who and what is affected.
type Scope struct {
	Users     Message  `json:"users"`
	Functions []string `json:"functions"`
}

// Actions are what to do now, later, and to find out.
type Actions struct {
	Mitigate    []Action `json:"mitigate"`
	Permanent   []Action `json:"permanent"`
	Experiments []Action `json:"experiments"`
	Isolate     []Action `json:"isolate"`
	Runbook     []Action `json:"runbook"`
}

// Action is one thing to do, with the metric that is its reason (mission A7).
type Action struct {
	Component string  `json:"component"`
	Text      Message `json:"text"`
	Command   string  `json:"command,omitempty"`
	Link      string  `json:"link,omitempty"` // a page that says more
	Because   Message `json:"because"`
	Risk      Message `json:"risk,omitzero"` // what it could break
}

// Coverage is how much of what should be measured was.
type Coverage struct {
	SignalsExpected int       `json:"signals_expected"`
	SignalsSeen     int       `json:"signals_seen"`
	Gaps            []Message `json:"gaps"`
	// Unread are the signals behind Gaps, by name.
	Unread []UnreadSignal `json:"-"`
}

// UnreadSignal is one that was looked for and cannot be judged.
type UnreadSignal struct {
	Subject Subject
	Signal  string
	Reason  Reason
}

// Expected is an unusual signal that an exemption of the rules covers.
type Expected struct {
	Component string    `json:"component"`
	Signal    string    `json:"signal"`
	Observed  string    `json:"observed"` // with unit
	Baseline  string    `json:"baseline"` // with unit
	Reason    Message   `json:"reason"`
	Until     time.Time `json:"until"` // the exemption ends

	Subject string  `json:"-"` // the component, or the call
	Title   Message `json:"-"` // of Signal, for people
}

// EngineInfo says what made the diagnosis. TookMS is the only field of a Diagnosis that differs between two runs on the
// same data.
type EngineInfo struct {
	Version   string  `json:"version"`
	RulesHash string  `json:"rules_hash"`
	TookMS    float64 `json:"took_ms"`
	Series    int     `json:"series"`
	Samples   int     `json:"samples"`
}

// Spark is the course of a signal that matters, for drawing: from shortly before the symptom to its end. Gaps are NaN.
type Spark struct {
	Component, Signal, Unit string
	From                    time.Time
	Step                    time.Duration
	Values                  []float64
	Baseline                float64
	OnsetIndex              int // the first abnormal point; -1 = none
}

// Normalize replaces every nil list by an empty one, so that JSON never shows null for a list.
func (d *Diagnosis) Normalize() {
	d.Causes = orEmpty(d.Causes)
	for i := range d.Causes {
		c := &d.Causes[i]
		c.Chain, c.Score, c.Evidence = orEmpty(c.Chain), orEmpty(c.Score), orEmpty(c.Evidence)
	}
	d.Eliminated = orEmpty(d.Eliminated)
	for i := range d.Eliminated {
		d.Eliminated[i].Evidence = orEmpty(d.Eliminated[i].Evidence)
	}
	d.Untested = orEmpty(d.Untested)
	for i := range d.Untested {
		d.Untested[i].Missing = orEmpty(d.Untested[i].Missing)
		d.Untested[i].DecidesBetween = orEmpty(d.Untested[i].DecidesBetween)
	}
	d.Changes, d.Chain = orEmpty(d.Changes), orEmpty(d.Chain)
	for i := range d.Claims {
		d.Claims[i].Evidence, d.Claims[i].Missing = orEmpty(d.Claims[i].Evidence), orEmpty(d.Claims[i].Missing)
	}
	d.Triage.Scope.Functions = orEmpty(d.Triage.Scope.Functions)
	a := &d.Actions
	a.Mitigate, a.Permanent, a.Experiments = orEmpty(a.Mitigate), orEmpty(a.Permanent), orEmpty(a.Experiments)
	a.Isolate, a.Runbook = orEmpty(a.Isolate), orEmpty(a.Runbook)
	d.Coverage.Gaps = orEmpty(d.Coverage.Gaps)
	if c := d.Cohorts; c != nil {
		c.SeparatedBy, c.Indistinguishable, c.Compared = orEmpty(c.SeparatedBy), orEmpty(c.Indistinguishable), orEmpty(c.Compared)
		for i := range c.Compared {
			c.Compared[i].Labels = orEmpty(c.Compared[i].Labels)
		}
	}
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
