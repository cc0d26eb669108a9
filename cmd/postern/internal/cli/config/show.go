package config

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

func show(a *app.App) *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "list the settings in use, and where each comes from",
		Description: "The value of a setting of a module is hidden unless the module declares it public,\n" +
			"as \"postern module inspect\" shows, and is built in or pinned.",
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runShow),
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
		return a.PrintJSON(c.Disclose())
	}
	rows := [][]string{{"KEY", "VALUE", "FROM"}}
	for _, s := range c.Disclose() {
		rows = append(rows, []string{s.Key, s.Value, s.Origin})
	}
	return a.PrintTable(rows)
}
