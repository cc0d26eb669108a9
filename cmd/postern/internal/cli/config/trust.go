package config

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/config"
)

func Trust(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "trust",
		Usage: "accept the configuration of this folder as it is now",
		Description: `A configuration that is found in the current folder may use built-in modules,
files beneath the folder and variables with its prefix. If it wants more it must
be accepted once, and again whenever it or a module of it changes. Naming a file
with --config or POSTERN_CONFIG accepts it for that call. Either way the modules
that it brings must be pinned: see postern module lock.`,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "revoke", Usage: "take back what was accepted"}},
		Action: a.Action(runTrust),
	}
}

func runTrust(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	if cmd.String("config") != "" {
		return app.UsageError(cmd, "a named configuration is trusted already")
	}
	s, err := a.Sources(cmd)
	if err != nil {
		return err
	}
	if cmd.Bool("revoke") {
		c, err := config.Distrust(s)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.Out, "no longer trusted: %s\n", app.Clean(c.Path))
		return err
	}
	c, err := config.Trust(s)
	if err != nil {
		return err
	}
	if len(c.Wants) == 0 {
		_, err := fmt.Fprintf(a.Out, "needs no trust: %s\n", app.Clean(c.Path))
		return err
	}
	if _, err := fmt.Fprintf(a.Out, "trusted: %s\n", app.Clean(c.Path)); err != nil {
		return err
	}
	for _, want := range c.Wants {
		if _, err := fmt.Fprintf(a.Out, "  %s\n", app.Clean(want)); err != nil {
			return err
		}
	}
	return nil
}
