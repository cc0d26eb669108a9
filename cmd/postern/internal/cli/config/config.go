package config

import (
	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// Command returns the command config.
func Command(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "show and check the configuration",
		Description: `The configuration is postern.yaml, postern.toml or postern.json in the
current folder or the nearest one above it, up to the top of the repository,
your home or a mount point; or the file that --config or POSTERN_CONFIG names.
Nobody but you and root may be able to change it. For example:

    providers:
      app:
        module: env
        grant: { env: ["APP_*"] }
        config: { prefix: APP_ }
      files:
        module: file
        grant: { files: [{ path: ./secrets.toml, write: true }] }
        config: { path: secrets.toml, format: toml }
    chain: [app, files]

Without a file the chain is env, file: first the environment, then .env in
the current folder, which is never written. Three variables change that, for
programs that used them before postern.yaml: SECRET_PROVIDER_CHAIN (such as
file,env), SECRET_FILE_PATH and SECRET_FILE_FORMAT. With a file they are
ignored, with a warning.

Flags override POSTERN_ variables, and both override the file; "postern config
show" lists where each setting comes from.`,
		Commands: []*cli.Command{
			show(a), check(a),
		},
	}
}
