package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
)

// given parses a command line and returns the values of a repeatable flag as the
// command at path sees them.
func given(t *testing.T, path []string, flag string, args []string) (values []string) {
	t.Helper()
	tree := root(app.New(nil, strings.NewReader(""), io.Discard, io.Discard))
	cmd := tree
	for _, name := range path {
		cmd = cmd.Command(name)
	}
	cmd.Action = func(_ context.Context, cmd *cli.Command) error {
		values = cmd.StringSlice(flag)
		return nil
	}
	if err := tree.Run(t.Context(), append([]string{"postern"}, args...)); err != nil {
		t.Errorf("%q: %v", args, err)
	}
	return values
}

// A comma is a part of the value of every repeatable flag, wherever the flag stands.
func TestCommasDoNotSplitFlags(t *testing.T) {
	t.Parallel()
	const value = "a=b,c=d,,e"
	flags := 0
	eachCommand(func(path []string, own, global []cli.Flag) {
		for i, f := range slices.Concat(own, global) {
			if _, ok := f.(*cli.StringSliceFlag); !ok {
				continue
			}
			flags++
			name := f.Names()[0]
			for _, option := range [][]string{{"--" + name, value}, {"--" + name + "=" + value}} {
				lines := [][]string{slices.Concat(path, option)}
				if i >= len(own) {
					lines = append(lines, slices.Concat(option, path))
				}
				for _, line := range lines {
					if got := given(t, path, name, line); !slices.Equal(got, []string{value}) {
						t.Errorf("%q: --%s is %q, want one value", line, name, got)
					}
				}
			}
		}
	})
	if flags < 20 {
		t.Errorf("%d flags found", flags)
	}
}

// A label has one value.
func TestLabelGivenTwice(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"--label", "team=a", "--label", "team=b", "keys"},
		{"keys", "--label=team=a", "--label=team=a"},
		{"--label", "team=a", "get", "--label", "team=b", "K"},
	} {
		exit, _, stderr := execMain(nil, args...)
		if exit != app.ExitUsage || !strings.Contains(stderr, `--label: the label "team" is given twice`) {
			t.Errorf("%q: exit %d, %q", args, exit, stderr)
		}
	}
	if exit, _, stderr := execMain([]string{"POSTERN_LABEL=team=a,team=b"}, "keys"); exit == 0 || !strings.Contains(stderr, "given twice") {
		t.Errorf("POSTERN_LABEL: exit %d, %q", exit, stderr)
	}
}

// An error in the value of --env or --file names the flag and the variable; the
// reference, which may have a value, only if it is one of another tool.
func TestRunNamesTheFlag(t *testing.T) {
	t.Parallel()
	for _, option := range [][]string{{"-e", "X="}, {"--env", "X=postern://"}, {"--file", "X="}, {"--env", "X=postern://a?b"}, {"--file", "X=op://a/b"}} {
		flag := strings.Replace(option[0], "-e", "--env", 1)
		if option[0] != "-e" {
			flag = option[0]
		}
		exit, _, stderr := execMain(nil, "run", option[0], option[1], "--", "true")
		want := flag + " X (the reference is not shown, because it may have a value): "
		if strings.Contains(option[1], "op://") {
			want = flag + ` "` + option[1] + `": `
		}
		if exit != 125 || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit %d, %q", option, exit, stderr)
		}
	}
}
