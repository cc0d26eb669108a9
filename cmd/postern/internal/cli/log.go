package cli

import (
	"io"
	"log/slog"

	"github.com/lmittmann/tint"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/redact"
)

// logger builds the one logger of a command: for people on a terminal, JSON for
// machines elsewhere, unless the configuration says which. Values that the
// command itself handles are masked in it.
func (a *app) logger(c *config.Config) *slog.Logger {
	level := c.LogLevel
	if a.quiet {
		level = max(level, slog.LevelError)
	}
	return slog.New(redact.NewHandler(a.stderr, a.values, func(w io.Writer) slog.Handler {
		return a.handler(w, level, c.LogFormat)
	}))
}

func (a *app) handler(w io.Writer, level slog.Level, format string) slog.Handler {
	options := &slog.HandlerOptions{Level: level}
	switch {
	case format == "json" || format == "" && !a.terminal:
		return slog.NewJSONHandler(w, options)
	case a.terminal:
		return tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: a.environ["NO_COLOR"] != ""})
	}
	return slog.NewTextHandler(w, options)
}
