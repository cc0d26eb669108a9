package childproc

import (
	"errors"
	"strconv"
	"strings"
)

// Errors of Lookup and Run, besides those of the system.
var (
	// ErrNotFound means that the command was not found in any directory of PATH.
	ErrNotFound = errors.New("command not found")
	// ErrNoTerminal means that the system has no pseudo-terminal left. The
	// child can be started with [Options.Pipes] instead.
	ErrNoTerminal = errors.New("cannot allocate a pseudo-terminal")
)

// skippedError is [ErrNotFound] for a program in a relative folder of PATH.
type skippedError struct{ path string }

func (e *skippedError) Error() string {
	return ErrNotFound.Error() + ": relative folders of PATH are skipped; name it " + quote(e.path)
}

func (e *skippedError) Unwrap() error { return ErrNotFound }

// LoaderError means that a program is there, but not what the system runs it with. It is
// the Err of an [Error].
type LoaderError struct {
	Interpreter string // in the first line of a script; "" for the loader of a program
	Err         error  // of the system
}

// Error returns the reason on one line.
func (e *LoaderError) Error() string {
	switch {
	case e.Interpreter == "":
		return "the loader that the program needs is not there: " + e.Err.Error()
	case strings.HasSuffix(e.Interpreter, "\r"):
		return "its first line names the interpreter " + quote(e.Interpreter) + ": the lines of the script end in CRLF, and must end in LF"
	}
	return "its first line names the interpreter " + quote(e.Interpreter) + ": " + e.Err.Error()
}

// Unwrap returns the error of the system.
func (e *LoaderError) Unwrap() error { return e.Err }

func quote(name string) string { return strconv.Quote(name) }
