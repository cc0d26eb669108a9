package config

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

func check(a *app.App) *cli.Command {
	return &cli.Command{
		Name:   "check",
		Usage:  "check the configuration, its modules and their grants, without running modules",
		Action: a.Action(runCheck),
	}
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
		for _, p := range c.Options.Providers {
			if path, covered := app.FileRead(c.Options.Dir, p); path != "" && !covered {
				a.Warn("provider %q cannot read its file: %s", p.Name, app.NotGranted(c.Options.Dir, p, app.QuotePath))
			}
		}
		if c.Path == "" {
			a.Warn("no configuration was found: the settings are defaults, variables and flags")
		}
		name := c.Path
		if name == "" {
			name = "no file" + overridden(c)
		}
		_, err := fmt.Fprintf(a.Out, "%s: ok, %s\n", app.Clean(name), app.Count(len(s.Providers()), "provider"))
		return err
	})
}
