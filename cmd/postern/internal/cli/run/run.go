package run

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"syscall"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/childproc"
	"github.com/postern-project/postern/cmd/postern/internal/runfiles"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// Command returns the command run.
func Command(a *app.App) *cli.Command {
	first := 1 // the first argument ends the flags of run
	return &cli.Command{
		Name:      "run",
		Aliases:   []string{"exec", "x"},
		Usage:     "run a command with secrets in its environment",
		ArgsUsage: "-- COMMAND [ARGUMENT...]",
		Description: `Sets a variable for every key that the chain lists and the policy allows. It
is an error if there is no key to use, if a list of "inject" matches no key,
or if a configured file is absent, unless --allow-empty is given. What is
left out by the rules below is named in a warning. If all keys are left out,
the command runs without any, after the warning.

Names of variables:
The name of a variable is the key in upper case, with "_" in place of
everything but letters and digits. --only and --except select keys. --env
and --file add single keys or give them another name; such a key is then not
set under its own name. A key that only env providers have keeps the name of
the variable that it is read from, such as APP_TOKEN for the key TOKEN with
the prefix APP_, and is left out if the command inherits that variable. If
NAME_FILE names a file, NAME gets its content, and NAME_FILE is not passed
on. --only TOKEN and --env TOKEN set the variable TOKEN.

Variables that are left out:
Keys of modules that are not built in are set only if --env, --file or a
reference names them, or if the provider has inject: true, or a list of keys
such as inject: ["db/**"], in the configuration. A variable that steers programs, that is, changes what
these run, load or connect to, such as PATH, CC, HTTPS_PROXY or
GIT_CONFIG_COUNT, is set only if --env NAME=KEY or --file NAME=KEY names it
or --allow-env allows it. In --env-file, and for references in the
environment, only names that make a program run code are refused.

A variable that nobody named is also left out if a program would run or load
its value, such as: the path of a program or of a file with code, a command,
options such as --require or -javaagent:, or a list of folders with one that
has code and that you can write. This check recognizes common forms only. To
keep hostile values out reliably, use inject, --only with your own files,
and trust. POSTERN_ variables are set only by name, and never to a value of
a module that is not built in. A warning names what is left out and the flag
that sets it; with --strict it is an error.

References:
An environment variable whose entire value is a reference (postern://KEY) is
set to the value of KEY; if its name ends in _FILE, to the path of a file
with the value. KEY is then not set under its own name, unless --only names
it or the command would inherit another value there. All values are fetched
before the command starts; a missing value is an error. A warning lists
every value that looks unresolved: references of other tools and in values,
references with quotes or blanks around them, and values that sops, dotenvx
or eyaml encrypted. The arguments of the command are never changed.
--timeout limits the fetching, not the command.

Files:
The path of --file is /proc/self/fd/N, a file in memory, or, with --file-via
folder, the path of a file that is removed when the command ends. Only
the user who runs postern may read either (mode 0600). The path in memory
works in the command and in what a shell starts. In programs that Python or
sudo start it leads nowhere, because these close it: use --file-via folder
for them, and for any other program that closes the files it inherits.

Exit code and signals:
postern ends as the command does: with its exit code or, if signal N ended
it, by that signal, which shells show as 128+N. 125 means that postern
failed, 126 that the command cannot be executed, 127 that it was not found,
and 74 that a part of its output could not be written. Signals are
forwarded, except SIGURG, SIGCHLD and SIGPROF, and SIGPIPE, SIGXCPU and
SIGXFSZ, which are about postern itself. A script without a first line such
as #!/bin/sh is run by /bin/sh, as shells do it.

Output and terminal:
The output of the command is masked: every value that "postern redact"
masks, whether or not it is set for the command, and every value of
--env-file. A redact rule of the policy with mode = "none" leaves a value as
it is. If a background process of the command still has its output open when
the command has ended, postern waits for it; Ctrl-C ends the waiting.

If standard output is a terminal, the command gets a pseudo-terminal. A
variable whose value is the path of the real terminal, such as GPG_TTY, gets
that of the pseudo-terminal. Input that the command has not read is put back
for the next program, if the system allows that (on Linux the setting
dev.tty.legacy_tiocsti) and no other program has asked for hidden input at the
real terminal. A command whose input is redirected can still prompt on the
terminal: it gets keystrokes once it turns echo or line mode off, and whole
lines while one of its processes waits for input. postern sees that in /proc,
and not for processes of other users, nor a prompt that takes the terminal as
it finds it, such as pinentry-tty: use --mask off for a command that gets no
answer.

The suspend key (Ctrl-Z) stops the command as SIGSTOP does: a handler of the
command for SIGTSTP is not called, so a pager leaves its screen behind. A
program that takes the key as input and then stops itself, such as vim, stops
where postern does not see it, and hangs: end it with kill. Use --mask off
for such programs, or run them in a shell of their own:

    postern run -- bash -i

What the command inherits:
The command does not inherit POSTERN_* or any variable granted to modules
other than env. Of the open files of the caller it inherits the standard
ones only: not those of <(...) and of exec 5<FILE, and not the slots of
make -j. Let the command open them:

    postern run -- bash -c 'diff <(sort a) <(sort b)'
    postern run -- sh -c 'exec 5<FILE; exec my-command'
    postern run -- make -j4      around make, not in its rules`,
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "set the variable NAME to the value of KEY: `NAME=KEY`, or KEY alone, repeatable"},
			&cli.StringSliceFlag{Name: "file", Usage: "set the variable NAME to the path of a file with the value of KEY: `NAME=KEY`, repeatable"},
			&cli.StringFlag{Name: "file-via", Usage: "keep the files of --file in `PLACE`: memory or folder", Value: defaultPlace},
			&cli.StringSliceFlag{Name: "env-file", Usage: "set the variables of the dotenv `FILE`, whose values may be references, repeatable; - means standard input"},
			&cli.StringSliceFlag{Name: "allow-env", Usage: "allow setting `NAME` even if it steers programs, as PATH does, repeatable"},
			&cli.BoolFlag{Name: "pristine", Usage: "do not inherit the environment: set only the references in it, the selected keys, also those of env providers, and the variables that --env, --file and --env-file name"},
			&cli.StringFlag{Name: "mask", Usage: "`WHEN` to mask the output: auto (if there are values), on or off", Value: "auto"},
			&cli.StringFlag{Name: "error-format", Usage: "report a failure of postern in `FORMAT`: text, json", Value: "text"},
		}, slices.Concat(values.SelectionFlags(), values.InventoryFlags("fail if a variable would be left out or replaced, a name in a provider is not a valid key or is a leftover such as .NAME.swp, a provider was skipped or cannot list its keys, a GLOB matches no key, or a value is another tool's reference (such as op://...), nearly a reference, or encrypted"))...),
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
	runfiles.Sweep(a.Getenv("XDG_RUNTIME_DIR"))
	argv := childArgs(cmd)
	p, err := newPlan(ctx, a, cmd)
	if err != nil {
		return err
	}
	path, err := childproc.Lookup(argv[0], values.SearchPath(a))
	if err != nil {
		return err
	}
	return a.With(ctx, cmd, func(limited context.Context, s app.Session) error {
		if err := fetch(limited, a, s, cmd, p, cmd.String("mask") != "off"); err != nil {
			return err
		}
		d, err := deliver(a, p, cmd.String("file-via"))
		defer d.remove()
		if err != nil {
			return err
		}
		options := childproc.Options{Path: path, Argv: argv, Env: d.environ.strings(), Files: d.files, FirstFile: d.first, Reap: os.Getpid() == 1, Started: d.environ.started}
		options.Ready = func() error {
			a.ForwardSignals()
			return context.Cause(ctx) // a signal that arrived before the child was started
		}
		return runChild(limited, a, cmd, s, options)
	})
}

