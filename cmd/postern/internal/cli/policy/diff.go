package policy

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

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
labels counts as uncertain. The report begins with the requests that were denied
and would be allowed, then those that were allowed and would be denied, by rule.
With --fail-on, the exit code is 79 if a request changes in that way.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "log", Usage: "read the decision log from `FILE`; - means standard input"},
			&cli.StringFlag{Name: "fail-on", Usage: "exit with 79 on a change that is one of `EFFECTS`: deny-to-allow, allow-to-deny, other-reason; separate several by commas"},
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
	failOn, err := effects(cmd)
	if err != nil {
		return err
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
	return printDiff(a, cmd, both, log, failOn)
}

// effects returns the effects that --fail-on names.
func effects(cmd *cli.Command) ([]policytest.Effect, error) {
	var out []policytest.Effect
	if cmd.String("fail-on") == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(cmd.String("fail-on"), ",") {
		if !slices.Contains(policytest.Effects(), policytest.Effect(name)) {
			return nil, app.Choice(cmd, "fail-on", string(policytest.DenyToAllow), string(policytest.AllowToDeny), string(policytest.OtherReason))
		}
		out = append(out, policytest.Effect(name))
	}
	return out, nil
}

func printDiff(a *app.App, cmd *cli.Command, both [2]*policy.Policy, log io.Reader, failOn []policytest.Effect) error {
	r, err := policytest.Diff(both[0], both[1], log)
	if err != nil {
		return &app.Failure{Exit: app.ExitData, Text: err.Error(), Hint: "postern help policy diff"}
	}
	write := r.WriteText
	if cmd.Bool("json") {
		write = func(io.Writer) error { return a.PrintJSON(r) }
	}
	if err := write(a.Out); err != nil {
		return err
	}
	var found []string
	for _, e := range failOn {
		if n := r.Count(e); n > 0 {
			found = append(found, fmt.Sprintf("%d %s", n, e))
		}
	}
	if len(found) == 0 {
		return nil
	}
	return &app.Failure{Exit: app.ExitDiffers, Text: "the policies differ: " + strings.Join(found, ", "), Hint: "postern help policy diff"}
}
