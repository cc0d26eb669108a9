package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
)

func (a *app) trustCommand() *cli.Command {
	return &cli.Command{
		Name:  "trust",
		Usage: "accept the configuration of this folder as it is now",
		Description: `A configuration that is found in the current folder may use built-in modules,
files beneath the folder and variables with its prefix. If it wants more it must
be accepted once, and again whenever it or a module of it changes. Naming a file
with --config or POSTERN_CONFIG accepts it for that call. Either way the modules
that it brings must be pinned: see postern module lock.`,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "revoke", Usage: "take back what was accepted"}},
		Action: a.action(a.trust),
	}
}

func (a *app) trust(_ context.Context, cmd *cli.Command) error {
	if err := wantArgs(cmd, 0, 0); err != nil {
		return err
	}
	if cmd.String("config") != "" {
		return usageOf(cmd, "a named configuration is trusted already")
	}
	s, err := a.sources(cmd)
	if err != nil {
		return err
	}
	if cmd.Bool("revoke") {
		c, err := config.Distrust(s)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "no longer trusted: %s\n", clean(c.Path))
		return err
	}
	c, err := config.Trust(s)
	if err != nil {
		return err
	}
	if len(c.Wants) == 0 {
		_, err := fmt.Fprintf(a.out, "needs no trust: %s\n", clean(c.Path))
		return err
	}
	if _, err := fmt.Fprintf(a.out, "trusted: %s\n", clean(c.Path)); err != nil {
		return err
	}
	for _, want := range c.Wants {
		if _, err := fmt.Fprintf(a.out, "  %s\n", clean(want)); err != nil {
			return err
		}
	}
	return nil
}
