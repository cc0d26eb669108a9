//go:build unix && !linux

package childproc

// closeOnExec keeps every descriptor above 2 from the child, those included
// that whoever started us left open.
func closeOnExec() { closeListedOnExec() }
