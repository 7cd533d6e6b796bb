package model

import "time"

// ShowsBy is how the answers of an expression show that something was altered.
type ShowsBy string

// The ways that changes show in metrics.
const (
	// ShowsByLabel: the values of labels are what something is (a version, an image, a role); another value is a change.
	ShowsByLabel ShowsBy = "label"
	// ShowsByTime: the value is when it happened last, in Unix seconds.
	ShowsByTime ShowsBy = "time"
	// ShowsByLevel: a number that stays as it is until somebody, or something, alters it.
	ShowsByLevel ShowsBy = "level"
	// ShowsByEvent: above zero when it happens.
	ShowsByEvent ShowsBy = "event"
	// ShowsByDrop: an amount that is built up slowly, and falls below half at once when it is thrown away.
	ShowsByDrop ShowsBy = "drop"
)

// ShowsBys lists every way.
func ShowsBys() []ShowsBy {
	return []ShowsBy{ShowsByLabel, ShowsByTime, ShowsByLevel, ShowsByEvent, ShowsByDrop}
}

// ChangeRule says how one kind of change shows; filled from the rule packs.
type ChangeRule struct {
	Name  string // "version", "start"
	Kind  ChangeKind
	Title Message // what is altered ("version"), or what happened ("started again") where no value tells more
	Unit  string  // of a level or an amount
	By    ShowsBy
	// Labels hold the state, of ShowsByLabel.
	Labels []string
	// Instance names the labels that tell instances apart; the first that a series has counts.
	Instance []string
	// States are names for the values of a level: 0 is "primary".
	States map[string]string
	// Vague is what says only that something was altered: it is no news beside another change of the component.
	Vague bool
}

// ChangeQuery asks a source for what would show a change of a component.
type ChangeQuery struct {
	Rule        *ChangeRule
	Component   string
	Expr        string // PromQL
	SmearMillis int64  // how far back a value looks
}

// Watch is what would have shown a change, whether there was one or not.
type Watch struct {
	Component string
	Kind      ChangeKind
	What      Message  // "version"
	Shows     string   // what it showed in the end: "v1.2"; "" where a value tells nobody anything
	Query     string   // PromQL
	Interval  Interval // of its first and last value
}

// Sighting is what metrics show of a change.
type Sighting struct {
	// Verdict tells whether they show it (Supports), or would have shown it and do not (Refutes).
	Verdict Verdict
	What    Message // "version v2, before it v1"; of a refuted one, what stayed as it was
	Query   string  // PromQL
	// When lies between the last point without it and the first with it; both are the same where the value is a time.
	When Onset
	// Instances is how many the component has, changed and unchanged; 0 = not known.
	Instances int
	// Steps are how far it had come when, for a change that reached the instances one after the other; ascending.
	Steps []RolloutStep
	// Rises tells that an amount went up, of a change of level.
	Rises bool
	// Vague is ChangeRule's.
	Vague bool
}

// RolloutStep is the share of a component's instances, 0 to 1, that had a change from a time on.
type RolloutStep struct {
	From  time.Time
	Share float64
}
