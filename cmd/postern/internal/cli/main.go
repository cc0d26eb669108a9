package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/cli/run"
	"github.com/postern-project/postern/cmd/postern/internal/compiler"
	"github.com/postern-project/postern/cmd/postern/internal/signals"
)

// grace is how long a command that was interrupted has to end by itself.
const grace = time.Second

// Main runs one command line and returns the exit code. If a signal has ended the command
// of run, by is that signal: the caller should end by it, too. args begins with the name
// of the program; environ is as os.Environ returns it. On SIGINT and SIGTERM Main
// cancels the command; another one, a moment later, ends the process.
//
// A command that has not ended a second later is blocked in a read or a write that
// nothing can stop, as of a reader that does not read. Main then returns without
// it; its goroutine remains, so the process must end.
func Main(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) (code int, by os.Signal) {
	if large, ok := compiler.Requested(args[min(1, len(args)):]); ok {
		return compiler.Main(ctx, stdin, stdout, stderr, large), nil
	}
	if len(args) > 1 && args[1] == run.HelperRequest {
		return run.Help(args[2:]), nil
	}
	if f := checkLimits(); f != nil { // before anything that needs more
		_, _ = fmt.Fprintf(stderr, "postern: error: %s\npostern: hint: %s\n", f.Text, f.Hint)
		return f.Exit, nil
	}
	ctx, stop := app.OnSignals(ctx)
	a := app.New(environ, stdin, stdout, stderr)
	if slices.Equal(args, os.Args) {
		// The handlers of the signals end with the process.
		a.CompileProcess, a.CompileLimits = compiler.Compile, compiler.Limits
	} else { // another program runs in this process
		defer stop()
	}
	end := execute(ctx, a, args)
	return end.Code, end.Signal
}

// execute runs one command line until it has ended, or too long after it was canceled.
func execute(ctx context.Context, a *app.App, args []string) app.ChildExit {
	done := make(chan app.ChildExit, 1)
	go func() {
		growStack()
		done <- perform(ctx, a, args)
	}()
	select {
	case end := <-done:
		return end
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case end := <-done:
		return end
	case <-late.C:
	}
	if a.ForwardsSignals() {
		return <-done
	}
	go signals.Unstopped(func() { // standard error may be blocked, too
		done <- app.ChildExit{Code: a.Report(ctx, context.Cause(ctx))}
	})
	late.Reset(grace)
	select {
	case end := <-done:
		return end
	case <-late.C:
		return app.ChildExit{Code: app.InterruptedExit(ctx)}
	}
}

// growStack gives the goroutine at once the stack that a command needs. Otherwise it is
// moved five times on the way, which takes a fiftieth of a short command.
//
//go:noinline
func growStack() (sum byte) {
	var frame [40 << 10]byte
	for i := 0; i < len(frame); i += 4 << 10 {
		sum += frame[i]
	}
	return sum
}

// perform runs one command line, reports its error and returns the exit code.
func perform(ctx context.Context, a *app.App, args []string) (end app.ChildExit) {
	defer func() {
		if v := recover(); v != nil { // v is not shown: it may contain a value
			end.Code = a.Report(ctx, &app.Failure{Exit: app.ExitSoftware, Text: "internal error in " + panicPlace() + "; please report it", Hint: "postern version"})
		}
	}()
	a.Command = func(name string) *cli.Command { return root(a).Command(name) }
	var err error
	if len(args) > 1 && args[1] == completionRequest {
		err = complete(a.Out, root(a), args[2:])
	} else {
		err = rootFor(a, args).Run(ctx, topicArgs(args))
	}
	if err == nil {
		err = a.Out.Err()
	}
	if err == nil || errors.As(err, &end) {
		return end
	}
	a.FindFormat(args)
	return app.ChildExit{Code: a.Report(ctx, err)}
}

// prepare sets up cmd and all commands below it: usage errors, environment variables
// for flags, and an error for a group that is called without a command. path holds
// the names of cmd and the groups above it.
func prepare(a *app.App, cmd *cli.Command, path []string) {
	if cmd.OnUsageError == nil {
		cmd.OnUsageError = app.OnUsageError
	}
	if cmd.Action == nil {
		cmd.Action = a.Action(unknownCommand)
	}
	if len(cmd.Commands) == 0 { // an argument of it is not the name of a command
		cmd.CommandNotFound = func(_ context.Context, cmd *cli.Command, _ string) {
			cli.HelpPrinter(a.Out, cli.CommandHelpTemplate, cmd)
		}
	}
	cmd.DisableSliceFlagSeparator = true // every command has its own; commas are part of a value
	if len(path) > 0 {
		addVariables(a, cmd.Flags, path)
	}
	cmd.Action = withValues(a, cmd.Action, path)
	for _, sub := range cmd.Commands {
		prepare(a, sub, append(slices.Clone(path), sub.Name))
	}
}

// before runs when the flags are parsed, before any command.
func before(a *app.App, cmd *cli.Command) {
	a.Quiet = cmd.Bool("quiet") || a.BoolEnv("POSTERN_QUIET")
	if format := cmd.String("log-format"); format != "" {
		a.JSON = format == "json"
	}
	if !cmd.Bool("allow-debug") && !a.BoolEnv("POSTERN_ALLOW_DEBUG") {
		hideFromDebuggers()
	}
}

// panicPlace returns the name of the function that panicked.
func panicPlace() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		f, more := frames.Next()
		if f.Function != "" && f.Function[0] != 'r' || !more { // skip the functions of the Go runtime
			return f.Function
		}
	}
}
