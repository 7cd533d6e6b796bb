package rules

import (
	"io/fs"
	"sync/atomic"
)

// Live holds the rules in force. Any number of goroutines may read them while they are reloaded; what has begun with one
// set ends with it, for a Set never changes.
type Live struct {
	current atomic.Pointer[Set]
	layers  []fs.FS
}

// NewLive loads layers as Load does.
func NewLive(layers ...fs.FS) (*Live, error) {
	l := &Live{layers: layers}
	if _, err := l.Reload(); err != nil {
		return nil, err
	}
	return l, nil
}

// Set returns the rules in force.
func (l *Live) Set() *Set { return l.current.Load() }

// Reload reads the layers again. Where anything is wrong with them the old rules stay in force, and the error is all that
// is wrong (Problems), or what could not be read. changed tells whether other rules are in force now than before.
func (l *Live) Reload() (changed bool, err error) {
	next, err := Load(l.layers...)
	if err != nil {
		return false, err
	}
	if old := l.current.Load(); old != nil && old.Hash() == next.Hash() {
		return false, nil // what was prepared for the old one stays
	}
	l.current.Store(next)
	return true, nil
}
