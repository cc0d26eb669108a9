package secrets

import (
	"bufio"
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

func Keys(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "keys",
		Aliases:   []string{"list", "ls"},
		Usage:     "list the names of keys, never values",
		ArgsUsage: "[PREFIX]",
		Description: `Lists what the chain holds, sorted, one key per line. PREFIX is compared byte
for byte.`,
		Flags:  []cli.Flag{app.JSONFlag()},
		Action: a.Action(runKeys),
	}
}

// listedKey is one entry of keys --json.
type listedKey struct {
	Key string `json:"key"`
}

func runKeys(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 1); err != nil {
		return err
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		keys, err := s.Keys(ctx, cmd.Args().First())
		if err != nil {
			return err
		}
		if cmd.Bool("json") {
			list := make([]listedKey, len(keys))
			for i, key := range keys {
				list[i].Key = string(key)
			}
			return a.PrintJSON(list)
		}
		w := bufio.NewWriter(a.Out)
		for _, key := range keys {
			_, _ = w.WriteString(string(key) + "\n") // the error stays in w
		}
		return w.Flush()
	})
}
