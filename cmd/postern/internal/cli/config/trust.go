package config

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/config"
)

// Trust returns the command trust.
func Trust(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "trust",
		Usage: "allow what the configuration of the current folder asks for",
		Description: `A configuration that postern found by itself may use built-in modules, files
below its folder, and environment variables that begin with the provider's
prefix. If it asks for more, run this command once, and again whenever it or one
of its modules changes. A file that --config or POSTERN_CONFIG names needs no
trust: it is trusted for that command.

Modules that are not built in must be pinned in either case: see postern help module lock.`,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "revoke", Usage: "stop trusting the configuration"}},
		Action: a.Action(runTrust),
	}
}

func runTrust(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 0); err != nil {
		return err
	}
	if cmd.String("config") != "" {
		return app.UsageError(cmd, "use trust without --config; a configuration that --config names is always trusted")
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
		text := "was not trusted"
		if c.Trusted {
			text = "no longer trusted"
		}
		_, err = fmt.Fprintf(a.Out, "%s: %s\n", text, app.Clean(c.Path))
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
