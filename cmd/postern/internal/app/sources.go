package app

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/suggest"
)

// Sources returns what the configuration is read from: the file, the environment
// and the global flags.
func (a *App) Sources(cmd *cli.Command) (config.Sources, error) {
	labels, err := policy.ParseLabels(cmd.StringSlice("label"))
	if err != nil {
		return config.Sources{}, usagef("--label: %s", err)
	}
	for _, role := range cmd.StringSlice("role") {
		if strings.Contains(role, ",") {
			return config.Sources{}, usagef("invalid --role %q; want one role; repeat the flag for more", role)
		}
	}
	given, _ := time.ParseDuration(cmd.String("timeout")) // package config reports an error
	a.longTimeoutGiven = given >= longTimeout
	s := config.Sources{
		Path:    cmd.String("config"),
		Environ: a.Environ,
		Stderr:  a.Stderr,
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
	s.CacheDir = CacheDir()
	return s, nil
}

// CacheDir returns the folder for compiled modules unless something else is set; ""
// if this user has no cache folder, or the folder above it does not exist: the home folders
// of system users must not be created.
func CacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil || !filepath.IsAbs(dir) { // HOME is relative
		return ""
	}
	if _, err := os.Stat(filepath.Dir(dir)); err != nil {
		return ""
	}
	return filepath.Join(dir, "postern", "compiled")
}

// remember keeps the flags for the configuration, the provider and the caller, as words of a
// command line, for hints to repeat. It is called before anything that may fail.
func (a *App) remember(cmd *cli.Command) {
	a.globals, a.provider = globals(cmd), nil
	if name := cmd.String("provider"); name != "" {
		a.provider = []string{"--provider", suggest.Quote(name)}
	}
}

func globals(cmd *cli.Command) []string {
	var words []string
	if path := cmd.String("config"); path != "" {
		words = append(words, "-c", QuotePath(path))
	}
	if caller := cmd.String("as"); caller != "" {
		words = append(words, "--as", suggest.Quote(caller))
	}
	for _, flag := range []string{"role", "label"} {
		for _, value := range cmd.StringSlice(flag) {
			words = append(words, "--"+flag, suggest.Quote(value))
		}
	}
	return words
}

// Load reads the configuration and prints its warnings.
func (a *App) Load(cmd *cli.Command) (*config.Config, error) {
	s, err := a.Sources(cmd)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(s)
	if err != nil {
		return nil, err
	}
	a.JSON = c.LogFormat == "json"
	for _, w := range c.Warnings {
		a.Warn("%s", w)
	}
	a.AllowUnpinned(cmd, c)
	return c, nil
}

// Inspect reads the configuration even if it is not trusted. The caller must not
// open or run what it names.
func (a *App) Inspect(cmd *cli.Command) (*config.Config, error) {
	s, err := a.Sources(cmd)
	if err != nil {
		return nil, err
	}
	return config.Inspect(s)
}

// GlobalFlags are the flags of every command, before or after its name. Package
// config reads their environment variables, so that it can report where a setting
// comes from.
func GlobalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "config", Aliases: []string{"c"}, Usage: "read the configuration from `FILE` ($POSTERN_CONFIG)"},
		&cli.StringFlag{Name: "as", Usage: "act as `CALLER` (self-asserted, not authenticated) ($POSTERN_AS)"},
		&cli.StringSliceFlag{Name: "role", Usage: "act with the role `ROLE`, repeatable ($POSTERN_ROLE: several are separated by commas)"},
		&cli.StringSliceFlag{Name: "label", Usage: "act with the label `NAME=VALUE`, repeatable ($POSTERN_LABEL: several are separated by commas)"},
		&cli.StringFlag{Name: "timeout", Usage: "give up after `DURATION`, such as 10s ($POSTERN_TIMEOUT)"},
		&cli.StringFlag{Name: "log-level", Usage: "log messages of `LEVEL` and above: debug, info, warn, error ($POSTERN_LOG_LEVEL)"},
		&cli.StringFlag{Name: "log-format", Usage: "print the log, errors and warnings in `FORMAT`: text, json ($POSTERN_LOG_FORMAT)"},
		&cli.StringFlag{Name: "compile-cache", Usage: "cache compiled modules in `DIR`; off disables the cache ($POSTERN_COMPILE_CACHE)"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print no warnings and no hints ($POSTERN_QUIET)"},
		&cli.BoolFlag{Name: "allow-unpinned", Usage: "run modules that postern.lock does not pin (for development only) ($POSTERN_ALLOW_UNPINNED)"},
		&cli.BoolFlag{Name: "allow-debug", Usage: "allow debuggers and core dumps of this process ($POSTERN_ALLOW_DEBUG)"},
		&cli.BoolFlag{Name: "version", Usage: "print the version", Local: true},
	}
}
