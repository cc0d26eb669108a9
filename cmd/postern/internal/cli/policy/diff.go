package policy

import (
	"context"
	"fmt"
	"io"
	"maps"
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
labels counts as uncertain. A warning counts the requests that another revision
than OLD has decided.

Each policy uses its own library of policy_libs if that is beside it, in the
place that the configured library has beside the configured policy: put OLD with
its libraries into a folder, such as a checkout of the version before. Other
libraries are the configured ones; a warning names those that OLD shares with
NEW, if the log is not one of OLD or both have the same revision.

The report begins with the requests that were denied and would be allowed, then
those that were allowed and would be denied, then those that would be answered by
other providers or masked differently, grouped by rule. With --fail-on, the exit
code is 79 if there is a change of one of these kinds.

It is an error, 65, if no request can be compared. With --fail-on it is also an
error if a line is skipped because it has no decision or no key or is longer than
1 MiB, or a request is uncertain.
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
	var sides [2]app.Policy
	var both [2]*policy.Policy
	for i, path := range cmd.Args().Slice() {
		if sides[i], err = a.Policy(cmd, path); err != nil {
			return err
		}
		if both[i], err = sides[i].Load(); err != nil {
			return err
		}
	}
	log, err := a.OpenInput(cmd, name, "")
	if err != nil {
		return err
	}
	defer log.Close()
	r, err := policytest.Diff(both[0], both[1], log)
	if err != nil {
		return &app.Failure{Exit: app.ExitData, Text: err.Error(), Hint: "postern help policy diff"}
	}
	warnOfOld(a, r, sides[0], sides[1])
	return printDiff(a, cmd, r, failOn)
}

// warnOfOld says why older may not be the policy that decided the requests of the log: they
// have another revision, and older requires libraries that newer reads from the same files.
// If the log has the revision of older, those are what it decided with.
func warnOfOld(a *app.App, r policytest.DiffReport, older, newer app.Policy) {
	switch {
	case r.OtherPolicy > 0:
		a.Warn("requests that another policy than OLD (revision %s) decided, as the log says: %d of %d; OLD may decide them otherwise", r.Old, r.OtherPolicy, r.Requests)
	case r.Old != r.New:
		return
	}
	var shared []string
	for _, name := range slices.Sorted(maps.Keys(older.Options.LibFiles)) {
		file := older.Options.LibFiles[name]
		if file == newer.Options.LibFiles[name] && older.Requires(name) {
			shared = append(shared, fmt.Sprintf("%s (%s)", name, file))
		}
	}
	if n := len(shared); n > app.MaxListed {
		shared = append(shared[:app.MaxListed], fmt.Sprintf("and %d more", n-app.MaxListed))
	}
	if len(shared) > 0 {
		a.Warn("a change of these libraries is not compared, since OLD and NEW use the same files: %s; see postern help policy diff", strings.Join(shared, ", "))
	}
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

func printDiff(a *app.App, cmd *cli.Command, r policytest.DiffReport, failOn []policytest.Effect) error {
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
	if r.TooLong > 0 {
		skipped += fmt.Sprintf(" (%d of more than 1 MiB)", r.TooLong)
	}
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
