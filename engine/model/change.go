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
)

// ChangeKinds lists every kind.
func ChangeKinds() []ChangeKind {
	return []ChangeKind{
		ChangeDeploy, ChangeConfig, ChangeTraffic, ChangeData, ChangeCache, ChangeInfra, ChangeScale, ChangeFlag,
		ChangeFailover, ChangeCertificate, ChangeJob,
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
