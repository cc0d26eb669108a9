package childproc

import (
	"io"
	"os"
	"time"
)

// DefaultWaitDelay is how long Run waits for output after the child has ended, if a
// process that the child left behind keeps the output open.
const DefaultWaitDelay = time.Second

// Exit codes for a process that could not be started, as shells use them.
const (
	ExitFailed        = 125 // the failure is ours
	ExitNotExecutable = 126
	ExitNotFound      = 127
	exitSignal        = 128 // plus the number of the signal that ended the process
)

// Options says what to start and how. Path and Argv are required.
type Options struct {
	Path string   // path of the executable, see [Lookup]
	Argv []string // Argv[0] is the name of the program for itself
	Env  []string // NAME=VALUE; nil is the empty environment
	Dir  string   // "" is the current folder

	// Stdin is inherited by the child; nil is the null device. If the child gets
	// a pseudo-terminal and Stdin is a terminal, Run reads it and copies it to
	// the pseudo-terminal.
	Stdin *os.File

	// Stdout and Stderr are the destinations of the child's output; nil discards
	// it. A file is inherited by the child unless Mask is set. If both are the
	// same file and Mask is set, they are one stream, so that the order of the
	// output is kept.
	Stdout, Stderr io.Writer

	// Mask returns a writer that filters one stream on the way to its
	// destination. It is called once for each stream. Run closes the writer at
	// the end of the stream; closing it must not close the destination.
	Mask func(io.Writer) io.WriteCloser

	// Pipes gives the child pipes instead of a pseudo-terminal, even if Stdout
	// is a terminal and Mask is set.
	Pipes bool

	// Files become the descriptors FirstFile, FirstFile+1 and so on of the child.
	// The caller still closes them. The child inherits no other descriptor.
	Files []*os.File

	// FirstFile is the first descriptor of Files, 0 means 3. It is at most what
	// [HighDescriptor] returns.
	FirstFile int

	// Ready is called before the child starts, if it is not nil. Signals that
	// arrive after it was called are forwarded to the child. If it returns an
	// error, Run returns that error and starts nothing.
	Ready func() error

	// Started is called when the child was started, before anything of its output is
	// copied, if it is not nil. From then on Run does not read Env.
	Started func()

	// WaitDelay is how long Run waits for output after the child has ended; 0
	// means DefaultWaitDelay. Output that was written by then is never lost.
	WaitDelay time.Duration

	// LeftBehind is called after WaitDelay if a process that the child left
	// behind still has its output open, and Run then copies until it is closed.
	// If LeftBehind is nil, Run stops copying instead, and the next write of
	// that process fails.
	LeftBehind func()

	// Helper is a command line of this program that calls [Help] with the arguments
	// that follow it, and exits with its result. If the child gets a pseudo-terminal, a
	// process with that command line keeps the terminal for what the child leaves
	// running. If Helper is nil, or that process cannot start, the system sends SIGHUP
	// to these when the child ends.
	Helper []string

	// Reap makes Run also reap orphaned processes that the system assigns to
	// us, as the first process of a container must. The caller must not have
	// other children then.
	Reap bool
}

func (o *Options) waitDelay() time.Duration {
	if o.WaitDelay == 0 {
		return DefaultWaitDelay
	}
	return o.WaitDelay
}

// Error says why no process was started. Its text names the program, but none of
// the arguments and variables.
type Error struct {
	ExitCode int // ExitFailed, ExitNotExecutable or ExitNotFound
	Name     string
	Err      error // an error of the system or of this package
}

// Error returns one line: "name": reason.
func (e *Error) Error() string { return quote(e.Name) + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// SignalError means that the child was started and that a signal has ended it, or the
// writing of its output. It is not a failure of Run.
type SignalError struct{ Signal os.Signal }

// Error returns the name of the signal.
func (e *SignalError) Error() string { return "ended by a signal: " + e.Signal.String() }

// OutputError means that the child has run and a part of its output is lost.
type OutputError struct {
	ExitCode int   // of the child
	Err      error // of the destination
}

// Error returns the reason.
func (e *OutputError) Error() string { return "the output of the command was lost: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *OutputError) Unwrap() error { return e.Err }
