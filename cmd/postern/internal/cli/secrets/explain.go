package secrets

import (
	"cmp"
	"context"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// Explain returns the command explain.
func Explain(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show which providers a request would query, and why (dry run)",
		ArgsUsage: "KEY",
		Description: `Shows how the configured policy decides a request: the rule, the chain, which
providers would be asked in which order, why the others would not be asked, and which
rules nearly matched. It asks no provider and reads no value. If the policy allows a
set only for a key that exists, or only for one that does not, the decision names
this condition; --op create and --op update explain one of the two.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "caller", Usage: "the `CALLER` of the request (default: that of --as)"},
			&cli.StringFlag{Name: "provider", Usage: "explain the request as if only `NAME` were asked"},
			app.OpFlag(), app.AtFlag(), app.JSONFlag(),
		},
		Action: a.Action(runExplain),
	}
}

func runExplain(ctx context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 1, 1); err != nil {
		return err
	}
	key := secret.Key(cmd.Args().First())
	if err := key.Check(); err != nil {
		return err
	}
	if _, err := app.Operation(cmd); err != nil {
		return err
	}
	op := secret.Op(cmd.String("op"))
	at, err := app.Moment(cmd)
	if err != nil {
		return err
	}
	c, err := a.Load(cmd)
	if err != nil {
		return err
	}
	c.Options.DecisionLog = runtime.DecisionLog{} // a dry run is not recorded
	if cmd.String("at") != "" {
		c.Options.Now = func() time.Time { return at }
	}
	if caller := cmd.String("caller"); caller != "" {
		c.Options.Caller.Name = caller
	}
	return a.WithConfig(ctx, c, func(_ context.Context, s app.Session) error {
		to, err := s.At(cmd.String("provider"))
		if err != nil {
			return err
		}
		who, f := to.Caller(), s.Config().Options.PolicyFile
		x := app.Explanation{
			Key: string(key), Op: string(op), Caller: who.Name, Roles: append([]string{}, who.Roles...), Labels: who.Labels,
			Policy: cmp.Or(f.Path, "preset "+f.Preset), Decision: to.Explain(op, key), Opened: true,
		}
		for _, p := range s.Providers() {
			x.Providers = append(x.Providers, app.AskedProvider{Name: p.Name, Module: p.Module})
		}
		if x.Writes() && x.Decision.Decision.Allow {
			x.Writers = to.Writers(op, key)
		}
		x.Place(cmd.String("provider"))
		return a.PrintExplanation(cmd, x)
	})
}
