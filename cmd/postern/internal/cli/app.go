package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
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

// output is standard output. It remembers its first error: a result that was
// not written is a failure whatever the writer's caller does.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err == nil {
		return n, nil
	}
	if o.err == nil {
		o.err = &failure{exit: exitIO, text: "standard output: " + reason(err), hint: "df ."}
	}
	return n, o.err
}

// action marks that the command line was understood: an error before that is
// about the arguments.
func (a *app) action(f cli.ActionFunc) cli.ActionFunc {
	return func(ctx context.Context, cmd *cli.Command) error {
		a.started = true
		return f(ctx, cmd)
	}
}

// sources says where this command line wants its configuration from.
func (a *app) sources(cmd *cli.Command) (config.Sources, error) {
	labels, err := config.ParseLabels(cmd.StringSlice("label"))
	if err != nil {
		return config.Sources{}, usagef("the flag --label wants NAME=VALUE")
	}
	s := config.Sources{
		Path:    cmd.String("config"),
		Environ: a.list,
		Flags: config.Overrides{
			Timeout:      cmd.String("timeout"),
			LogLevel:     cmd.String("log-level"),
			LogFormat:    cmd.String("log-format"),
			Caller:       cmd.String("as"),
			Roles:        cmd.StringSlice("role"),
			Labels:       labels,
			CompileCache: cmd.String("compile-cache"),
		},
	}
	if dir, err := os.UserCacheDir(); err == nil {
		s.CacheDir = filepath.Join(dir, "postern", "compiled")
	}
	return s, nil
}

// load reads the configuration and passes on its warnings.
func (a *app) load(cmd *cli.Command) (*config.Config, error) {
	s, err := a.sources(cmd)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(s)
	if err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		a.warn("%s", w)
	}
	a.allowUnpinned(cmd, c)
	return c, nil
}

// session is an open runtime and what it was made of.
type session struct {
	*runtime.Runtime
	config *config.Config
	bound  *runtime.Bound
}

// with opens the runtime for f, under the time limit of the configuration.
func (a *app) with(ctx context.Context, cmd *cli.Command, f func(context.Context, *session) error) (err error) {
	c, err := a.load(cmd)
	if err != nil {
		return err
	}
	return a.withConfig(ctx, c, f)
}

func (a *app) withConfig(ctx context.Context, c *config.Config, f func(context.Context, *session) error) (err error) {
	if c.Options.Caller.Name == "" {
		c.Options.Caller.Name = defaultCaller()
	}
	if log := &c.Options.DecisionLog; log.Path == config.DecisionsToStderr {
		log.Path, log.Writer = "", a.stderr
	}
	c.Options.Logger, c.Options.Redactor = a.logger(c), a.values
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	rt, err := runtime.Open(ctx, c.Options)
	if err != nil {
		return withLockHint(c, err)
	}
	defer func() {
		if e := rt.Close(); err == nil {
			err = e
		}
	}()
	return f(ctx, &session{Runtime: rt, config: c, bound: rt.For(c.Options.Caller)})
}

// at restricts the session to one provider.
func (s *session) at(name string) (*runtime.Bound, error) {
	if name == "" {
		return s.bound, nil
	}
	if err := s.known(name); err != nil {
		return nil, err
	}
	return s.bound.At(name)
}

// known is an error when no provider has the name.
func (s *session) known(name string) error {
	var names []string
	for _, p := range s.Providers() {
		if p.Name == name {
			return nil
		}
		names = append(names, p.Name)
	}
	detail := fmt.Sprintf("there is no provider %q", name)
	if near := config.Closest(name, names); near != "" {
		detail += fmt.Sprintf(", did you mean %q?", near)
	}
	return (&secret.Error{Code: secret.ErrLoad, Detail: detail}).Wrap(config.Hint("postern provider list"))
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
