package cli

import (
	"context"
	"errors"
	"io"
	"runtime"
	"slices"

	"github.com/urfave/cli/v3"
)

// Main runs one command line and returns the exit code. args begins with the
// program's name; environ is as os.Environ returns it. Main answers SIGINT and
// SIGTERM by ending the command; a second signal ends the process.
func Main(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	ctx, stop := onSignals(ctx)
	defer stop()
	a := newApp(environ, stdin, stdout, stderr)
	defer func() {
		if v := recover(); v != nil { // what was thrown may hold a value: it is not shown
			code = a.fail(ctx, &failure{exit: exitSoftware, text: "internal: a bug near " + panicPlace(), hint: "postern version"})
		}
	}()
	err := a.root().Run(ctx, topicArgs(args))
	if err == nil {
		err = a.out.err
	}
	if err == nil {
		return exitOK
	}
	if ended := (childEnd{}); errors.As(err, &ended) {
		return ended.code
	}
	return a.fail(ctx, err)
}

// root is the tree of all commands. To add one, write its file and name its
// function here.
func (a *app) root() *cli.Command {
	root := &cli.Command{
		Name:      "postern",
		Usage:     "one door for secrets; what is behind it is sandboxed",
		UsageText: "postern [global options] COMMAND [options] [arguments]",
		Flags:     globalFlags(),
		Commands: []*cli.Command{
			a.getCommand(), a.setCommand(), a.deleteCommand(), a.keysCommand(),
			a.runCommand(),
			a.injectCommand(), a.exportCommand(), a.redactCommand(),
			a.providerCommand(), a.moduleCommand(), a.configCommand(),
			a.policyCommand(), a.explainCommand(),
			a.trustCommand(), a.doctorCommand(), a.versionCommand(), a.helpCommand(),
		},
		HideHelpCommand:                 true,
		DisableSliceFlagSeparator:       true,
		EnableShellCompletion:           true,
		ConfigureShellCompletionCommand: a.completionCommand,
		Reader:                          a.stdin,
		Writer:                          a.out,
		ErrWriter:                       a.stderr,
		ExitErrHandler:                  func(context.Context, *cli.Command, error) {},
		Before:                          a.before,
	}
	root.Action = a.action(func(_ context.Context, cmd *cli.Command) error {
		switch {
		case cmd.Bool("version"):
			return a.printVersion(cmd)
		case cmd.Args().Present():
			return unknownCommand(cmd)
		}
		return cli.ShowRootCommandHelp(cmd)
	})
	a.prepare(root, nil)
	return root
}

// prepare gives cmd and all beneath it what every command has: our own usage
// errors, variables for its flags, and an answer when a group is called without
// one of its commands. path is the names that lead to cmd.
func (a *app) prepare(cmd *cli.Command, path []string) {
	if cmd.OnUsageError == nil {
		cmd.OnUsageError = usageError
	}
	if cmd.Action == nil {
		cmd.Action = a.action(func(_ context.Context, cmd *cli.Command) error { return unknownCommand(cmd) })
	}
	if len(path) > 0 {
		a.addVariables(cmd.Flags, path)
	}
	for _, sub := range cmd.Commands {
		a.prepare(sub, append(slices.Clone(path), sub.Name))
	}
}

// before runs once the flags are known and before any command.
func (a *app) before(ctx context.Context, cmd *cli.Command) (context.Context, error) {
	a.quiet = cmd.Bool("quiet") || truth(a.environ["POSTERN_QUIET"])
	if !cmd.Bool("allow-debug") && !truth(a.environ["POSTERN_ALLOW_DEBUG"]) {
		hideFromDebuggers()
	}
	return ctx, nil
}

// panicPlace names the function that panicked.
func panicPlace() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if f.Function != "" && f.Function[0] != 'r' || !more { // not runtime.gopanic and the like
			return f.Function
		}
	}
}
