package model

import "time"

// ChangeKind is what sort of thing was altered.
type ChangeKind string

// The kinds of contracts.md.
const (
	ChangeDeploy      ChangeKind = "deploy"
	ChangeConfig      ChangeKind = "config"
	ChangeTraffic     ChangeKind = "traffic"
	ChangeData        ChangeKind = "data"
	ChangeCache       ChangeKind = "cache"
	ChangeInfra       ChangeKind = "infra"
	ChangeScale       ChangeKind = "scale"
	ChangeFlag        ChangeKind = "flag"
	ChangeFailover    ChangeKind = "failover"
	ChangeCertificate ChangeKind = "certificate"
	ChangeJob         ChangeKind = "job"
	// ChangeRestart is a process that began anew: by somebody's hand, or because it died.
	ChangeRestart ChangeKind = "restart"
)

// ChangeKinds lists every kind.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{
		ChangeDeploy, ChangeConfig, ChangeTraffic, ChangeData, ChangeCache, ChangeInfra, ChangeScale, ChangeFlag,
		ChangeFailover, ChangeCertificate, ChangeJob, ChangeRestart,
	}
}

// Change is an event that altered something. The JSON tags are the change event of contracts.md.
type Change struct {
	At         time.Time         `json:"at"`
	Kind       ChangeKind        `json:"kind"`
	Component  string            `json:"component"`
	Instances  []string          `json:"instances,omitempty"`
	ID         string            `json:"id"`
	Title      string            `json:"title"`
	From       string            `json:"from,omitempty"`
	To         string            `json:"to,omitempty"`
	AuthorTeam string            `json:"author_team,omitempty"`
	Link       string            `json:"link,omitempty"`
	Notes      string            `json:"notes,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`

	// Found tells that nobody told of it: it was seen in metrics.
	Found bool `json:"-"`
	// Seen is what metrics show of it; nil when nothing that would show it is measured.
	Seen *Sighting `json:"-"`
}

// Since is the earliest that it can have been: what was found lies between two points in time.
func (c *Change) Since() time.Time {
	if c.Found && !c.Seen.When.Earliest.IsZero() {
		return c.Seen.When.Earliest
	}
	return c.At
}

// Named is its title, in the words of whoever told of it, or of what metrics show.
func (c *Change) Named() Message {
	if c.Found {
		return c.Seen.What
	}
	return Verbatim(c.Title)
}

// Deliberate tells whether somebody made it. A process starts again, a standby takes over and load moves by themselves
// too, often because of the trouble; what nobody told of is deliberate only where nothing but a hand alters it.
func (c *Change) Deliberate() bool {
	return !c.Found || c.Kind == ChangeDeploy || c.Kind == ChangeConfig || c.Kind == ChangeInfra
}

// Like tells whether two changes are the same thing done twice.
func (c *Change) Like(o *Change) bool {
	return c.Component == o.Component && c.Kind == o.Kind && c.To == o.To && c.Title == o.Title
}

// Relation is what the diagnosis says of a change.
type Relation string

// A change is accused, cleared with an alibi, off the path, or cannot be told.
const (
	RelationSuspect   Relation = "suspect"
	RelationCleared   Relation = "cleared"
	RelationUnrelated Relation = "unrelated"
	RelationUnknown   Relation = "unknown"
)
