//go:build unix && !linux

package childproc

// closeOnExec prevents the child from inheriting descriptors above 2, including
// those that we inherited ourselves.
func closeOnExec() { closeListedOnExec() }
