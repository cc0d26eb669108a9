package cli

import (
	"bufio"
	"context"

	"github.com/urfave/cli/v3"
)

func (a *app) keysCommand() *cli.Command {
	return &cli.Command{
		Name:      "keys",
		Aliases:   []string{"list", "ls"},
		Usage:     "list the names of keys, never values",
		ArgsUsage: "[PREFIX]",
		Description: `Lists what the chain holds, sorted, one key per line. PREFIX is compared byte
for byte.`,
		Flags:  []cli.Flag{jsonFlag()},
		Action: a.action(a.keys),
	}
}

// listedKey is one entry of keys --json.
type listedKey struct {
	Key string `json:"key"`
}

func (a *app) keys(ctx context.Context, cmd *cli.Command) error {
	if err := wantArgs(cmd, 0, 1); err != nil {
		return err
	}
	return a.with(ctx, cmd, func(ctx context.Context, s *session) error {
		keys, err := s.bound.Keys(ctx, cmd.Args().First())
		if err != nil {
			return err
		}
		if cmd.Bool("json") {
			list := make([]listedKey, len(keys))
			for i, key := range keys {
				list[i].Key = string(key)
			}
			return a.printJSON(list)
		}
		w := bufio.NewWriter(a.out)
		for _, key := range keys {
			_, _ = w.WriteString(string(key) + "\n") // the error stays in w
		}
		return w.Flush()
	})
}
