package cli

import (
	"log/slog"

	"github.com/lmittmann/tint"

	"github.com/postern-project/postern/runtime/config"
)

// logger builds the one logger of a command: for people on a terminal, JSON for
// machines elsewhere, unless the configuration says which.
func (a *app) logger(c *config.Config) *slog.Logger {
	level := c.LogLevel
	if a.quiet {
		level = max(level, slog.LevelError)
	}
	return slog.New(a.handler(level, c.LogFormat))
}

func (a *app) handler(level slog.Level, format string) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	switch {
	case format == "json" || format == "" && !a.terminal:
		return slog.NewJSONHandler(a.stderr, options)
	case a.terminal:
		return tint.NewHandler(a.stderr, &tint.Options{Level: level, NoColor: a.environ["NO_COLOR"] != ""})
	}
	return slog.NewTextHandler(a.stderr, options)
}
