package policy

import (
	"context"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func diff(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "show which requests of a decision log two policies decide differently",
		ArgsUsage: "OLD NEW",
		Description: `Both policies decide every request of the log, as of the time when it was
made. The setting "decision_log" of the configuration writes such a log. A
log contains only the labels that decision_log lists; a request that lacks
labels counts as uncertain.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "log", Usage: "read the decision log from `FILE`; - means standard input"},
			app.JSONFlag(),
		},
		Action: a.Action(runDiff),
	}
}

func runDiff(_ context.Context, a *app.App, cmd *cli.Command) error {
	if err := app.WantArgs(cmd, 2, 2); err != nil {
		return err
	}
	name := cmd.String("log")
	if name == "" {
		return app.UsageError(cmd, "missing --log")
	}
	var both [2]*policy.Policy
	for i, path := range cmd.Args().Slice() {
		s, err := a.Policy(cmd, path)
		if err != nil {
			return err
		}
		if both[i], err = s.Load(); err != nil {
			return err
		}
	}
	log := a.Stdin
	if name != "-" {
		f, err := app.OpenRegular(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		log = f
	}
	return printDiff(a, cmd, both, log)
}

func printDiff(a *app.App, cmd *cli.Command, both [2]*policy.Policy, log io.Reader) error {
	r, err := policytest.Diff(both[0], both[1], log)
	if err != nil {
		return &app.Failure{Exit: app.ExitData, Text: err.Error(), Hint: "postern help policy diff"}
	}
	if cmd.Bool("json") {
		return a.PrintJSON(r)
	}
	return r.WriteText(a.Out)
}
