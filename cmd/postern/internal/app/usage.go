package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/suggest"
)

// OnUsageError replaces the library's answer to a command line that it does not
// understand, which would print the help to standard output.
func OnUsageError(_ context.Context, cmd *cli.Command, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		name = strings.TrimLeft(name, "-")
		text = fmt.Sprintf("unknown flag %q", dashed(name))
		if near := suggest.Closest(name, flagNames(cmd)); near != "" {
			text += fmt.Sprintf(", did you mean %q?", dashed(near))
		}
	}
	return UsageError(cmd, text)
}

// UsageError is a usage error of one command.
func UsageError(cmd *cli.Command, text string) *Failure {
	path := commandPath(cmd)
	hint := "postern help"
	if path != "" {
		text, hint = path+": "+text, "postern help "+path
	}
	return &Failure{Exit: ExitUsage, Text: text, Hint: hint}
}

// WantArgs holds a command to its number of arguments.
func WantArgs(cmd *cli.Command, least, most int) error {
	switch n := cmd.Args().Len(); {
	case n < least:
		return UsageError(cmd, "an argument is missing: "+cmd.ArgsUsage)
	case n > most:
		return UsageError(cmd, fmt.Sprintf("%d arguments are too many: %s", n, cmd.ArgsUsage))
	}
	return nil
}

// commandPath is the name of a command as typed, without the program.
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
