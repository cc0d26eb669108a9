package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// App is one invocation of the program, with its streams and its environment.
type App struct {
	Stdin   io.Reader
	Stdout  io.Writer // for child processes, and to check whether it is a terminal
	Stderr  io.Writer
	Out     *Output  // Stdout for the result of the command
	Environ []string // as os.Environ returns it
	Quiet   bool     // print no warnings and no hints
	JSON    bool     // print messages as JSON, as the log

	// Values holds the values to mask in the log of this command and in output
	// that it copies, and the strings in values that are JSON.
	Values *redact.Registry

	// CompileProcess is that of [runtime.Options], nil to compile in this process.
	CompileProcess func(ctx context.Context, wasm []byte, cache *os.File, large bool) error

	// CompileLimits starts a process such as CompileProcess does, and returns the limits
	// that it had: its memory in bytes and its processor time in seconds, the largest
	// uint64 for none. It is nil if CompileProcess is.
	CompileLimits func(ctx context.Context, large bool) (memory, seconds uint64, err error)

	// Command makes the command of the root with this name, and returns nil if there is none.
	// The field is nil where no command line runs.
	Command func(name string) *cli.Command

	env              map[string]string // Environ by name
	parsed           bool              // the command line was valid so far
	globals          []string          // the global flags of this command line that a hint repeats
	provider         []string          // the words of its --provider, nil if there is none
	config           *config.Config    // that the providers were opened with, nil before
	longTimeoutGiven bool              // the command line has a --timeout of longTimeout or more
	command          []string          // this command with its arguments, as a hint would name it
	logToTTY         bool              // Stderr is a terminal
	forwards         atomic.Bool       // signals are for another process
}

// New returns the App of one command line. environ is as os.Environ returns it.
func New(environ []string, stdin io.Reader, stdout, stderr io.Writer) *App {
	a := &App{
		Stdin: stdin, Stdout: stdout, Stderr: stderr, Out: &Output{w: stdout}, Environ: environ,
		Values: redact.New(redact.Options{JSONLeaves: true}), env: map[string]string{}, logToTTY: IsTerminal(stderr),
	}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			a.env[name] = value
		}
	}
	a.JSON = a.Getenv("POSTERN_LOG_FORMAT") == "json"
	return a
}

// Getenv returns the value of a variable, "" if it is not set. Of several with
// one name the last counts.
func (a *App) Getenv(name string) string { return a.env[name] }

// LookupEnv is [App.Getenv] that also reports whether the variable is set.
func (a *App) LookupEnv(name string) (value string, set bool) {
	value, set = a.env[name]
	return value, set
}

// BoolEnv parses a variable as a boolean. A value that cannot be parsed counts as
// false; CheckBoolEnv finds it.
func (a *App) BoolEnv(name string) bool {
	on, err := strconv.ParseBool(a.env[name])
	return err == nil && on
}

// CheckBoolEnv returns an error if a variable is set to something else than a
// boolean.
func (a *App) CheckBoolEnv(name string) error {
	value, set := a.env[name]
	if _, err := strconv.ParseBool(value); set && err != nil {
		return &Failure{Exit: ExitUsage, Text: fmt.Sprintf("%s: invalid value %q; want true or false", name, value), Hint: "unset " + name}
	}
	return nil
}

// Action adapts the function of a command to the flag library. An error before it
// runs counts as an invalid command line.
func (a *App) Action(f func(context.Context, *App, *cli.Command) error) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		a.parsed = true
		a.remember(cmd)
		a.command = append(strings.Fields(commandPath(cmd)), cmd.Args().Slice()...)
		return f(ctx, a, cmd)
	}
}

// Warn prints a warning unless Quiet is set.
func (a *App) Warn(format string, args ...any) {
	if !a.Quiet {
		a.Say("warning", fmt.Sprintf(format, args...))
	}
}

// WarnUnmasked names keys whose values are not masked because they are common in
// ordinary text.
func (a *App) WarnUnmasked(keys []secret.Key) {
	var names []string
	seen := map[string]bool{} // a file may have a name several times
	for _, name := range ToStrings(keys) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	if n := len(names); n > MaxListed {
		names = append(names[:MaxListed], fmt.Sprintf("and %d more", n-MaxListed))
	}
	if len(names) > 0 {
		a.Warn("not masked, because too short or too common: %s", strings.Join(names, ", "))
	}
}
