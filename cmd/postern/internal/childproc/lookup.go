package childproc

import (
	"errors"
	"strconv"
)

// What Lookup and Run answer with beside the system's errors.
var (
	// ErrNotFound is a name that no folder of the path has.
	ErrNotFound = errors.New("command not found")
	// ErrNoTerminal is a pseudo-terminal that could not be had. With
	// [Options.Pipes] the same child starts.
	ErrNoTerminal = errors.New("the system gives no pseudo-terminal")
)

func quote(name string) string { return strconv.Quote(name) }
