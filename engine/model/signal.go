package model

import (
	"cmp"
	"fmt"
	"strings"
)

// SignalKind is the family a signal belongs to (mission B7: usage, latency, errors, and what bounds them).
type SignalKind string

// The kinds of contracts.md.
const (
	KindTraffic      SignalKind = "traffic"
	KindErrors       SignalKind = "errors"
	KindLatency      SignalKind = "latency"
	KindSaturation   SignalKind = "saturation"
	KindUtilization  SignalKind = "utilization"
	KindAvailability SignalKind = "availability"
	KindUsage        SignalKind = "usage"
)

// SignalKinds lists every kind in the order reports use.
func SignalKinds() []SignalKind {
	return []SignalKind{
		KindTraffic, KindErrors, KindLatency, KindSaturation, KindUtilization, KindAvailability, KindUsage,
	}
}

// ParseSignalKind reads a kind, case-insensitively.
func ParseSignalKind(s string) (SignalKind, error) {
	for _, k := range SignalKinds() {
		if strings.EqualFold(s, string(k)) {
			return k, nil
		}
	}
	return "", fmt.Errorf("signal kind (%q) must be one of %s", s, joinKinds())
}

func joinKinds() string {
	names := make([]string, 0, len(SignalKinds()))
	for _, k := range SignalKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// UserFacing tells whether users feel the signal itself: latency, errors, availability.
func (k SignalKind) UserFacing() bool {
	return k == KindLatency || k == KindErrors || k == KindAvailability
}

// Family is what users feel of a signal: answers that come late, or that come wrong or not at all.
type Family string

// The families; FamilyNone is for signals that users do not feel.
const (
	FamilyNone    Family = ""
	FamilyLatency Family = "latency"
	FamilyErrors  Family = "errors"
)

// Family of the kind.
func (k SignalKind) Family() Family {
	switch k {
	case KindLatency:
		return FamilyLatency
	case KindErrors, KindAvailability:
		return FamilyErrors
	}
	return FamilyNone
}

// Direction is where a signal must move to be bad.
type Direction string

// The directions of contracts.md.
const (
	BadUp     Direction = "up"
	BadDown   Direction = "down"
	BadBoth   Direction = "both"
	BadChange Direction = "change"
)

// ParseDirection reads a direction; "" is BadBoth.
func ParseDirection(s string) (Direction, error) {
	switch d := Direction(s); d {
	case BadUp, BadDown, BadBoth, BadChange:
		return d, nil
	case "":
		return BadBoth, nil
	}
	return "", fmt.Errorf("bad (%q) must be one of up, down, both, change", s)
}

// Judges tells whether a move of the given sign (+1 up, -1 down) is in a bad direction.
func (d Direction) Judges(sign int) bool {
	switch d {
	case BadUp:
		return sign > 0
	case BadDown:
		return sign < 0
	default:
		return sign != 0
	}
}

// EdgeLabels name the two labels that carry caller and callee of a call's signal.
type EdgeLabels struct{ From, To string }

// Signal is the definition of something measured on components or on calls.
type Signal struct {
	Name    string     // unique per subject: io_queue_length
	Kind    SignalKind // family
	Unit    string     // as printed: seconds, ratio, req/s
	Bad     Direction  // where it must move to be bad
	Title   string     // in words, for reports: "IO queue length"; "" = Name
	TitleKo string     // Title in Korean; "" = none
	// Resource names the bounded thing that the signal is about (cpu, disk, memory, pool, network, ...); "" = none or
	// unknown. It lets "database CPU" be told from "database memory".
	Resource string
	// Side tells who measured a latency or error: the side that serves, or the side that calls.
	Side Side
	// Source is "catalogue" or "topology": where the definition came from.
	Source string
}

// Side is the end of a call at which something was measured.
type Side string

// On a component, SideClient is what it saw of the calls it made; on a call, what the caller saw.
const (
	SideUnknown Side = ""
	SideClient  Side = "client"
	SideServer  Side = "server"
)

// Label is the name for people.
func (s *Signal) Label() string {
	if s.Title != "" {
		return s.Title
	}
	return strings.ReplaceAll(s.Name, "_", " ")
}

// Said is the name for people as a message: Label, with its Korean where there is one.
func (s *Signal) Said() Message { return Message{Format: s.Label(), Korean: s.TitleKo} }

// Subject is what a series was measured on: a component, or a call from one component to another.
type Subject struct {
	Component string // the component; of a call, the caller
	Peer      string // of a call, the callee; "" otherwise
}

// IsEdge tells whether the subject is a call.
func (s Subject) IsEdge() bool { return s.Peer != "" }

func (s Subject) String() string {
	if s.IsEdge() {
		return s.Component + " -> " + s.Peer
	}
	return s.Component
}

// Compare orders subjects by component, then peer.
func (s Subject) Compare(o Subject) int {
	if c := strings.Compare(s.Component, o.Component); c != 0 {
		return c
	}
	return strings.Compare(s.Peer, o.Peer)
}

// Series is one signal of one subject on a frame's grid.
type Series struct {
	Subject Subject
	Signal  *Signal
	// Labels tell apart several series of one signal on one subject (replicas, pods, devices); empty when there is one.
	Labels Labels
	// Query is the PromQL that gave the values; running it again gives them again.
	Query string
	// Values has one entry a grid point; a gap is NaN (IsGap).
	Values []float64
	// SmearMillis is how far back a value looks (the range of its rate): onsets are that much less sharp.
	SmearMillis int64
}

// ID names the series for people and for tie-breaking: "db latency_p95{pod="a"}".
func (s *Series) ID() string {
	id := s.Subject.String() + " " + s.Signal.Name
	if len(s.Labels) > 0 {
		id += s.Labels.String()
	}
	return id
}

// Compare orders series by what they measure before whom they measure: so a tie between two signals of one component is
// broken alike whatever the component is called.
func (s *Series) Compare(o *Series) int {
	return cmp.Or(strings.Compare(s.Signal.Name, o.Signal.Name), s.Labels.Compare(o.Labels), s.Subject.Compare(o.Subject))
}

// MissingSignal is a signal that was looked for and not found.
type MissingSignal struct {
	Subject Subject
	Signal  *Signal
	Tried   []string // the candidate expressions asked, in order
	Reason  Reason
}
