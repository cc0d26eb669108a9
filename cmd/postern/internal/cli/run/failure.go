package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/childproc"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// failure says why the command did not run. It is the line of --error-format json.
type failure struct {
	Code  string `json:"code"` // an error code, "usage", "command_not_found", "not_executable", "not_started" or "output_lost"
	Exit  int    `json:"exit"` // the exit code that other commands of postern use for this error
	Error string `json:"error"`
	Hint  string `json:"hint"`

	exit int // the exit code of run
}

// oversize is the error of a command whose environment is too large to start it.
type oversize struct {
	error
	name string // of the largest variable
	size int    // of its value
}

func (e *oversize) Unwrap() error { return e.error }

// newOversize returns err, of a command that did not start, with the largest variable.
func newOversize(err error, environ []string) error {
	big := &oversize{error: err}
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); len(value) >= big.size {
			big.name, big.size = strings.Clone(name), len(value)
		}
	}
	return big
}

// explainStart fills in the failure for a command that the system did not start.
func (f *failure) explainStart(e *childproc.Error, whole error) {
	f.exit, f.Exit = e.ExitCode, e.ExitCode
	f.Error = "the command " + e.Error()
	switch {
	case e.ExitCode == childproc.ExitNotFound:
		f.Code, f.Hint = "command_not_found", `echo "$PATH"`
		if loader := (*childproc.LoaderError)(nil); errors.As(e, &loader) {
			f.Hint = "postern help run"
		}
	case e.ExitCode == childproc.ExitNotExecutable:
		f.Code, f.Hint = "not_executable", "postern help run"
	case errors.Is(e, syscall.E2BIG):
		f.Code, f.Exit = string(secret.ErrTooLarge), app.ExitData
		f.Error, f.Hint = "the values are too large for environment variables; use --file, which has no such limit", "postern help run"
		if big := (*oversize)(nil); errors.As(whole, &big) {
			f.Error = fmt.Sprintf("the values are too large for environment variables: the largest is that of %s, with %d bytes; use --file %s=KEY, which has no such limit", big.name, big.size, big.name)
		}
	default:
		f.Code, f.Hint = "not_started", "postern doctor"
	}
}

// explainLost fills in the failure for output of the command that is lost.
func (f *failure) explainLost(e *childproc.OutputError) {
	f.exit, f.Exit, f.Code = app.ExitIO, app.ExitIO, "output_lost"
	f.Error = fmt.Sprintf("output of the command could not be written and is lost: %s; the command itself ended with %d", safefile.Reason(e.Err), e.ExitCode)
	f.Hint = app.WriteHint(e.Err, "")
}

func report(a *app.App, cmd *cli.Command, err error, f failure) {
	if cmd.String("error-format") == "json" {
		f.Error, f.Hint = app.Clean(f.Error), app.Clean(a.WithGlobals(f.Hint))
		e := json.NewEncoder(a.Stderr)
		e.SetEscapeHTML(false)
		_ = e.Encode(f)
		return
	}
	a.SayError(err, app.Message{Text: f.Error, Code: f.Code, Exit: f.exit, Hint: f.Hint})
}

// signalNumber returns the number of a signal.
func signalNumber(s os.Signal) int {
	n, _ := s.(syscall.Signal)
	return int(n)
}
