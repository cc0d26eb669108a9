package run

import (
	"encoding/json"
	"errors"
	"os"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/childproc"
	"github.com/postern-project/postern/runtime/secret"
)

// failure is why no command ran, and one line of --error-format json.
type failure struct {
	Code  string `json:"code"` // an error code, "usage", "command_not_found", "not_executable" or "not_started"
	Exit  int    `json:"exit"` // what another command of postern would have ended with
	Error string `json:"error"`
	Hint  string `json:"hint"`

	end int
}

// explainStart says why the system did not start the command.
func (f *failure) explainStart(e *childproc.Error) {
	f.end, f.Exit = e.ExitCode, e.ExitCode
	f.Error = "the command " + e.Error()
	switch {
	case e.ExitCode == childproc.ExitNotFound:
		f.Code, f.Hint = "command_not_found", `echo "$PATH"`
	case e.ExitCode == childproc.ExitNotExecutable:
		f.Code, f.Hint = "not_executable", "postern help run"
	case errors.Is(e, syscall.E2BIG):
		f.Code, f.Exit = string(secret.ErrTooLarge), app.ExitData
		f.Error, f.Hint = "a value or all of them are larger than an environment may be; --file has no such limit", "postern help run"
	default:
		f.Code, f.Hint = "not_started", "postern doctor"
	}
}

func report(a *app.App, cmd *cli.Command, f failure) {
	if cmd.String("error-format") == "json" {
		f.Error, f.Hint = app.Clean(f.Error), app.Clean(f.Hint)
		e := json.NewEncoder(a.Stderr)
		e.SetEscapeHTML(false)
		_ = e.Encode(f)
		return
	}
	a.Say("error", f.Error)
	if f.Hint != "" && !a.Quiet {
		a.Say("hint", f.Hint)
	}
}

// signalNumber returns the number of a signal, as exit codes hold it.
func signalNumber(s os.Signal) int {
	n, _ := s.(syscall.Signal)
	return int(n)
}
