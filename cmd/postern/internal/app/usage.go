package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/suggest"
)

// OnUsageError turns an error of the flag library into a [Failure]. By itself the
// library would print the help to standard output.
func OnUsageError(_ context.Context, cmd *cli.Command, err error, _ bool) error {
	if f := (*Failure)(nil); errors.As(err, &f) {
		return f
	}
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = strings.TrimLeft(name, "-")
		text = fmt.Sprintf("unknown flag %q", dashed(name))
		if near := suggest.Closest(name, flagNames(cmd)); near != "" && len(name) > 1 { // every letter is close to every other
			text += fmt.Sprintf(" (did you mean %q?)", dashed(near))
		}
	}
	return UsageError(cmd, text)
}

// UsageError returns a usage error of cmd.
func UsageError(cmd *cli.Command, text string) *Failure {
	path := commandPath(cmd)
	hint := "postern help"
	if path != "" {
		text, hint = path+": "+text, "postern help "+path
	}
	return &Failure{Exit: ExitUsage, Text: text, Hint: hint}
}

// WantArgs checks the number of arguments.
func WantArgs(cmd *cli.Command, least, most int) error {
	switch n := cmd.Args().Len(); {
	case n < least:
		return UsageError(cmd, "missing argument; want "+cmd.ArgsUsage)
	case n > most:
		return UsageError(cmd, fmt.Sprintf("too many arguments (%d)%s", n, wanted(cmd.ArgsUsage)))
	}
	return nil
}

func wanted(args string) string {
	if args == "" {
		return "; want none"
	}
	return "; want " + args
}

// commandPath returns the names of a command as typed, without the program.
func commandPath(cmd *cli.Command) string {
	return strings.TrimSpace(strings.TrimPrefix(cmd.FullName(), cmd.Root().Name))
}

func flagNames(cmd *cli.Command) []string {
	var names []string
	for _, c := range cmd.Lineage() {
		for _, f := range c.Flags {
			names = append(names, f.Names()...)
		}
	}
	return names
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
