// Package plan answers what the dependency graph alone can: in which order to start everything again, who is hit when
// something fails, and what would fail together or has no second. Pure functions of a topology; nothing here reads a
// clock or a metric.
//
// # What a dependency means here
//
//   - calls, async, runs_on, stored_on: the dependent can not start (or only half) without the other.
//   - replicates: a replica needs its primary to start from.
//   - monitors: the first watches the second; no order follows.
//   - fails_over: between two of the same kind, the second stands in for the first; else the first (a controller) switches
//     the second over.
//
// A component that passes requests on (a balancer) does without one of several callees of the same kind: they stand in
// for each other. Nobody else's callees do: two services that an application calls are two services.
package plan

import "github.com/diagnops/diagnops/engine/model"

// orders tells whether a dependency decides who starts first.
func orders(k model.DependencyKind) bool { return k.Carries() || k == model.Replicates }
