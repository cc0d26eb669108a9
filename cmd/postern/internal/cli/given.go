package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// withValues returns action behind a check of what the user gave: a flag, a variable
// or the name of a file that was given and is empty is an error. It is usually what a
// script made of a variable that is not set, and a default in its place may be a wider
// identity or another file.
func withValues(a *app.App, action cli.ActionFunc, path []string) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		if problem := emptyInput(a, cmd, path); problem != "" {
			return cmd.OnUsageError(ctx, cmd, app.UsageError(cmd, problem), false)
		}
		for _, name := range []string{"POSTERN_QUIET", "POSTERN_ALLOW_UNPINNED", "POSTERN_ALLOW_DEBUG"} {
			if err := a.CheckBoolEnv(name); err != nil {
				return cmd.OnUsageError(ctx, cmd, err, false)
			}
		}
		return action(ctx, cmd)
	}
}

// emptyInput says what was given and is empty; "" if nothing is.
func emptyInput(a *app.App, cmd *cli.Command, path []string) string {
	for _, c := range cmd.Lineage() {
		for _, f := range c.Flags {
			name := f.Names()[0]
			if f.IsSet() && isEmpty(f, cmd, name) {
				return "--" + name + " is empty; give it a value, or leave it out"
			}
		}
	}
	for _, f := range cmd.Flags {
		if len(path) == 0 || cmd.IsSet(f.Names()[0]) || !takesVariable(f) {
			continue
		}
		name := variableName(path, f)
		if value, set := a.LookupEnv(name); set && value == "" {
			return name + " is empty; give it a value, or unset it"
		}
	}
	if len(path) > 1 && path[0] == "policy" { // its arguments are files, and without one it takes the configured file
		if i := slices.Index(cmd.Args().Slice(), ""); i >= 0 {
			return fmt.Sprintf("argument %d is empty; want %s", i+1, cmd.ArgsUsage)
		}
	}
	return ""
}

func isEmpty(f cli.Flag, cmd *cli.Command, name string) bool {
	switch f.(type) {
	case *cli.StringFlag:
		return cmd.String(name) == ""
	case *cli.StringSliceFlag:
		return slices.Contains(cmd.StringSlice(name), "")
	}
	return false
}
