package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// unknownCommand is the action of a command that only groups other commands.
func unknownCommand(_ context.Context, _ *app.App, cmd *cli.Command) error {
	var names []string
	for _, sub := range cmd.VisibleCommands() {
		names = append(names, sub.Names()...)
	}
	given := cmd.Args().First()
	if given == "" {
		return app.UsageError(cmd, "missing command; want one of "+strings.Join(names, ", "))
	}
	return app.UsageError(cmd, fmt.Sprintf("unknown command %q", given)+app.DidYouMean(given, names))
}
