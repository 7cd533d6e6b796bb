package model

// Recovery is an order in which to start a system that is down (mission E2).
type Recovery struct {
	Waves  []Wave   `json:"waves"`
	Broken []Broken `json:"broken"`
}

// Wave is what may be started at the same time, once all waves before it are up.
type Wave struct {
	Steps []Step `json:"steps"` // who is needed by most first
}

// Step is one component to start.
type Step struct {
	Component string   `json:"component"`
	Kind      string   `json:"kind"`
	Needs     []string `json:"needs"` // what it directly needs, all started in earlier waves
	// Dependents is how many components wait for it, directly or not.
	Dependents int `json:"dependents"`
	// Without are those that it needs and that start after it: its part of the cycles that were broken.
	Without []string `json:"without,omitempty"`
	// Checks are what must be seen before the next wave begins.
	Checks []Check `json:"checks"`
}

// Check is something to look at, with the PromQL that shows it where there is one.
type Check struct {
	Text  Message `json:"text"`
	Query string  `json:"query,omitempty"`
}

// Broken is a dependency of a cycle that the order does not keep, and why this one.
type Broken struct {
	From   string         `json:"from"`
	To     string         `json:"to"`
	Kind   DependencyKind `json:"kind"`
	Cycle  []string       `json:"cycle"` // from From over To back, the first not repeated
	Reason Message        `json:"reason"`
}

// Blast is who is hit when some components fail together (mission B1, E1).
type Blast struct {
	Failed    []string   `json:"failed"`
	Lost      []Affected `json:"lost"`      // do not work any more
	Degraded  []Affected `json:"degraded"`  // work with less, or later
	Functions []string   `json:"functions"` // that users lose
	// TrafficShare is the part of what users ask for, 0 to 1, that meets something lost; nil when the traffic is not known.
	TrafficShare *float64 `json:"traffic_share,omitempty"`
}

// Affected is a component that a failure reaches.
type Affected struct {
	Component string   `json:"component"`
	Via       []string `json:"via"` // from it down to what failed
	Reason    Message  `json:"reason"`
}

// Audit is what would go wrong together, and what has no second (mission E1, E3, E4).
type Audit struct {
	Fates    []Fate    `json:"shared_fates"` // one for each value of a failure domain, the worst first
	Singles  []Single  `json:"single_points"`
	Tiers    []Tier    `json:"tiers"`
	Reserves []Reserve `json:"reserves"`
	Unknown  []Message `json:"unknown"` // what the topology does not say
}

// Fate is what shares one failure domain.
type Fate struct {
	Domain  string   `json:"domain"` // such as zone=a
	Members []string `json:"members"`
	Blast   Blast    `json:"blast"`
	// Blind are those outside whose watchers are all inside; Stuck those whose fail-over is; Deployers what rolls out from
	// inside.
	Blind     []string `json:"blind"`
	Stuck     []string `json:"stuck"`
	Deployers []string `json:"deployers"`
}

// Single is a component whose failure alone takes functions away.
type Single struct {
	Component string   `json:"component"`
	Functions []string `json:"functions"`
	Advice    Message  `json:"advice"`
}

// Tier is how a kind of component on the way of a function is doubled.
type Tier struct {
	Function string   `json:"function"`
	Kind     string   `json:"kind"`
	Doubled  []string `json:"doubled"`
	Single   []string `json:"single"`
	Unknown  []string `json:"unknown"` // replicas not given
}

// Reserve tells whether the rest can carry the peak when one of several fails.
type Reserve struct {
	Components []string `json:"components"` // that stand in for each other, or one with replicas
	Resource   string   `json:"resource"`   // of the capacity, such as rps
	Capacity   float64  `json:"capacity"`   // of what is left without the largest
	Peak       *float64 `json:"peak,omitempty"`
	Enough     State    `json:"-"`
	Text       Message  `json:"text"`
}
