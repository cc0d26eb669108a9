package secrets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
)

// Delete returns the command delete.
func Delete(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Aliases:   []string{"rm"},
		Usage:     "remove keys",
		ArgsUsage: "KEY...",
		Description: `Removes the keys one after the other and stops at the first error; a warning
names those that were removed. Before the first is removed, postern checks that
the policy allows removing all of them and that their providers are writable.

A key is removed from the provider that "set" would write it to. If another
provider has it too, so that "get" would still find it, the key is not removed
and the error is shadowed (exit code 73): name the provider, or use --all. With
--all the key is removed from all that can be written to; if "get" still finds
it elsewhere, the error is the same. Every error names what the key was removed
from before it.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "provider", Usage: "remove the keys from the provider `NAME`"},
			&cli.BoolFlag{Name: "all", Usage: "remove the keys from every writable provider of the chain"},
		},
		Action: a.Action(runDelete),
	}
}

func runDelete(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 1, 1<<20); err != nil {
		return err
	}
	var keys []secret.Key
	for _, arg := range cmd.Args().Slice() {
		key, err := secret.ParseKey(arg)
		if err != nil {
			return err
		}
		if slices.Contains(keys, key) {
			return app.UsageError(cmd, fmt.Sprintf("the key %q is named twice", key))
		}
		keys = append(keys, key)
	}
	if cmd.Bool("all") && cmd.String("provider") != "" {
		return app.UsageError(cmd, "use either --provider or --all")
	}
	return a.With(ctx, cmd, func(ctx context.Context, s app.Session) error {
		from, err := s.At(cmd.String("provider"))
		if err != nil {
			return err
		}
		remove := from.Delete
		if cmd.Bool("all") {
			remove = from.DeleteAll
		}
		for _, key := range keys {
			if err := keeps(ctx, s, from, secret.OpDelete, key); err != nil {
				return err
			}
			if len(from.Writers(secret.OpDelete, key)) == 0 {
				return remove(ctx, key) // which says why it removes nothing
			}
		}
		for i, key := range keys {
			if err := remove(ctx, key); err != nil {
				if done := app.ToStrings(keys[:i]); i > 0 {
					a.Warn("removed before the error: %s", strings.Join(done, ", "))
				}
				return err
			}
		}
		return nil
	})
}
