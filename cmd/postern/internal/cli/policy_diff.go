package cli

import (
	"context"
	"io"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func (a *app) policyDiffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "say which requests of a decision log a change would decide otherwise",
		ArgsUsage: "OLD NEW",
		Description: `Every request of the log is put to both policies, with the time that it was
made. The key "decision_log" of the configuration makes such a log. Labels are
in it only as far as they were listed there: a request that lacks some counts
as uncertain.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "log", Usage: "the decision log `FILE`, or - for standard input"},
			jsonFlag(),
		},
		Action: a.action(a.policyDiff),
	}
}

func (a *app) policyDiff(_ context.Context, cmd *cli.Command) error {
	if err := wantArgs(cmd, 2, 2); err != nil {
		return err
	}
	name := cmd.String("log")
	if name == "" {
		return usageOf(cmd, "the flag --log is missing")
	}
	var both [2]*policy.Policy
	for i, path := range cmd.Args().Slice() {
		s, err := a.subject(cmd, path)
		if err != nil {
			return err
		}
		if both[i], err = s.load(); err != nil {
			return err
		}
	}
	log := a.stdin
	if name != "-" {
		f, err := openRegular(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		log = f
	}
	return a.printDiff(cmd, both, log)
}

func (a *app) printDiff(cmd *cli.Command, both [2]*policy.Policy, log io.Reader) error {
	r, err := policytest.Diff(both[0], both[1], log)
	if err != nil {
		return &failure{exit: exitData, text: err.Error(), hint: "postern help policy diff"}
	}
	if cmd.Bool("json") {
		return a.printJSON(r)
	}
	return r.WriteText(a.out)
}
