// Package testdata carries recorded incidents: those that tests replay, and the one that the program shows off with.
package testdata

import (
	"embed"
	"io/fs"
)

// demo leaves out truth.yaml: a program that can not open it can not have looked.
//
//go:embed lab-01/incident.yaml lab-01/topology.yaml lab-01/changes.jsonl lab-01/blocks
var demo embed.FS

// Demo returns the bundle of the demo: a web shop whose database waits for its saturated volume. Without its truth.
func Demo() fs.FS {
	sub, err := fs.Sub(demo, "lab-01")
	if err != nil {
		panic("BUG: embedded bundle: " + err.Error())
	}
	return sub
}
