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
and would be allowed, then those that were allowed and would be denied, then those
that would be answered by other providers or masked differently,
grouped by rule. With --fail-on, the exit code is 79 if there is a change of one of
these kinds.

It is an error, 65, if no request can be compared. With --fail-on it is also an
error if a line is skipped because it has no decision or no key, or a request is uncertain.
--allow-empty accepts all that.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "log", Usage: "read the decision log from `FILE`; - means standard input"},
			&cli.StringFlag{Name: "fail-on", Usage: "exit with 79 on a change that is one of `EFFECTS`: deny-to-allow, allow-to-deny, other-result, other-reason; separate several by commas"},
			&cli.BoolFlag{Name: "allow-empty", Usage: "accept that no request can be compared, or with --fail-on that lines are skipped or requests are uncertain"},
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
	log, err := a.OpenInput(cmd, name, "")
	if err != nil {
		return err
	}
	defer log.Close()
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
			return nil, app.Choice(cmd, "fail-on", string(policytest.DenyToAllow), string(policytest.AllowToDeny), string(policytest.OtherResult), string(policytest.OtherReason))
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
		n := r.Count(e)
		if e == policytest.OtherReason && !slices.Contains(failOn, policytest.OtherResult) {
			n += r.Count(policytest.OtherResult) // of which some have another reason, too
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("%d %s", n, e))
		}
	}
	if len(found) > 0 {
		return &app.Failure{Exit: app.ExitDiffers, Text: "the policies differ: " + strings.Join(found, ", "), Hint: "postern help policy diff"}
	}
	if why := uncompared(r, len(failOn) > 0); why != "" && !cmd.Bool("allow-empty") {
		return &app.Failure{Exit: app.ExitData, Text: why + "; --allow-empty accepts that", Hint: "postern help policy diff"}
	}
	return nil
}

// uncompared returns why a report says nothing, or as a gate too little, about how the
// policies differ, else "".
func uncompared(r policytest.DiffReport, gate bool) string {
	skipped := app.Count(r.Skipped, "line") + " of the log without a decision or its key"
	switch {
	case r.Requests == 0 && r.Skipped == 0:
		return "no request was compared: the log has none"
	case r.Requests == 0:
		return "no request was compared: " + skipped
	case gate && r.Skipped > 0:
		return "not all was compared: " + skipped
	case gate && r.Uncertain > 0:
		return "not all was compared: " + app.Count(r.Uncertain, "request") + " without labels that they were made with; decision_log.labels names those to log"
	}
	return ""
}
