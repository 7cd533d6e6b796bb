package model

import "time"

// ClaimKind is what somebody says of a component.
type ClaimKind string

// The kinds of claims.
const (
	ClaimHealthy   ClaimKind = "healthy"
	ClaimNotUs     ClaimKind = "not-us"    // it is not the cause
	ClaimSlow      ClaimKind = "slow"      // it answers late
	ClaimFailing   ClaimKind = "failing"   // it answers wrongly
	ClaimDown      ClaimKind = "down"      // it does not answer
	ClaimIdle      ClaimKind = "idle"      // there is plenty of a resource left
	ClaimUnchanged ClaimKind = "unchanged" // nothing was altered about it
)

// ClaimKinds lists every kind.
func ClaimKinds() []ClaimKind {
	return []ClaimKind{ClaimHealthy, ClaimNotUs, ClaimSlow, ClaimFailing, ClaimDown, ClaimIdle, ClaimUnchanged}
}

// Claim is one thing that somebody says of one component, to be held against what was measured.
type Claim struct {
	Text      string // as it was said, whatever else was said with it
	Component string
	Kind      ClaimKind
	Denied    bool       // the opposite was said: "not slow"
	Resource  string     // of ClaimIdle: "cpu"
	Change    ChangeKind // of ClaimUnchanged; "" = whatever sort
	Since     time.Time  // of ClaimUnchanged; zero = for as long as there are data
}

// ClaimVerdict is what came of a claim.
type ClaimVerdict string

// What is not measured neither confirms nor contradicts.
const (
	ClaimConfirmed    ClaimVerdict = "confirmed"
	ClaimContradicted ClaimVerdict = "contradicted"
	ClaimUnknown      ClaimVerdict = "unknown"
)

// JudgedClaim is a claim with what the measurements say to it.
type JudgedClaim struct {
	Claim     string       `json:"claim"`
	Component string       `json:"component"`
	Says      ClaimKind    `json:"says"`
	Denied    bool         `json:"denied,omitempty"`
	Resource  string       `json:"resource,omitempty"`
	Verdict   ClaimVerdict `json:"verdict"`
	Reason    Message      `json:"reason"`
	Evidence  []Evidence   `json:"evidence"`
	Missing   []string     `json:"missing"` // what would have to be measured to tell, or to be sure
	HowToGet  Message      `json:"how_to_get,omitzero"`
}
