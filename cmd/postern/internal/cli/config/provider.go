package config

import (
	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// Provider returns the command provider.
func Provider(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "provider",
		Usage: "list and test the configured providers",
		Commands: []*cli.Command{
			listProviders(a), testProviders(a),
		},
	}
}
