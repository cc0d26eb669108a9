package policy

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

func check(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "check that policies load, and warn of likely mistakes",
		ArgsUsage: "[FILE...]",
		Description: `A policy that does not load is an error with the exit code 78. A rule that
can never apply, or that allows every caller everything, is a warning, and so
are other probable mistakes. Each kind of finding has an identifier, which
--format json and sarif show. The report also shows how much of the load budget
was used. A file of tests, such as policy_test.lua, stands for the policy next to it.`,
		Flags:  []cli.Flag{formatFlag("text, json, sarif")},
		Action: a.Action(runCheck),
	}
}

func runCheck(_ context.Context, a *app.App, cmd *cli.Command) error {
	var reports []policy.Report // of all files, for one document
	write, ok := map[string]func(policy.Report) error{
		"text":  func(r policy.Report) error { return r.WriteText(a.Out) },
		"json":  func(r policy.Report) error { return r.WriteJSON(a.Out) },
		"sarif": func(r policy.Report) error { reports = append(reports, r); return nil },
	}[cmd.String("format")]
	if !ok {
		return app.Choice(cmd, "format", "text", "json", "sarif")
	}
	files := tested(cmd.Args().Slice())
	var broken []string
	for _, file := range files {
		s, err := a.Policy(cmd, file)
		if err != nil {
			return err
		}
		if s.Default {
			a.Warn("no policy is configured, and none was named: the preset %q is checked", s.Preset)
		}
		r := s.Check()
		if err := write(r); err != nil {
			return err
		}
		if !r.OK() {
			broken = append(broken, s.Name())
		}
	}
	if cmd.String("format") == "sarif" {
		if err := policytest.WriteSARIF(a.Out, reports...); err != nil {
			return err
		}
	}
	if len(broken) == 0 {
		return nil
	}
	which := "the policy"
	if len(files) > 1 {
		which = fmt.Sprintf("%d of %s", len(broken), app.Count(len(files), "policy"))
	}
	return &app.Failure{Exit: app.ExitConfig, Text: which + " cannot be loaded: " + strings.Join(broken, " "), Hint: "postern help policy check"}
}
