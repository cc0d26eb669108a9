package cli

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func (a *app) policyCheckCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "say whether policies load, and what in them looks wrong",
		ArgsUsage: "[FILE...]",
		Description: `A policy that does not load is an error, and the exit code 78; a rule that
never decides, or allows everybody everything, is a warning. What loading used
of its budgets is printed too.`,
		Flags:  []cli.Flag{formatFlag("text, json, sarif")},
		Action: a.action(a.policyCheck),
	}
}

func (a *app) policyCheck(_ context.Context, cmd *cli.Command) error {
	write, ok := map[string]func(policy.Report) error{
		"text":  func(r policy.Report) error { return r.WriteText(a.out) },
		"json":  func(r policy.Report) error { return r.WriteJSON(a.out) },
		"sarif": func(r policy.Report) error { return policytest.WriteSARIF(a.out, r) },
	}[cmd.String("format")]
	files := cmd.Args().Slice()
	switch {
	case !ok:
		return usageOf(cmd, "--format is one of text, json, sarif")
	case len(files) > 1 && cmd.String("format") == "sarif":
		return usageOf(cmd, "--format sarif is about one file at a time")
	case len(files) == 0:
		files = []string{""}
	}
	var broken []string
	for _, file := range files {
		s, err := a.subject(cmd, file)
		if err != nil {
			return err
		}
		r := s.check()
		if err := write(r); err != nil {
			return err
		}
		if !r.OK() {
			broken = append(broken, s.name())
		}
	}
	if len(broken) == 0 {
		return nil
	}
	return &failure{
		exit: exitConfig, text: fmt.Sprintf("%d of %d policies do not load: %s", len(broken), len(files), join(broken)),
		hint: "postern help policy check",
	}
}
