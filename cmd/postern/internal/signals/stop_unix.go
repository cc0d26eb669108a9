//go:build unix

package signals

import (
	"os"

	"golang.org/x/sys/unix"
)

// Denied returns the signals by which a terminal stops a process in the background
// that reads from it, changes it, or writes to it.
func Denied() []os.Signal { return []os.Signal{unix.SIGTTIN, unix.SIGTTOU} }

// StopInBackground stops this process until it is continued, unless it is in the
// foreground of its terminal.
func StopInBackground() {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	if err == nil {
		group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		_ = unix.Close(fd)
		if err == nil && group == unix.Getpgrp() {
			return
		}
	}
	StopSelf()
}
