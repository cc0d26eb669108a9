package module

import (
	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// Command returns the command module.
func Command(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "module",
		Usage: "list, inspect, pin and pack modules",
		Commands: []*cli.Command{
			list(a), inspect(a), lock(a), verify(a), pack(a),
		},
	}
}
