package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// execMain runs a command line with an environment.
func execMain(environ []string, args ...string) (exit int, stdout, stderr string) {
	var out, errs bytes.Buffer
	exit, _ = Main(context.Background(), append([]string{"postern"}, args...), environ, strings.NewReader(""), &out, &errs)
	return exit, out.String(), errs.String()
}

// eachCommand calls f for every command with its names, and with its own flags and
// the global ones.
func eachCommand(f func(path []string, own, global []cli.Flag)) {
	tree := root(app.New(nil, nil, nil, nil))
	var walk func(path []string, cmd *cli.Command)
	walk = func(path []string, cmd *cli.Command) {
		if len(path) > 0 && len(cmd.Commands) == 0 {
			f(path, cmd.Flags, tree.Flags)
		}
		for _, sub := range cmd.Commands {
			walk(append(path[:len(path):len(path)], sub.Name), sub)
		}
	}
	walk(nil, tree)
}

// usageExit is the exit code of an invalid command line.
func usageExit(path []string) int {
	if path[0] == "run" {
		return 125
	}
	return app.ExitUsage
}

// A flag of any command that is given without a value is an error that names it,
// wherever it stands and however it is written.
func TestEmptyFlagsAreErrors(t *testing.T) {
	t.Parallel()
	n := 0
	eachCommand(func(path []string, own, global []cli.Flag) {
		for _, f := range append(append([]cli.Flag{}, own...), global...) {
			if _, isBool := f.(*cli.BoolFlag); isBool {
				continue
			}
			n++
			for _, name := range f.Names() {
				name = strings.Repeat("-", min(2, len(name))) + name
				lines := [][]string{append(append([]string{}, path...), name, ""), append(append([]string{}, path...), name+"=")}
				for _, g := range global {
					if g == f {
						lines = append(lines, append([]string{name, ""}, path...))
					}
				}
				for _, line := range lines {
					exit, stdout, stderr := execMain(nil, line...)
					if exit != usageExit(path) || stdout != "" || !strings.Contains(stderr, f.Names()[0]) && path[0] != "set" {
						t.Errorf("%q: exit %d, %q, %q", line, exit, stdout, stderr)
					}
				}
			}
		}
	})
	if n < 100 {
		t.Errorf("%d flags were tried, want at least 100", n)
	}
}

// A variable for a flag that is set and empty is an error that names it, unless the
// flag is given.
func TestEmptyVariablesAreErrors(t *testing.T) {
	t.Parallel()
	n := 0
	eachCommand(func(path []string, own, _ []cli.Flag) {
		for _, f := range own {
			if !takesVariable(f) || f.Names()[0] == "help" {
				continue
			}
			n++
			name := variableName(path, f)
			exit, stdout, stderr := execMain([]string{name + "="}, path...)
			if exit != usageExit(path) || stdout != "" || !strings.Contains(stderr, name+" is empty; give it a value, or unset it") {
				t.Errorf("%s= %q: exit %d, %q, %q", name, path, exit, stdout, stderr)
			}
		}
	})
	if n < 20 {
		t.Errorf("%d variables were tried, want at least 20", n)
	}
	for _, variable := range []string{"POSTERN_QUIET", "POSTERN_ALLOW_UNPINNED", "POSTERN_ALLOW_DEBUG"} {
		for _, value := range []string{"", "yes please"} {
			exit, stdout, stderr := execMain([]string{variable + "=" + value}, "version")
			if exit != app.ExitUsage || stdout != "" || !strings.Contains(stderr, variable) {
				t.Errorf("%s=%s: exit %d, %q, %q", variable, value, exit, stdout, stderr)
			}
		}
	}
}

// A policy file whose name is empty is not the configured policy.
func TestEmptyFileNamesAreErrors(t *testing.T) {
	t.Parallel()
	for _, line := range [][]string{{"policy", "check", ""}, {"policy", "test", ""}, {"policy", "check", "a.lua", ""}, {"policy", "diff", "", "b.lua"}} {
		if exit, stdout, stderr := execMain(nil, line...); exit != app.ExitUsage || stdout != "" || !strings.Contains(stderr, "is empty") {
			t.Errorf("%q: exit %d, %q, %q", line, exit, stdout, stderr)
		}
	}
}

// An invalid value of a global flag is an invalid command line, and its error names
// the flag once.
func TestInvalidGlobalFlagsAreUsageErrors(t *testing.T) {
	t.Parallel()
	for _, flag := range [][]string{{"--timeout", "5"}, {"--timeout", "-1s"}, {"--log-level", "loud"}, {"--log-format", "xml"}, {"--label", "x"}, {"--role", "a,b"}, {"--as", "a\x00"}} {
		for _, command := range []string{"keys", "doctor"} {
			exit, _, stderr := execMain(nil, append(flag, command)...)
			if exit != app.ExitUsage {
				t.Errorf("%q %s: exit %d, %q", flag, command, exit, stderr)
			}
		}
		if exit, _, stderr := execMain(nil, append(flag, "keys")...); exit != app.ExitUsage || strings.Count(stderr, flag[0]) != 1 || strings.Contains(stderr, "load_failed") {
			t.Errorf("%q: exit %d, %q", flag, exit, stderr)
		}
	}
}
