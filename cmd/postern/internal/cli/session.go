package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// defaultCaller is who asks when nobody says so.
func defaultCaller() string { return fmt.Sprintf("uid:%d", os.Getuid()) }

// session is an open runtime and what it was made of.
type session struct {
	*runtime.Runtime
	config *config.Config
	bound  *runtime.Client
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
func (s *session) at(name string) (*runtime.Client, error) {
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

// writer returns whom a write goes to: the named provider, else the first of
// the chain that is written to. A provider in memory is refused: it ends with
// this command, and the value with it.
func (s *session) writer(name string) (*runtime.Client, error) {
	to, err := s.at(name)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Providers() {
		if p.Name == to.Writer() && p.Module == "memory" {
			detail := "what is in memory is gone when this command ends; name another provider or make one writable"
			return nil, (&secret.Error{Code: secret.ErrReadOnly, Op: secret.OpSet, Provider: p.Name, Detail: detail}).
				Wrap(config.Hint("postern provider list"))
		}
	}
	return to, nil
}
