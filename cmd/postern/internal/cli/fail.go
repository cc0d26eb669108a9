package cli

import (
	"fmt"
)

// failure is an error of the command line itself.
type failure struct {
	exit int
	text string
	hint string // a command to type
}

func (f *failure) Error() string { return f.text }

func usagef(format string, args ...any) *failure {
	return &failure{exit: exitUsage, text: fmt.Sprintf(format, args...), hint: "postern help"}
}
