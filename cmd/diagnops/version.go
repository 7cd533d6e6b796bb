package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker (Makefile); a build without it knows the module's version at most.
var version string

// buildVersion is what diagnoses and `version` carry.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

type versionCmd struct{}

// Run prints the version, and what it was built with.
func (versionCmd) Run(s *streams) error {
	_, err := fmt.Fprintf(s.out, "diagnops %s (%s, %s/%s)\n", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
