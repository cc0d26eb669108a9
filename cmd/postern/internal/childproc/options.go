package childproc

import (
	"io"
	"os"
	"time"
)

// DefaultWaitDelay is how long output is waited for when the child has ended but
// a process that it left behind keeps its output open.
const DefaultWaitDelay = time.Second

// Exit codes of a process that could not be started, as shells have them.
const (
	ExitFailed        = 125 // for a reason of ours
	ExitNotExecutable = 126
	ExitNotFound      = 127
	exitSignal        = 128 // and the number of the signal that ended it
)

// Options says what to start and how. Path and Argv are needed.
type Options struct {
	Path string   // of the executable: see [Lookup]
	Argv []string // Argv[0] is the name that the program sees
	Env  []string // NAME=VALUE; nil is the empty environment
	Dir  string   // "" is the current folder

	// Stdin is the child's own; nil is the null device. When the child gets a
	// pseudo-terminal and Stdin is a terminal, it is read here and passed on.
	Stdin *os.File

	// Stdout and Stderr are where the child's output goes; nil discards. A
	// file is handed to the child itself unless Mask is set.
	Stdout, Stderr io.Writer

	// Mask makes the writer that one stream goes through on its way to its
	// destination, and is called once for each. The writer is closed when the
	// stream has ended, which must not close the destination.
	Mask func(io.Writer) io.WriteCloser

	// Pipes keeps the child from a pseudo-terminal also when Stdout is a
	// terminal and Mask is set.
	Pipes bool

	// Files are the child's descriptors 3, 4 and so on. They stay the
	// caller's. The child has no other descriptor.
	Files []*os.File

	// Ready, when set, is called when every signal from then on will reach the
	// child, and before it starts. Its error is that of Run.
	Ready func() error

	// WaitDelay is how long output is waited for after the child has ended; 0
	// is DefaultWaitDelay. What was written by then arrives in any case.
	WaitDelay time.Duration

	// Reap also collects processes that the system gives us because their
	// parents are gone, as the first process of a container must. The caller
	// has no other children then.
	Reap bool
}

func (o *Options) waitDelay() time.Duration {
	if o.WaitDelay == 0 {
		return DefaultWaitDelay
	}
	return o.WaitDelay
}

// Error is why no process was started. Its text names the program, and no
// argument or variable.
type Error struct {
	ExitCode int // ExitFailed, ExitNotExecutable or ExitNotFound
	Name     string
	Err      error // a system's error, or one of this package
}

// Error returns one line: "name": reason.
func (e *Error) Error() string { return quote(e.Name) + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }
