package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/redact"
)

// app is what one call of Main works with.
type app struct {
	stdin    io.Reader
	out      *output
	stderr   io.Writer
	list     []string          // the environment
	environ  map[string]string // the same by name
	quiet    bool              // no warnings, no hints
	started  bool              // the command line was understood
	terminal bool              // stderr is one
	values   *redact.Registry  // what this command's log lines must not show
}

func newApp(environ []string, stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{stdin: stdin, out: &output{w: stdout}, stderr: stderr, list: environ, environ: map[string]string{}, values: redact.New(redact.Options{})}
	a.terminal = isTerminal(stderr)
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			a.environ[name] = value
		}
	}
	return a
}

// action marks that the command line was understood: an error before that is
// about the arguments.
func (a *app) action(f cli.ActionFunc) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		a.started = true
		return f(ctx, cmd)
	}
}

// warn tells people something that is no failure.
func (a *app) warn(format string, args ...any) {
	if !a.quiet {
		a.say("warning", fmt.Sprintf(format, args...))
	}
}

func (a *app) say(kind, text string) {
	_, _ = fmt.Fprintf(a.stderr, "postern: %s: %s\n", kind, clean(text))
}
