package model

import "time"

// IncidentState is how far people have come with an incident (mission B3).
type IncidentState string

// The states, in the order in which an incident goes through them; some may be skipped.
const (
	StateDetected     IncidentState = "detected"     // something is wrong
	StateTold         IncidentState = "told"         // somebody was sent word
	StateAcknowledged IncidentState = "acknowledged" // somebody took it up
	StateDiagnosed    IncidentState = "diagnosed"    // the cause is known
	StateMitigated    IncidentState = "mitigated"    // users are served again
	StateResolved     IncidentState = "resolved"     // it is over
	StateReviewed     IncidentState = "reviewed"     // what was learnt is written down
)

// IncidentStates lists every state, in order.
func IncidentStates() []IncidentState {
	return []IncidentState{
		StateDetected, StateTold, StateAcknowledged, StateDiagnosed, StateMitigated, StateResolved, StateReviewed,
	}
}

// Milestones are when an incident first came into each state; absent = not yet.
type Milestones map[IncidentState]time.Time

// State is the last state that was come to.
func (m Milestones) State() IncidentState {
	last := StateDetected
	for _, s := range IncidentStates() {
		if _, ok := m[s]; ok {
			last = s
		}
	}
	return last
}

// Took is the time from the detection to a state; ok is false when either is not known.
func (m Milestones) Took(to IncidentState) (d time.Duration, ok bool) {
	from, known := m[StateDetected]
	at, reached := m[to]
	return at.Sub(from), known && reached
}

// IncidentRecord is an incident as it is kept while people work on it and afterwards.
type IncidentRecord struct {
	ID string `json:"id"`
	// Key tells incidents apart that are open at the same time: two reports of one key are one incident.
	Key   string `json:"key"`
	Title string `json:"title"`
	// Component, Signal, From and To are the symptom; To is zero while it lasts.
	Component string        `json:"component"`
	Signal    SignalKind    `json:"signal"`
	From      time.Time     `json:"from,omitzero"`
	To        time.Time     `json:"to,omitzero"`
	Severity  Severity      `json:"severity"`
	State     IncidentState `json:"state"`
	Times     Milestones    `json:"times"`
	Updated   time.Time     `json:"updated"`
	// Answer is what the newest diagnosis came to; nil when there is none.
	Answer *AnswerRecord `json:"answer,omitempty"`
	// MergedInto is the incident that explains this one; "" when it stands for itself.
	MergedInto string `json:"merged_into,omitempty"`
}

// Open tells whether the incident still goes on.
func (r *IncidentRecord) Open() bool {
	_, over := r.Times[StateResolved]
	return !over
}

// AnswerRecord is a diagnosis in brief.
type AnswerRecord struct {
	Seq         int       `json:"seq"` // of the diagnosis within the incident, from 1
	At          time.Time `json:"at"`
	Status      Status    `json:"status"`
	Component   string    `json:"component,omitempty"` // of the first cause; "" when there is none
	Fault       string    `json:"fault,omitempty"`
	Probability float64   `json:"probability,omitempty"`
	Summary     string    `json:"summary"`
}

// LogEntry is a line of the on-call log (mission C4).
type LogEntry struct {
	Seq    int       `json:"seq"` // within the incident, from 1
	At     time.Time `json:"at"`
	Author string    `json:"author"` // a person's name; "diagnops" for what was done by itself
	Kind   LogKind   `json:"kind"`
	Text   string    `json:"text"`
}

// LogKind is what a line of the log is about.
type LogKind string

// The kinds of lines.
const (
	LogState     LogKind = "state"
	LogAlert     LogKind = "alert"
	LogDiagnosis LogKind = "diagnosis"
	LogTold      LogKind = "told"
	LogAction    LogKind = "action"
	LogNote      LogKind = "note"
	LogFeedback  LogKind = "feedback"
)

// Feedback is what somebody who knows says of a suspect: it was this, or it was not.
type Feedback struct {
	IncidentID string    `json:"incident"`
	At         time.Time `json:"at"`
	Author     string    `json:"author"`
	Component  string    `json:"component"`
	Fault      string    `json:"fault,omitempty"`
	Right      bool      `json:"right"`
	Note       string    `json:"note,omitempty"`
}

// AlertRecord is an alert that belongs to an incident.
type AlertRecord struct {
	Fingerprint string            `json:"fingerprint"`
	IncidentID  string            `json:"incident"`
	Component   string            `json:"component,omitempty"` // "" when the labels name none
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"starts_at"`
	EndsAt      time.Time         `json:"ends_at,omitzero"` // zero while it fires
	Source      string            `json:"source,omitempty"` // link to who raised it
}

// Notification is word that is to be sent, once.
type Notification struct {
	// Key tells notifications apart: what is put in twice under one key is sent once.
	Key        string    `json:"key"`
	IncidentID string    `json:"incident"`
	Receiver   string    `json:"receiver"`
	Payload    string    `json:"payload"` // JSON, as the receiver takes it
	Created    time.Time `json:"created"`
	Due        time.Time `json:"due"` // not before
	Attempts   int       `json:"attempts"`
	LastError  string    `json:"last_error,omitempty"`
	Sent       time.Time `json:"sent,omitzero"`
	Abandoned  time.Time `json:"abandoned,omitzero"`
}
