package cli

import (
	"context"

	"github.com/urfave/cli/v3"
)

// completionCommand fits the library's command to the others.
func (a *app) completionCommand(cmd *cli.Command) {
	cmd.Hidden = false
	cmd.Usage = "print a completion script for bash, zsh, fish or pwsh"
	cmd.ArgsUsage = "SHELL"
	cmd.Action = a.action(func(_ context.Context, cmd *cli.Command) error { return unknownCommand(cmd) })
	cmd.OnUsageError = usageError
	for _, shell := range cmd.Commands {
		shell.OnUsageError = usageError
	}
}
