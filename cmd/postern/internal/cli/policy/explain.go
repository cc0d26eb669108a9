package policy

import (
	"cmp"
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

func explain(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show how a policy decides a request, and which rules nearly matched",
		ArgsUsage: "[FILE]",
		Description: `The roles and labels of the request are those of --role and --label. After
the decision come the rules that did not match, nearest first, with the
conditions that failed. No provider is asked. The output is that of
"postern explain", which also says where a write goes.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "caller", Usage: "the `CALLER` of the request (default: that of --as)"},
			&cli.StringFlag{Name: "key", Usage: "the `KEY` of the request"},
			app.OpFlag(), app.AtFlag(), app.JSONFlag(),
		},
		Action: a.Action(runExplain),
	}
}

func runExplain(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 0, 1); err != nil {
		return err
	}
	req, err := explained(a, cmd)
	if err != nil {
		return err
	}
	s, err := a.Policy(cmd, cmd.Args().First())
	if err != nil {
		return err
	}
	p, err := s.Load()
	if err != nil {
		return err
	}
	d := runtime.DecideForExplain(&req, p.SplitsSet(), p.Decide)
	x := app.Explanation{
		Key: req.Key, Op: cmd.String("op"), Caller: req.Caller, Roles: append([]string{}, req.Roles...), Labels: req.Labels,
		Policy: cmp.Or(s.Path, "preset "+s.Preset), Decision: p.Explain(req),
	}
	x.Decision.Decision = d
	names := s.Options.Providers
	if len(names) == 0 { // there is no configuration: the policy may name any
		names = x.Decision.Asked
	}
	for _, name := range names {
		x.Providers = append(x.Providers, app.AskedProvider{Name: name})
	}
	x.Place("")
	return a.PrintExplanation(cmd, x)
}

// explained returns the request that the flags describe.
func explained(a *app.App, cmd *cli.Command) (req policy.Request, err error) {
	key := secret.Key(cmd.String("key"))
	if key == "" {
		return req, app.UsageError(cmd, "missing --key")
	}
	if err := key.Check(); err != nil {
		return req, err
	}
	op, err := app.Operation(cmd)
	if err != nil {
		return req, err
	}
	at, err := app.Moment(cmd)
	if err != nil {
		return req, err
	}
	s, err := a.Sources(cmd)
	if err != nil {
		return req, err
	}
	c, err := config.Inspect(s)
	if err != nil {
		return req, err
	}
	who := c.Options.Caller
	caller := cmp.Or(cmd.String("caller"), who.Name, app.DefaultCaller())
	return policy.Request{Caller: caller, Roles: who.Roles, Labels: who.Labels, Op: op, Key: string(key), Time: at}, nil
}
