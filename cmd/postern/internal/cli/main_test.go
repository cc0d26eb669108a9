package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/cli"
)

// run runs a command line in this process, with an empty environment.
func run(args ...string) (exit int, stdout, stderr string) {
	var out, errs bytes.Buffer
	exit, _ = cli.Main(context.Background(), append([]string{"postern"}, args...), nil, strings.NewReader(""), &out, &errs)
	return exit, out.String(), errs.String()
}

// TestConcurrentMains: command lines share no state.
func TestConcurrentMains(t *testing.T) {
	t.Parallel()
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if exit, stdout, stderr := run("help", "exit-codes"); exit != 0 || !strings.Contains(stdout, "not_found") || stderr != "" {
				t.Errorf("exit %d, %q, %q", exit, stdout, stderr)
			}
			if exit, stdout, stderr := run("gte"); exit != 64 || stdout != "" || strings.Count(stderr, "\n") != 2 {
				t.Errorf("exit %d, %q, %q", exit, stdout, stderr)
			}
		})
	}
}

// bomb is a writer that panics with the bytes that it is given.
type bomb struct{}

func (bomb) Write(b []byte) (int, error) { panic("lost: " + string(b)) }

// TestPanic: a panic ends a command with exit code 70. Its value is not shown, as it
// may contain a secret.
func TestPanic(t *testing.T) {
	t.Parallel()
	var errs bytes.Buffer
	exit, _ := cli.Main(context.Background(), []string{"postern", "version"}, nil, nil, bomb{}, &errs)
	if exit != 70 || strings.Contains(errs.String(), "lost") {
		t.Errorf("exit %d, %q", exit, errs.String())
	}
	if !strings.Contains(errs.String(), "internal error in github.com/postern-project/postern/") {
		t.Errorf("standard error %q does not name the function", errs.String())
	}
}

// TestEveryCommandHasHelp: help works for every command.
func TestEveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"get", "set", "delete", "keys", "provider", "provider list", "provider test", "module", "module list",
		"module inspect", "config", "config show", "config check", "policy", "policy check", "policy test", "policy explain", "policy diff",
		"policy stubs", "explain", "trust", "doctor", "completion", "version", "help"} {
		exit, stdout, stderr := run(append([]string{"help"}, strings.Fields(path)...)...)
		if exit != 0 || stderr != "" || !strings.Contains(stdout, "postern "+path+" - ") {
			t.Errorf("help %s: exit %d, %q, %q", path, exit, stdout, stderr)
		}
	}
}

// TestUsageGoesToStandardError: an invalid command line prints nothing to standard
// output.
func TestUsageGoesToStandardError(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "get", "set", "delete", "keys", "provider", "provider list", "provider test", "module", "module list",
		"module inspect", "config", "config show", "config check", "policy", "policy check", "policy test", "policy explain", "policy diff",
		"policy stubs", "explain", "trust", "doctor", "completion", "completion bash", "version", "help"} {
		exit, stdout, stderr := run(append(strings.Fields(path), "--no-such-flag")...)
		if exit != 64 || stdout != "" || !strings.HasPrefix(stderr, "postern: error: ") || !strings.Contains(stderr, "postern: hint: postern help") {
			t.Errorf("%s --no-such-flag: exit %d, %q, %q", path, exit, stdout, stderr)
		}
	}
}
