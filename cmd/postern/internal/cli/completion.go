package cli

import (
	"bytes"
	"context"
	"io"

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

// complete prints what may follow on the command line.
func complete(ctx context.Context, cmd *cli.Command) {
	root := cmd.Root()
	defer func(w io.Writer) { root.Writer = w }(root.Writer)
	root.Writer = plainWriter{root.Writer}
	cli.DefaultCompleteWithFlags(ctx, cmd)
}

// plainWriter leaves out the backquotes that mark the value in the usage of a flag,
// which only the help interprets.
type plainWriter struct{ io.Writer }

func (w plainWriter) Write(p []byte) (int, error) {
	_, err := w.Writer.Write(bytes.ReplaceAll(p, []byte("`"), nil))
	return len(p), err
}