// childArgs returns the command to run with its arguments. The flag library drops
// a "--" that is the first argument of the command; childArgs restores it.
func childArgs(cmd *cli.Command) []string {
	args, all := cmd.Args().Slice(), cmd.Root().Args().Slice()
	if i := len(all) - len(args) - 1; len(args) > 0 && i >= 0 && all[i] == args[0] && all[i+1] == "--" {
		return slices.Insert(args, 1, "--")
	}
	return args
}

// runChild runs the command and returns its exit code as an [app.ChildExit]. The
// session must stay open until then: closing it stops the masking.
func runChild(ctx context.Context, a *app.App, cmd *cli.Command, s app.Session, o childproc.Options) error {
	o.Helper = []string{"postern", HelperRequest}
	o.Stdin, _ = a.Stdin.(*os.File)
	o.Stdout, o.Stderr = a.Stdout, a.Stderr
	released, show := s.Redactor(), values.Unmasked(s)
	switch mode := cmd.String("mask"); {
	case mode == "off":
		if a.Getenv("POSTERN_RUN_MASK") == "off" { // not even --quiet, which may be set likewise, silences that
			a.Say("warning", "POSTERN_RUN_MASK=off: the output of the command is not masked")
		}
	case mode == "on" || released.Len() > 0:
		o.Mask = func(w io.Writer) io.WriteCloser { return released.Writer(w, redact.WriterOptions{Show: show}) }
		if err := warnUnsearched(ctx, a, released, show); err != nil {
			return err
		}
	}
	o.LeftBehind = func() {
		a.Warn("the command has ended, but a process that it left behind may still write; waiting for it, because its output is masked")
	}
	code, err := childproc.Run(o)
	if errors.Is(err, childproc.ErrNoTerminal) && cmd.String("mask") == "auto" {
		a.Warn("cannot allocate a pseudo-terminal; using pipes")
		o.Pipes = true
		code, err = childproc.Run(o)
	}
	if died := (*childproc.SignalError)(nil); errors.As(err, &died) {
		return app.ChildExit{Code: code, Signal: died.Signal}
	}
	if errors.Is(err, syscall.E2BIG) {
		return newOversize(err, o.Env)
	}
	if err != nil {
		return err
	}
	return app.ChildExit{Code: code}
}

