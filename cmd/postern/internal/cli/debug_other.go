//go:build !linux

package cli

// hideFromDebuggers does nothing here: the system has no such switch.
func hideFromDebuggers() {}
