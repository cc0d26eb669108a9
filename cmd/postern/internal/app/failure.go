package app

import "fmt"

// Failure is an error of the command line itself, with its own exit code.
type Failure struct {
	Exit int
	Text string
	Hint string // a command to type
}

func (f *Failure) Error() string { return f.Text }

// usagef returns a usage error that does not belong to one command.
func usagef(format string, args ...any) *Failure {
	return &Failure{Exit: ExitUsage, Text: fmt.Sprintf(format, args...), Hint: "postern help"}
}
