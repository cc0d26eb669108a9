package secrets

import (
	"bufio"
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
)

// Keys returns the command keys.
func Keys(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "keys",
		Aliases:   []string{"list", "ls"},
		Usage:     "list keys, without their values",
		ArgsUsage: "[PREFIX]",
		Description: `Lists the keys of all providers of the chain that the policy lets you list and
get, sorted, one per line. With PREFIX it lists only the keys that begin with it.
With --names it also lists those that you may list but not get.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "names", Usage: "also list keys that you may not get"},
			app.JSONFlag(),
		},
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
		ask := s.Keys
		if cmd.Bool("names") {
			ask = s.Names
		}
		keys, err := ask(ctx, cmd.Args().First())
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			if err := warnWithheld(ctx, a, s, cmd.Args().First()); err != nil {
				return err
			}
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
			_, _ = w.WriteString(string(key) + "\n") // Flush returns the error
		}
		return w.Flush()
	})
}

// warnWithheld says that the policy is why nothing is listed, if it is.
func warnWithheld(ctx context.Context, a *app.App, s app.Session, prefix string) error {
	names, err := s.Names(ctx, prefix)
	if err != nil {
		return err
	}
	if why := values.Withheld(s, len(names)); why != "" {
		a.Warn("%s", why)
	}
	return nil
}
