package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/policy/policytest"
)

// maxTests is the largest file of tests in bytes.
const maxTests = 1 << 20

func (a *app) policyTestCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run the tests of policies, and count the rules that they met",
		ArgsUsage: "[FILE...]",
		Description: `The tests of policy.lua are those of policy_test.lua beside it; naming either
file is enough. A test that fails prints why the decision was what it was. The
exit code is 65 when a test failed, when there was none, or when fewer rules
decided something than --min-rules wants.`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "cover", Usage: "list the rules that no test met, one a line"},
			&cli.IntFlag{Name: "min-rules", Usage: "want that tests meet at least `N` rules"},
			&cli.StringFlag{Name: "run", Usage: "only tests whose name matches the regular expression `RE`"},
			formatFlag("text, tap, junit, json"),
		},
		Action: a.action(a.policyTest),
	}
}

func (a *app) policyTest(_ context.Context, cmd *cli.Command) error {
	write, ok := map[string]func(policytest.Report) error{
		"text":  func(r policytest.Report) error { return a.printTests(cmd, r) },
		"tap":   func(r policytest.Report) error { return r.WriteTAP(a.out) },
		"junit": func(r policytest.Report) error { return r.WriteJUnit(a.out) },
		"json":  func(r policytest.Report) error { return r.WriteJSON(a.out) },
	}[cmd.String("format")]
	files := tested(cmd.Args().Slice())
	switch {
	case !ok:
		return usageOf(cmd, "--format is one of text, tap, junit, json")
	case len(files) > 1 && (cmd.String("format") == "tap" || cmd.String("format") == "junit"):
		return usageOf(cmd, "--format "+cmd.String("format")+" is about one policy at a time")
	}
	var run *regexp.Regexp
	if text := cmd.String("run"); text != "" {
		var err error
		if run, err = regexp.Compile(text); err != nil {
			return usageOf(cmd, "--run is no regular expression")
		}
	}
	var failed []string
	for _, file := range files {
		name, r, err := a.runTests(cmd, file, run)
		if err != nil {
			return err
		}
		if err := write(r); err != nil {
			return err
		}
		if why := verdict(r, cmd.Int("min-rules")); why != "" {
			failed = append(failed, name+": "+why)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &failure{exit: exitData, text: strings.Join(failed, "\n"), hint: "postern help policy test"}
}

// tested turns the arguments into policies: a file of tests stands for the
// policy beside it. No argument is the configured policy.
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

func (a *app) runTests(cmd *cli.Command, file string, run *regexp.Regexp) (name string, r policytest.Report, err error) {
	s, err := a.subject(cmd, file)
	if err != nil {
		return "", r, err
	}
	p, err := s.load()
	if err != nil {
		return "", r, err
	}
	tests, err := s.tests()
	if err != nil {
		return "", r, err
	}
	r, err = policytest.RunTests(p, []policytest.File{tests}, run)
	if err != nil {
		return "", r, &failure{exit: exitData, text: "tests: " + err.Error(), hint: "postern help policy test"}
	}
	return s.name(), r, nil
}

// tests reads the tests that belong to the policy.
func (s subject) tests() (policytest.File, error) {
	if s.preset != "" {
		src, _ := policies.Tests(s.preset)
		return policytest.File{Name: s.preset + "_test.lua", Source: src}, nil
	}
	path := strings.TrimSuffix(s.path, ".lua") + "_test.lua"
	src, err := readLimited(path, maxTests)
	return policytest.File{Name: filepath.Base(path), Source: src}, err
}

// verdict says what is wrong with a report, "" when nothing is.
func verdict(r policytest.Report, minRules int) string {
	switch {
	case len(r.Tests) == 0:
		return "there is no test"
	case r.Failed() > 0:
		return fmt.Sprintf("%d of %d tests failed", r.Failed(), len(r.Tests))
	case !r.OK(minRules):
		return fmt.Sprintf("the tests met %d rules of %d, want at least %d", r.Hit, r.Rules, minRules)
	}
	return ""
}

func (a *app) printTests(cmd *cli.Command, r policytest.Report) error {
	if err := r.WriteText(a.out); err != nil {
		return err
	}
	if !cmd.Bool("cover") {
		return nil
	}
	for _, rule := range r.NeverHit {
		if _, err := fmt.Fprintf(a.out, "%s:%d: never met: %s %q\n", clean(r.Policy), rule.Line, rule.Kind, rule.Name); err != nil {
			return err
		}
	}
	return nil
}
