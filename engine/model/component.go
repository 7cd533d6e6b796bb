package model

import (
	"fmt"
	"strings"
)

// Component is a thing that can be sick: a balancer, an application, a database, a disk, a host, something external.
type Component struct {
	Name     string
	Kind     string // lb, was, app, db, cache, queue, disk, host, network, external, probe, ...: an open list
	Aliases  []string
	Selector map[string]string // labels of its raw series
	Domain   map[string]string // failure domains: region, zone, rack, ...
	Replicas int               // 0 = not given
	Capacity map[string]float64
	Owner    string
	Serves   []string // functions a user sees
}

// Called tells whether name is the component's name or one of its aliases, case-insensitively.
func (c *Component) Called(name string) bool {
	if strings.EqualFold(c.Name, name) {
		return true
	}
	for _, a := range c.Aliases {
		if strings.EqualFold(a, name) {
			return true
		}
	}
	return false
}

// PassThrough tells whether a component of the kind hands requests on rather than working on them.
func PassThrough(kind string) bool {
	switch strings.ToLower(kind) {
	case "lb", "gateway", "proxy", "ingress", "cdn":
		return true
	}
	return false
}

// IsCache tells whether a component of the kind keeps load away from others.
func IsCache(kind string) bool {
	switch strings.ToLower(kind) {
	case "cache", "redis", "memcached", "cdn":
		return true
	}
	return false
}

// IsMachine tells whether a component of the kind is what others run on.
func IsMachine(kind string) bool {
	switch strings.ToLower(kind) {
	case "host", "node", "vm", "machine":
		return true
	}
	return false
}

// IsStorage tells whether a component of the kind holds data and answers no requests of users: its load is throughput,
// which rises and falls with what it can do.
func IsStorage(kind string) bool {
	switch strings.ToLower(kind) {
	case "disk", "volume", "storage", "filesystem":
		return true
	}
	return false
}

// IsResolver tells whether a component of the kind looks up names for others: whoever calls by name waits for it first.
func IsResolver(kind string) bool {
	switch strings.ToLower(kind) {
	case "dns", "resolver":
		return true
	}
	return false
}

// DependencyKind says how the dependent needs the other.
type DependencyKind string

// The kinds of contracts.md.
const (
	Calls      DependencyKind = "calls"
	Async      DependencyKind = "async"
	RunsOn     DependencyKind = "runs_on"
	StoredOn   DependencyKind = "stored_on"
	Replicates DependencyKind = "replicates"
	Monitors   DependencyKind = "monitors"
	FailsOver  DependencyKind = "fails_over"
)

// DependencyKinds lists every kind.
func DependencyKinds() []DependencyKind {
	return []DependencyKind{Calls, Async, RunsOn, StoredOn, Replicates, Monitors, FailsOver}
}

// ParseDependencyKind reads a kind; "" is Calls.
func ParseDependencyKind(s string) (DependencyKind, error) {
	if s == "" {
		return Calls, nil
	}
	names := make([]string, 0, len(DependencyKinds()))
	for _, k := range DependencyKinds() {
		if s == string(k) {
			return k, nil
		}
		names = append(names, string(k))
	}
	return "", fmt.Errorf("dependency kind (%q) must be one of %s", s, strings.Join(names, ", "))
}

// Carries tells whether trouble of the needed side slows or fails the dependent: not so for those that only watch or
// stand by.
func (k DependencyKind) Carries() bool {
	return k == Calls || k == Async || k == RunsOn || k == StoredOn
}

// Dependency is an edge: From needs To.
type Dependency struct {
	From, To   string
	Kind       DependencyKind
	Source     string  // where the edge is known from: "topology" (a file), "service-graph", "edge-signal", ...
	Confidence float64 // 0 to 1; a hand-written edge is 1
}

// SignalSpec is a signal that a topology file gives beyond the catalogue.
type SignalSpec struct {
	Signal Signal
	Expr   string
	By     string      // the label that carries the component's name; "" for a call's signal
	Edge   *EdgeLabels // of a call's signal; nil otherwise
}

// Topology is what depends on what, and how to measure it.
type Topology struct {
	Components   []Component
	Dependencies []Dependency
	Signals      []SignalSpec
}

// Component returns the component of exactly that name, or nil.
func (t *Topology) Component(name string) *Component {
	for i := range t.Components {
		if t.Components[i].Name == name {
			return &t.Components[i]
		}
	}
	return nil
}

// Find returns the component called so by name or alias, or nil.
func (t *Topology) Find(name string) *Component {
	if c := t.Component(name); c != nil {
		return c
	}
	for i := range t.Components {
		if t.Components[i].Called(name) {
			return &t.Components[i]
		}
	}
	return nil
}

// Directory is Topology.Find for many names. It is read-only once made.
type Directory struct {
	topology *Topology
	exact    map[string]*Component
}

// NewDirectory lists a topology's components, which must not be changed after.
func NewDirectory(t *Topology) *Directory {
	d := &Directory{topology: t, exact: make(map[string]*Component, len(t.Components))}
	for i := range t.Components {
		if c := &t.Components[i]; d.exact[c.Name] == nil {
			d.exact[c.Name] = c
		}
	}
	return d
}

// Find returns the component called so by name or alias, or nil. An exact name costs one look-up.
func (d *Directory) Find(name string) *Component {
	if c := d.exact[name]; c != nil {
		return c
	}
	return d.topology.Find(name)
}