// HelperRequest is the first argument with which run calls postern as the helper of a
// command on a terminal.
const HelperRequest = "__session"

// Help does the work of that helper and returns its exit code.
func Help(args []string) int { return childproc.Help(args) }

// warnUnsearched warns of the values that are not masked because they are common in
// ordinary output, or not all of them, but not of those that the policy shows.
func warnUnsearched(ctx context.Context, a *app.App, released *redact.Registry, show func(key string) bool) error {
	var unmasked []secret.Key
	var partly []redact.Unsearched
	for _, u := range released.Status().Unsearched {
		if err := app.Ended(ctx); err != nil {
			return err
		}
		switch {
		case u.Reason == redact.ReasonEmpty || show(u.Key):
		case u.Reason == redact.ReasonParts:
			partly = append(partly, u)
		default:
			unmasked = append(unmasked, secret.Key(u.Key))
		}
	}
	a.WarnUnmasked(unmasked)
	for _, u := range partly {
		a.Warn("%q is %s", u.Key, u.Reason)
	}
	return nil
}

// failed reports an error of postern and returns the exit code 125, or the one that
// shells use for a command that does not start. Scripts can distinguish these from
// the exit codes of the command itself.
func failed(ctx context.Context, a *app.App, cmd *cli.Command, err error) error {
	var signal app.Interrupted
	var lost *childproc.OutputError
	if errors.As(context.Cause(ctx), &signal) && !errors.As(err, &lost) {
		a.Say("error", signal.Error())
		return app.ChildExit{Code: 128 + signalNumber(signal.Signal), Signal: signal.Signal}
	}
	f := failure{exit: childproc.ExitFailed}
	var start *childproc.Error
	if errors.As(err, &start) {
		f.explainStart(start, err)
	} else if errors.As(err, &lost) {
		f.explainLost(lost)
	} else {
		f.Exit, f.Error, f.Hint = a.Classify(err)
		f.Code = app.CodeOf(err, f.Exit)
	}
	report(a, cmd, err, f)
	return app.ChildExit{Code: f.exit}
}
