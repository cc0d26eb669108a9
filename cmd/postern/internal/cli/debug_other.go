//go:build !linux

package cli

// hideFromDebuggers does nothing: there is no such setting on this system.
func hideFromDebuggers() {}
