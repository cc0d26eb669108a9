package app

import (
	"fmt"

	"github.com/postern-project/postern/runtime/secret"
)

// Failure is an error of the command line itself, with its own exit code.
type Failure struct {
	Exit int
	Code secret.Code // "" if there is none
	Text string
	Hint string // a command to type
}

func (f *Failure) Error() string { return f.Text }

// Unwrap returns the code, so that errors.Is finds it.
func (f *Failure) Unwrap() error {
	if f.Code == "" {
		return nil
	}
	return f.Code
}

// usagef returns a usage error that does not belong to one command.
func usagef(format string, args ...any) *Failure {
	return &Failure{Exit: ExitUsage, Text: fmt.Sprintf(format, args...), Hint: "postern help"}
}
