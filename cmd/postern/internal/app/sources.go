package app

import (
	"os"
	"path/filepath"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
)

// Sources says where this command line wants its configuration from.
func (a *App) Sources(cmd *cli.Command) (config.Sources, error) {
	labels, err := policy.ParseLabels(cmd.StringSlice("label"))
	if err != nil {
		return config.Sources{}, usagef("the flag --label wants NAME=VALUE")
	}
	s := config.Sources{
		Path:    cmd.String("config"),
		Environ: a.Environ,
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

// Load reads the configuration and passes on its warnings.
func (a *App) Load(cmd *cli.Command) (*config.Config, error) {
	s, err := a.Sources(cmd)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(s)
	if err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		a.Warn("%s", w)
	}
	a.AllowUnpinned(cmd, c)
	return c, nil
}

// Inspect reads the configuration without asking whether it is trusted: nothing
// of it is used.
func (a *App) Inspect(cmd *cli.Command) (*config.Config, error) {
	s, err := a.Sources(cmd)
	if err != nil {
		return nil, err
	}
	return config.Inspect(s)
}

// GlobalFlags are understood by every command, before or after its name. Their
// variables are read with the rest of the configuration, so that it can say
// where a setting comes from.
func GlobalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "use the configuration `FILE` ($POSTERN_CONFIG)"},
		&cli.StringFlag{Name: "as", Usage: "act for the `CALLER`, by its own word ($POSTERN_AS)"},
		&cli.StringSliceFlag{Name: "role", Usage: "with the role `R`, repeatable ($POSTERN_ROLE)"},
		&cli.StringSliceFlag{Name: "label", Usage: "with the label `NAME=VALUE`, repeatable ($POSTERN_LABEL)"},
		&cli.StringFlag{Name: "timeout", Usage: "give up after `TIME`, such as 10s ($POSTERN_TIMEOUT)"},
		&cli.StringFlag{Name: "log-level", Usage: "log from `LEVEL` on: debug, info, warn, error ($POSTERN_LOG_LEVEL)"},
		&cli.StringFlag{Name: "log-format", Usage: "log as `FORMAT`: text, json ($POSTERN_LOG_FORMAT)"},
		&cli.StringFlag{Name: "compile-cache", Usage: "keep compiled modules in `DIR`, or off ($POSTERN_COMPILE_CACHE)"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no warnings, no hints ($POSTERN_QUIET)"},
		&cli.BoolFlag{Name: "allow-unpinned", Usage: "run modules that postern.lock does not pin, for development ($POSTERN_ALLOW_UNPINNED)"},
		&cli.BoolFlag{Name: "allow-debug", Usage: "let debuggers and core dumps see this process ($POSTERN_ALLOW_DEBUG)"},
		&cli.BoolFlag{Name: "version", Usage: "print the version", Local: true},
	}
}
