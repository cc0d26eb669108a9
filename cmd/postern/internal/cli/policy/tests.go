package policy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

// maxTests is the largest file of tests in bytes.
const maxTests = 1 << 20

func test(a *app.App) *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the tests of policies, and report which rules they cover",
		ArgsUsage: "[FILE...]",
		Description: `The tests of policy.lua are in policy_test.lua next to it; name either file.
A test that fails prints an explanation of the decision. A rule is covered if a
test depends on it in some decision, and a condition of a rule if a test fails
without it. The exit code is 65 if a test failed, if there are no tests or none
checks a decision (t.allow, t.deny), if no policy is named or configured, or if
they cover fewer rules than --min-rules or conditions than --min-conditions.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "cover", Usage: "list the rules and conditions that no test covers, one per line"},
			&cli.IntFlag{Name: "min-rules", Usage: "fail if the tests cover fewer than `N` rules"},
			&cli.IntFlag{Name: "min-conditions", Usage: "fail if the tests cover fewer than `N` conditions of rules"},
			&cli.StringFlag{Name: "run", Usage: "run only the tests whose name matches the regular expression `RE`"},
			formatFlag("text, tap, junit, json"),
		},
		Action: a.Action(runTest),
	}
}

func runTest(ctx context.Context, a *app.App, cmd *cli.Command) error {
	write, ok := map[string]func(policytest.Report) error{
		"text":  func(r policytest.Report) error { return printTests(a, cmd, r) },
		"tap":   func(r policytest.Report) error { return r.WriteTAP(a.Out) },
		"junit": func(r policytest.Report) error { return r.WriteJUnit(a.Out) },
		"json":  func(r policytest.Report) error { return r.WriteJSON(a.Out) },
	}[cmd.String("format")]
	files := tested(cmd.Args().Slice())
	switch {
	case !ok:
		return app.Choice(cmd, "format", "text", "tap", "junit", "json")
	case len(files) > 1 && (cmd.String("format") == "tap" || cmd.String("format") == "junit"):
		return app.UsageError(cmd, "--format "+cmd.String("format")+" takes only one policy")
	}
	var run *regexp.Regexp
	if text := cmd.String("run"); text != "" {
		var err error
		if run, err = regexp.Compile(text); err != nil {
			return app.UsageError(cmd, "invalid --run; want a regular expression")
		}
	}
	var failed []string
	for _, file := range files {
		name, r, err := testPolicy(ctx, a, cmd, file, run)
		if err != nil {
			return err
		}
		if err := write(r); err != nil {
			return err
		}
		if why := verdict(r, cmd.Int("min-rules"), cmd.Int("min-conditions"), cmd.String("run")); why != "" {
			failed = append(failed, name+": "+why)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &app.Failure{Exit: app.ExitData, Text: strings.Join(failed, "\n"), Hint: "postern help policy test"}
}

// tested returns the policies that the arguments name. A file of tests stands for
// the policy next to it. No argument means the configured policy, "".
func tested(args []string) []string {
	files := []string{}
	for _, arg := range args {
		if name, ok := strings.CutSuffix(arg, "_test.lua"); ok {
			arg = name + ".lua"
		}
		if !slices.Contains(files, arg) {
			files = append(files, arg)
		}
	}
	if len(files) == 0 {
		return []string{""}
	}
	return files
}

func testPolicy(ctx context.Context, a *app.App, cmd *cli.Command, file string, run *regexp.Regexp) (name string, r policytest.Report, err error) {
	s, err := a.Policy(cmd, file)
	if err != nil {
		return "", r, err
	}
	if s.Default {
		hint := "postern help policy test"
		if _, err := os.Stat("policy.lua"); err == nil {
			hint = "postern policy test " + app.QuotePath("policy.lua")
		}
		return "", r, &app.Failure{Exit: app.ExitData, Text: "there is nothing to test: no policy is configured, and none was named", Hint: hint}
	}
	p, err := s.Load()
	if err != nil {
		return "", r, err
	}
	tests, err := testsOf(ctx, s)
	if err != nil {
		return "", r, err
	}
	r, err = policytest.RunTests(p, []policytest.File{tests}, run)
	if err != nil {
		return "", r, &app.Failure{Exit: app.ExitData, Text: "tests: " + err.Error(), Hint: "postern help policy test"}
	}
	for _, t := range r.Tests {
		if t.Checks == 0 && len(t.Failures) == 0 {
			a.Warn("%s:%d: the test %q checks no decision", t.File, t.Line, t.Name)
		}
	}
	if conditions := cmd.Bool("cover") || cmd.Int("min-conditions") > 0; conditions && run != nil {
		a.Warn("the conditions of rules are not examined with --run: their coverage is that of all tests")
	} else if conditions && r.Failed() == 0 {
		err = policytest.CoverConditions(&r, p, []policytest.File{tests})
	}
	return s.Name(), r, err
}

// testsOf reads the tests of a policy.
func testsOf(ctx context.Context, s app.Policy) (policytest.File, error) {
	if s.Preset != "" {
		src, _ := policies.Tests(s.Preset)
		return policytest.File{Name: s.Preset + "_test.lua", Source: src}, nil
	}
	path := strings.TrimSuffix(s.Path, ".lua") + "_test.lua"
	src, err := app.ReadFile(ctx, path, maxTests, app.ExitData)
	if f := (*app.Failure)(nil); errors.As(err, &f) && f.Exit == app.ExitNoInput {
		f.Hint = "postern help policy test" // how tests are named
	}
	return policytest.File{Name: filepath.Base(path), Source: src}, err
}

// verdict returns the reason why a report counts as failed, or "".
func verdict(r policytest.Report, minRules, minConditions int, run string) string {
	switch {
	case len(r.Tests) == 0 && run != "":
		return fmt.Sprintf("no test matches --run %q", run)
	case len(r.Tests) == 0:
		return "there are no tests"
	case r.Failed() > 0:
		return fmt.Sprintf("%d of %s failed", r.Failed(), app.Count(len(r.Tests), "test"))
	case !slices.ContainsFunc(r.Tests, func(t policytest.Result) bool { return t.Checks > 0 }):
		return "no test checks a decision"
	case !r.OK(minRules):
		return fmt.Sprintf("the tests cover %d of %d rules; want at least %d", r.Hit, r.Rules, minRules)
	case minConditions > r.Decisive:
		return fmt.Sprintf("the tests cover %d of %d conditions; want at least %d", r.Decisive, r.Conditions, minConditions)
	}
	return ""
}

func printTests(a *app.App, cmd *cli.Command, r policytest.Report) error {
	if err := r.WriteText(a.Out); err != nil {
		return err
	}
	if !cmd.Bool("cover") {
		return nil
	}
	for _, rule := range r.NeverHit {
		if _, err := fmt.Fprintf(a.Out, "%s:%d: not covered: %s %q\n", app.Clean(rule.File), rule.Line, rule.Kind, rule.Name); err != nil {
			return err
		}
	}
	for _, c := range r.NeverDecisive {
		if _, err := fmt.Fprintf(a.Out, "%s:%d: not covered: %s\n", app.Clean(c.Rule.File), c.Rule.Line, app.Clean(c.String())); err != nil {
			return err
		}
	}
	return nil
}
