package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/childproc"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

func Command(a *app.App) *cli.Command {
	first := 1 // what follows the command's name is the command's
	return &cli.Command{
		Name:      "run",
		Aliases:   []string{"exec", "x"},
		Usage:     "run a command with secrets in its environment",
		ArgsUsage: "-- COMMAND [ARGUMENT...]",
		Description: `Gives the command every key that the chain lists and the policy allows as a
variable, those of env providers excepted: it has them already. A variable's name
is its key in upper case with "_" for what is neither letter nor digit. --only
and --except choose keys; --env and --file add single ones or give them another
name, and their keys are not given by rule then. Variables whose whole value is a
reference postern://KEY are resolved, and the variable NAME_FILE of one gets a
path. Everything is fetched before the command starts; what is missing is an
error. No argument is touched.

A path of --file is /proc/self/fd/N in memory, or a file that is removed when the
command ends.

The command's own exit code is passed on, 128+n if signal n ended it; 126 is a
command that cannot be executed, 127 one that is not there, and 125 a failure of
postern. Signals are passed on. What the command writes is masked, through a
terminal of its own if standard output is one. Not passed on: POSTERN_* and the
variables that are granted to modules other than env.`,
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "set `NAME=KEY`, or the variable of KEY, repeatable"},
			&cli.StringSliceFlag{Name: "file", Usage: "put a value into a file and its path into NAME, as `NAME=KEY`, repeatable"},
			&cli.StringFlag{Name: "file-via", Usage: "keep such files in `PLACE`: memory, folder", Value: defaultPlace},
			&cli.StringSliceFlag{Name: "env-file", Usage: "set the variables in the dotenv `FILE`, whose values may be references, repeatable"},
			&cli.StringSliceFlag{Name: "allow-env", Usage: "take the variable `NAME` although it changes what programs do, repeatable"},
			&cli.BoolFlag{Name: "pristine", Usage: "pass on no other variable"},
			&cli.BoolFlag{Name: "strict", Usage: "fail where a variable would be replaced, a provider was skipped, or a reference of another tool is left"},
			&cli.StringFlag{Name: "mask", Usage: "mask output `WHEN`: auto (there are values), on, off", Value: "auto"},
			&cli.StringFlag{Name: "error-format", Usage: "report a failure of postern as `FORMAT`: text, json", Value: "text"},
		}, values.SelectionFlags()...),
		StopOnNthArg: &first,
		OnUsageError: func(ctx context.Context, cmd *cli.Command, err error, sub bool) error {
			return failed(ctx, a, cmd, app.OnUsageError(ctx, cmd, err, sub))
		},
		Action: a.Action(func(ctx context.Context, a *app.App, cmd *cli.Command) error {
			err := runCommand(ctx, a, cmd)
			if ended := (app.ChildExit{}); errors.As(err, &ended) {
				return ended
			}
			return failed(ctx, a, cmd, err)
		}),
	}
}

func runCommand(ctx context.Context, a *app.App, cmd *cli.Command) error {
	argv := childArgs(cmd)
	p, err := newPlan(a, cmd)
	if err != nil {
		return err
	}
	path, err := childproc.Lookup(argv[0], a.Getenv("PATH"))
	if err != nil {
		return err
	}
	return a.With(ctx, cmd, func(limited context.Context, s app.Session) error {
		if err := fetch(limited, a, s, p); err != nil {
			return err
		}
		d, err := deliver(a, p, cmd.String("file-via"))
		defer d.remove()
		if err != nil {
			return err
		}
		options := childproc.Options{Path: path, Argv: argv, Env: d.environ, Files: d.files, Reap: os.Getpid() == 1}
		options.Ready = func() error { return context.Cause(ctx) } // a signal that came before there was a child
		return runChild(a, cmd, s, options)
	})
}

// childArgs returns the command to run. The library drops a "--" behind its
// first word, which is the command's own.
func childArgs(cmd *cli.Command) []string {
	args, all := cmd.Args().Slice(), cmd.Root().Args().Slice()
	if i := len(all) - len(args) - 1; len(args) > 0 && i >= 0 && all[i] == args[0] && all[i+1] == "--" {
		return slices.Insert(args, 1, "--")
	}
	return args
}

// runChild runs the command and returns its end. The values are masked as long
// as the session is open.
func runChild(a *app.App, cmd *cli.Command, s app.Session, o childproc.Options) error {
	o.Stdin, _ = a.Stdin.(*os.File)
	o.Stdout, o.Stderr = a.Stdout, a.Stderr
	known := s.Redactor()
	switch mode := cmd.String("mask"); {
	case mode == "off":
	case mode == "on" || known.Len() > 0:
		o.Mask = func(w io.Writer) io.WriteCloser { return known.Writer(w, redact.WriterOptions{}) }
		warnUnmasked(a, known)
	}
	code, err := childproc.Run(o)
	if errors.Is(err, childproc.ErrNoTerminal) && cmd.String("mask") == "auto" {
		a.Warn("there is no terminal to be had for the command: it gets pipes")
		o.Pipes = true
		code, err = childproc.Run(o)
	}
	if err != nil {
		return err
	}
	return app.ChildExit{Code: code}
}

// warnUnmasked names the keys whose values are shown because they could be
// anything.
func warnUnmasked(a *app.App, known *redact.Registry) {
	var keys []string
	for _, u := range known.Status().Unsearched {
		if u.Reason != redact.ReasonEmpty {
			keys = append(keys, u.Key)
		}
	}
	if n := len(keys); n > 0 {
		if n > app.MaxListed {
			keys = append(keys[:app.MaxListed], fmt.Sprintf("and %d more", n-app.MaxListed))
		}
		a.Warn("too short or too common to be masked: %s", strings.Join(keys, ", "))
	}
}

// failed reports a failure of ours and ends with 125, or with what shells say
// of a command that does not start: a script must be able to tell it from the
// command's own failures.
func failed(ctx context.Context, a *app.App, cmd *cli.Command, err error) error {
	var signal app.Interrupted
	if errors.As(context.Cause(ctx), &signal) {
		a.Say("error", signal.Error())
		return app.ChildExit{Code: 128 + signalNumber(signal.Signal)}
	}
	f := failure{end: childproc.ExitFailed}
	var start *childproc.Error
	if errors.As(err, &start) {
		f.explainStart(start)
	} else {
		f.Exit, f.Error, f.Hint = a.Classify(err)
		if f.Code = string(secret.CodeOf(err)); f.Exit == app.ExitUsage {
			f.Code = "usage"
		}
	}
	report(a, cmd, f)
	return app.ChildExit{Code: f.end}
}
