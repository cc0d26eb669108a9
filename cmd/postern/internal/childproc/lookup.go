package childproc

import (
	"errors"
	"strconv"
)

// Errors of Lookup and Run, besides those of the system.
var (
	// ErrNotFound means that the command was not found in any directory of PATH.
	ErrNotFound = errors.New("command not found")
	// ErrNoTerminal means that the system has no pseudo-terminal left. The
	// child can be started with [Options.Pipes] instead.
	ErrNoTerminal = errors.New("cannot allocate a pseudo-terminal")
)

func quote(name string) string { return strconv.Quote(name) }
