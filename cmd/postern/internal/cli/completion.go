package cli

import (
	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// completion adapts the command of the flag library to ours.
func completion(a *app.App, cmd *cli.Command) {
	cmd.Hidden = false
	cmd.Usage = "print a completion script for bash, zsh, fish or pwsh"
	cmd.ArgsUsage = "SHELL"
	cmd.Action = a.Action(unknownCommand)
	cmd.OnUsageError = app.OnUsageError
	for _, shell := range cmd.Commands {
		shell.OnUsageError = app.OnUsageError
	}
}
