package config

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// Command returns the command config.
func Command(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "show and check the configuration",
		Description: `The configuration is postern.yaml, postern.toml or postern.json in the
current folder, or the file that --config or POSTERN_CONFIG names. For
example:

    providers:
      app:   { module: env,  grant: { env: ["APP_*"] }, config: { prefix: APP_ } }
      files: { module: file, grant: { files: [{ path: ./secrets.toml, write: true }] },
               config: { path: secrets.toml, format: toml } }
    chain: [app, files]

Without a file the chain is env, file: first the environment, then .env in
the current folder, which is never written.`,
		Commands: []*cli.Command{
			{
				Name:   "show",
				Usage:  "list all settings and where they come from",
				Flags:  []cli.Flag{app.JSONFlag()},
				Action: a.Action(runShow),
			},
			{
				Name:   "check",
				Usage:  "check the configuration, its modules and their grants, without running modules",
				Action: a.Action(runCheck),
			},
		},
	}
}

func runShow(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	c, err := a.Load(cmd)
	if err != nil {
		return err
	}
	if cmd.Bool("json") {
		return a.PrintJSON(c.Settings)
	}
	rows := [][]string{{"KEY", "VALUE", "FROM"}}
	for _, s := range c.Settings {
		rows = append(rows, []string{s.Key, s.Value, s.Origin})
	}
	return a.PrintTable(rows)
}

func runCheck(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	c, err := a.Load(cmd)
	if err != nil {
		return err
	}
	return a.WithConfig(ctx, c, func(_ context.Context, s app.Session) error {
		name := c.Path
		if name == "" {
			name = "no file, using the defaults"
		}
		_, err := fmt.Fprintf(a.Out, "%s: ok, %d providers\n", app.Clean(name), len(s.Providers()))
		return err
	})
}
