package cli

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/secret"
)

func (a *app) deleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Aliases:   []string{"rm"},
		Usage:     "remove keys, one after the other",
		ArgsUsage: "KEY...",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "provider", Usage: "remove them from the provider `NAME`"},
		},
		Action: a.action(a.delete),
	}
}

func (a *app) delete(ctx context.Context, cmd *cli.Command) error {
	if err := wantArgs(cmd, 1, 1<<20); err != nil {
		return err
	}
	var keys []secret.Key
	for _, arg := range cmd.Args().Slice() { // all are checked before the first is removed
		key, err := secret.ParseKey(arg)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	return a.with(ctx, cmd, func(ctx context.Context, s *session) error {
		from, err := s.writer(cmd.String("provider"))
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := from.Delete(ctx, key); err != nil {
				return err
			}
		}
		return nil
	})
}
