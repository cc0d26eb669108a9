package cli

import "golang.org/x/sys/unix"

// hideFromDebuggers keeps other processes of the same user out of this one's
// memory, and this one's memory out of core files. Where the system refuses,
// the values' own pages are still left out of core files.
func hideFromDebuggers() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
