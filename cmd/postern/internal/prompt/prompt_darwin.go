package prompt

import "golang.org/x/sys/unix"

// The requests to read the settings of a terminal, to change them, and to change them
// and discard what was typed and is not read yet; and to count that.
const (
	getTermios   = unix.TIOCGETA
	setTermios   = unix.TIOCSETA
	flushTermios = unix.TIOCSETAF
	countWaiting = 0x4004667f // FIONREAD
)
