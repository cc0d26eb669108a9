package app

import "fmt"

// Failure is an error of the command line itself, with its own exit code.
type Failure struct {
	Exit int
	Text string
	Hint string // a command to type
}

func (f *Failure) Error() string { return f.Text }

// usagef is a usage error that no single command is to blame for.
func usagef(format string, args ...any) *Failure {
	return &Failure{Exit: ExitUsage, Text: fmt.Sprintf(format, args...), Hint: "postern help"}
}
